"""Resident memory of idle keep-alive connections."""

import socket
import time

import clients
import costs
from servers import Limit

COUNT = 10000


def open_idle(port, path, count):
    """`count` connections, each with one request answered."""
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
    found = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        found.append(connection)
        connection.sendall(request)
        if not connection.recv(4096).startswith(b"HTTP/1.1 "):
            raise clients.WrongAnswers(f"no reply at {path}")
    return found


def settled(server, patience=10):
    """Resident bytes once they have been still for a second: what a quiet connection gives back
    late is given back by then."""
    seen = [server.resident_bytes()]
    end = time.monotonic() + patience
    while time.monotonic() < end:
        time.sleep(0.2)
        seen.append(server.resident_bytes())
        if len(seen) > 5 and max(seen[-6:]) - min(seen[-6:]) <= 16384:
            break
    return seen[-1]


def per_connection(server, count=COUNT):
    """Fresh: of the first connections of a fresh process. Kernel memory is not in it."""
    path = server.paths["page"]
    for connection in open_idle(server.port, path, 16):
        connection.close()
    time.sleep(0.2)
    before = settled(server)
    held = open_idle(server.port, path, count)
    after = settled(server)
    for connection in held:
        connection.close()
    return {"resident_before": before, "resident_with": after, "bytes": (after - before) / count}


def peers(titles=None, count=COUNT):
    found = {}
    subjects = [costs.Subject("limit", Limit, "page"), *costs.of(costs.PAGES, titles)]
    for subject in subjects:
        with subject.server() as server:
            found[subject.title] = per_connection(server, count)
    return found
