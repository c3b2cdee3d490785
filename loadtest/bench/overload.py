"""More than can be served: goodput and latencies of each subject, sleeping and burning."""

import threading
import time

import clients
import machine
import openloop
from servers import Go, Haproxy, Nginx, Spillway

BOTH = f"{machine.SERVER_CPU},{machine.LOAD_CPU}"


class Workload:
    """What a request does, how many permits it gets, and the CPUs of the service."""

    def __init__(self, title, query, permits, cpus):
        self.title, self.query, self.permits, self.cpus = title, query, permits, cpus

    def gated(self, **settings):
        """Spillway as it comes: 64 places in the queue, 200 ms in it at most."""
        return Spillway({"pools.drill.workers": self.permits,
                         "limiters.drill.limit.value": self.permits, **settings}, cpus=self.cpus)

    def ungated(self):
        """The service behind the proxies: its limiter admits whatever comes."""
        return Spillway({"pools.drill.workers": self.permits, "pools.drill.queue": 20000,
                         "limiters.drill.limit.value": 20000, "routes.1.deadline": "60s"}, cpus=self.cpus)


SLEEP = Workload("sleep", "sleep_ms=20", 16, machine.SERVER_CPU)
BURN = Workload("burn", "cpu_ms=5", 2, machine.SERVER_CPU)
BURN_BOTH = Workload("burn, two CPUs", "cpu_ms=5", 2, BOTH)
WORKLOADS = [SLEEP, BURN, BURN_BOTH]

# title: (how to start it, which path)
SUBJECTS = {
    "Spillway": (lambda w: w.gated(), "drill"),
    "Spillway, no queue": (lambda w: w.gated(**{"limiters.drill.queue.capacity": 0}), "drill"),
    "Spillway, no gate": (lambda w: w.ungated(), "drill"),
    "nginx limit_conn": (lambda w: Nginx(limit=w.permits, backend=w.ungated(), cpus=w.cpus), "drill"),
    "HAProxy be_conn": (lambda w: Haproxy(limit=w.permits, backend=w.ungated(), cpus=w.cpus), "drill"),
    "HAProxy maxconn": (lambda w: Haproxy(limit=w.permits, backend=w.ungated(), cpus=w.cpus), "queued"),
    "Go, limit": (lambda w: Go(limit=w.permits, cpus=w.cpus), "drill"),
    "Go, limit, wait 200 ms": (lambda w: Go(limit=w.permits, wait="200ms", cpus=w.cpus), "drill"),
    "Go, no limit": (lambda w: Go(limit=0, cpus=w.cpus), "drill"),
}


def capacity(server, what, workload, seconds=3):
    """Replies 200 per second in closed loop with as many clients as there are permits: nobody
    waits, nobody is refused."""
    run = clients.wrk(server.url(what, workload.query), workload.permits, seconds)
    return (run["requests"] - run["refused"]) / run["seconds"]


class Memory(threading.Thread):
    """Resident bytes of a subject, ten times a second."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.seen, self.is_over = server, [], False
        self.begin = time.monotonic()

    def run(self):
        while not self.is_over:
            self.seen.append((time.monotonic() - self.begin, self.server.resident_bytes()))
            time.sleep(0.1)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.join()


def at(server, what, workload, most, times, seconds):
    """The account of `times` the capacity, goodput as a share of it, memory before and at its most."""
    with Memory(server) as memory:
        before = server.cpu_seconds()
        found = openloop.run(server.url(what, workload.query), times * most, seconds)
        found["cpu"] = (server.cpu_seconds() - before) / seconds
    found |= {"capacity_per_s": most, "asked_times": times, "offered_times": found["offered_per_s"] / most,
              "share": found["good_per_s"] / most, "resident_before": memory.seen[0][1],
              "resident_most": max(size for _, size in memory.seen)}
    return found


def peers(workload, seconds, titles=None, times=10):
    found = {}
    for title, (make, what) in SUBJECTS.items():
        if titles is not None and title not in titles:
            continue
        with make(workload) as server:
            most = capacity(server, what, workload)
            found[title] = at(server, what, workload, most, times, seconds)
    return found
