#!/usr/bin/env python3
"""Millions of requests with random faults against the real binary, and then nothing may be left.

    run.py [--requests N] [--rate N] [--seed N] [--json FILE]

Clients hang up, miss their deadlines, send half of things and break off in every state; handlers throw;
the configuration is reloaded several times a second with other limits, queues, disciplines and quotas.
Prints a table and exits with 1 unless every request has ended exactly once, all permits, places, bytes and
descriptors are back, and the memory at rest is within 5 % of that after the first part of the load.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from harness import PATIENCE, Server, clean_environment  # noqa: E402
from http_client import Client, ConnectionLost  # noqa: E402

LOAD = os.environ.get("SPILLWAY_LOAD_BINARY", "build/release/spillway-load")
MIB = 1 << 20
GROWTH_MAX = 0.05
GROWTH_LEAST = 2 * MIB   # what is made at first use, where a quarter of the load has not used it all
LONG = 1_000_000
# Given back five seconds after the last request (app/idle_trim.hpp).
REST = 8.0 * PATIENCE

CONFIG = {
    "server": {"shards": 2, "header_timeout": "1s", "body_timeout": "2s", "write_timeout": "2s",
               "trusted_proxies": ["127.0.0.0/8"]},
    "limiters": {"drill": {"limit": {"value": 16}, "queue": {"capacity": 64, "wait_timeout": "200ms"},
                           "tenant": {"key": "header:X-Tenant"}}},
}
LIMITS = [{"algorithm": "fixed", "value": 4}, {"algorithm": "fixed", "value": 16},
          *({"algorithm": name} for name in ("aimd", "vegas", "gradient2", "gradient"))]
DISCIPLINES = ["fifo", "lifo", "adaptive_lifo", "deadline", "fair"]


def another(chance):
    """A limiter that differs in all that may change while there are waiters."""
    queue = {"capacity": chance.choice([0, 8, 64]), "wait_timeout": chance.choice(["20ms", "200ms"]),
             "discipline": chance.choice(DISCIPLINES)}
    if chance.random() < 0.3:
        queue["codel"] = {"target": "5ms", "interval": "100ms"}
    policy = {"limit": chance.choice(LIMITS), "queue": queue, "tenant": {"key": "header:X-Tenant"}}
    if chance.random() < 0.3:
        policy["priority"] = {"from": "rfc9218", "bands": 4, "floor": 0.05}
    if chance.random() < 0.3:
        policy["rate"] = {"per": "tenant", "rate": 100000, "period": "1s", "burst": 100000}
    if chance.random() < 0.3:
        policy["shadow"] = {"limit": {"value": 8}}
    return policy


class Reloads(threading.Thread):
    """Another configuration every quarter of a second."""

    def __init__(self, server, seed):
        super().__init__(daemon=True)
        self.server, self.chance = server, random.Random(seed)
        self.ends, self.sent = threading.Event(), 0
        self.start()

    def run(self):
        while not self.ends.wait(0.25):
            self.write(another(self.chance))
            self.server.process.send_signal(signal.SIGHUP)
            self.sent += 1

    def write(self, limiter):
        file = self.server._file
        config = dict(self.server.config, limiters={"drill": limiter})
        file.seek(0)
        file.truncate()
        file.write(json.dumps(config))
        file.flush()

    def stop(self):
        self.ends.set()
        self.join()


class Vandals:
    """Clients that break off: at a random byte of a random request, by FIN or by RST."""

    REQUESTS = [
        b"GET /v1/drill?sleep_ms=5 HTTP/1.1\r\nHost: soak\r\n\r\n",
        b"POST /v1/drill HTTP/1.1\r\nHost: soak\r\nContent-Length: 9000\r\n\r\n" + b"b" * 9000,
        b"POST /v1/drill HTTP/1.1\r\nHost: soak\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"POST /v1/drill HTTP/1.1\r\nHost: soak\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        b"GET /v1/drill?bytes=1000000 HTTP/1.1\r\nHost: soak\r\n\r\n",
        b"GET /v1/drill HTTP/1.1\r\nHost: soak\r\n\r\n" * 20,
        b"GET /nowhere HTTP/1.1\r\nHost: soak\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: soak\r\nBad Field: x\r\n\r\n",
    ]

    def __init__(self, address, seed, count=3):
        self.address, self.broken = address, 0
        self.ends = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(random.Random(f"{seed} {n}"),), daemon=True)
                        for n in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self, chance):
        while not self.ends.wait(0.002):
            try:
                client = Client(self.address, timeout=5)
            except OSError:
                continue
            try:
                request = chance.choice(self.REQUESTS)
                client.send(request[:chance.randint(0, len(request))])
                self.ends.wait(chance.choice([0, 0, 0.001, 0.01]))
                if chance.random() < 0.5:
                    client.fin()
                if chance.random() < 0.5:
                    client.reset()
            except (OSError, ConnectionLost):
                pass   # refused, answered or closed by then
            client.close()
            self.broken += 1

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()


def scenario(server, rate, seconds, seed):
    path = "/v1/drill"
    tenants = {f"tenant-{n}": 1 for n in range(8)}
    return {
        "name": "soak", "seed": seed, "target": f"http://{server.public[0]}:{server.public[1]}",
        "connections": 128, "timeout": "5s",
        "metrics": "none",   # others ask too: the two accounts cannot agree
        "clients": {
            "plain": {"weight": 880, "path": path, "headers": {"X-Tenant": "{tenant}"}, "tenants": tenants},
            "named": {"weight": 50, "path": path, "headers": {"X-Request-Id": "soak-{n}"}, "urgency": 3},
            "working": {"weight": 30, "path": f"{path}?sleep_ms=1", "deadline": "100ms"},
            "failing": {"weight": 10, "path": f"{path}?fail=1"},
            "late": {"weight": 10, "path": f"{path}?sleep_ms=20", "deadline": "5ms"},
            "impatient": {"weight": 5, "path": f"{path}?sleep_ms=20", "patience": "4ms"},
            "uploading": {"weight": 5, "path": path, "method": "POST", "body": {"size": "20KiB"}},
            "leaving": {"weight": 9, "path": path, "new_connection": True},
            "reading": {"weight": 1, "path": f"{path}?bytes=100000"},
        },
        "phases": [{"name": "soak", "for": f"{seconds}s", "rate": f"{rate}/s", "arrivals": "poisson"}],
    }


def load(server, rate, seconds, seed):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(scenario(server, rate, seconds, seed), file)
        file.flush()
        done = subprocess.run([LOAD, file.name, "--quiet"], env=clean_environment(), capture_output=True,
                              text=True, timeout=seconds * 3 + 60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class Soak:
    def __init__(self, arguments):
        self.wanted, self.rate, self.seed = arguments.requests, arguments.rate, arguments.seed
        self.server = Server(CONFIG)
        self.server.is_reloaded = True

    def received(self):
        return self.server.value("requests_received_total", route="/v1/drill")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.server.pid}/fd"))

    def heap(self):
        """Anonymous resident memory, in bytes."""
        with open(f"/proc/{self.server.pid}/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("RssAnon:"))
        return int(line.split()[1]) * 1024

    def until(self, count):
        """Load with all faults, in stretches, until so many requests have come."""
        stretch = 0
        while self.received() < count:
            left = count - self.received()
            seconds = max(2, min(30, round(left / self.rate)))
            reloads = Reloads(self.server, f"{self.seed} {stretch}")
            vandals = Vandals(self.server.public, f"{self.seed} {stretch}")
            try:
                load(self.server, self.rate, seconds, self.seed + stretch)
            finally:
                reloads.stop()
                vandals.stop()
            self.reloads += reloads.sent
            self.broken += vandals.broken
            stretch += 1

    reloads = broken = 0

    def at_rest(self):
        self.server.settle()
        time.sleep(REST)
        return self.heap()

    def run(self):
        began = time.monotonic()
        self.server.settle()   # its connection stays
        descriptors = self.descriptors()
        # About a minute of load in the long form: by then all that is made once has been made.
        self.until(self.wanted // 4)
        first = self.at_rest()
        self.until(self.wanted)
        last = self.at_rest()
        metrics = self.server.settle()
        row = {
            "requests": int(self.received()), "seconds": time.monotonic() - began,
            "reloads": int(self.server.value("config_reloads_total", result="applied")),
            "broken_off": self.broken, "heap_first": first, "heap_last": last,
            "descriptors": (descriptors, self.descriptors()),
        }
        for what, name, labels in (
                ("thrown", "handler_errors_total", {}),
                ("left", "requests_dropped_total", {"reason": "client_gone"}),
                ("late", "requests_finished_total", {"ending": "deadline"}),
                ("refused", "requests_rejected_total", {})):
            row[what] = int(metrics.sum(name, **labels))
        return row


def held(server):
    """What must be 0 when nothing is going on, by name."""
    metrics = server.scrape()
    return {name: metrics.sum(name) for name in (
        "in_flight", "in_flight_units", "queue_depth", "pool_in_flight", "pool_queue_depth",
        "body_memory_bytes", "response_memory_bytes")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000_000)
    parser.add_argument("--rate", type=int, default=60_000, help="per second, offered")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="write the row there, too")
    arguments = parser.parse_args()

    soak = Soak(arguments)
    try:
        row = soak.run()
        row["held"] = held(soak.server)
        soak.server.finish()
    except BaseException:
        print(f"seed {arguments.seed}\n{soak.server.log_text()[-4000:]}", file=sys.stderr)
        soak.server.kill()
        raise
    growth = row["heap_last"] / row["heap_first"]
    print("| what | how much |\n|---|---:|")
    for text, value in (
            ("requests", f"{row['requests']:,} in {row['seconds']:.0f} s"),
            ("refused", f"{row['refused']:,}"), ("handlers that threw", f"{row['thrown']:,}"),
            ("clients gone before their grant", f"{row['left']:,}"),
            ("deadlines missed at work", f"{row['late']:,}"),
            ("connections broken off at random", f"{row['broken_off']:,}"),
            ("reloads", f"{row['reloads']:,}"),
            ("memory at rest, after a quarter and after all",
             f"{row['heap_first'] / MIB:.1f}, {row['heap_last'] / MIB:.1f} MiB ({growth:.3f})"),
            ("descriptors, before and after", "{}, {}".format(*row["descriptors"])),
            ("permits, places, jobs and bytes still held", f"{sum(row['held'].values()):.0f}")):
        print(f"| {text} | {value} |")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")

    wrong = [name for name in ("thrown", "left", "late", "refused", "reloads", "broken_off") if row[name] == 0]
    assert not wrong, f"the soak has not tried: {', '.join(wrong)}"
    assert not any(row["held"].values()), row["held"]
    assert row["descriptors"][1] <= row["descriptors"][0], "descriptors have leaked"
    if PATIENCE == 1:   # sanitizers keep what is freed
        allowed = GROWTH_MAX * row["heap_first"]
        if arguments.requests < LONG:
            allowed = max(allowed, GROWTH_LEAST)
        assert row["heap_last"] - row["heap_first"] <= allowed, f"memory has grown by {100 * (growth - 1):.1f} %"
    return 0


if __name__ == "__main__":
    sys.exit(main())
