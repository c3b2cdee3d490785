#!/usr/bin/env python3
"""idle_connections.py PID HOST:PORT COUNT FILE: resident bytes per idle keep-alive connection."""

import json
import pathlib
import socket
import sys
import time

from report import resident_bytes

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: loadtest\r\n\r\n"


def settled(pid):
    """Resident bytes once three readings in a row agree within a page or a second has passed."""
    seen = [resident_bytes(pid)]
    for _ in range(10):
        time.sleep(0.1)
        seen.append(resident_bytes(pid))
        if len(seen) >= 3 and max(seen[-3:]) - min(seen[-3:]) <= 4096:
            break
    return seen[-1]


def open_idle(address, count):
    connections = []
    for _ in range(count):
        connection = socket.create_connection(address, timeout=10)
        connection.sendall(REQUEST)
        reply = connection.recv(4096)
        if not reply.startswith(b"HTTP/1.1 200"):
            sys.exit(f"unexpected reply: {reply[:80]!r}")
        connections.append(connection)
    return connections


def main(pid, where, count, path):
    host, port = where.rsplit(":", 1)
    address = (host, int(port))
    fresh = settled(pid)
    cold = open_idle(address, count)
    first = settled(pid)
    for connection in cold:
        connection.close()
    before = settled(pid)
    idle = open_idle(address, count)
    after = settled(pid)
    for connection in idle:
        connection.close()
    result = {"connections": count, "resident_fresh": fresh, "resident_first": first,
              "resident_closed": before, "resident_again": after,
              "bytes_per_connection_first": round((first - fresh) / count),
              "bytes_per_connection_again": round((after - before) / count)}
    pathlib.Path(path).write_text(json.dumps(result, indent=1) + "\n", encoding="ascii")
    print(f"{count} idle connections: {result['bytes_per_connection_first']} bytes each of resident memory"
          f" when first opened;\nresident {fresh >> 10} KiB fresh, {first >> 10} KiB with them,"
          f" {before >> 10} KiB after closing, {after >> 10} KiB with as many again\nwritten: {path}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
