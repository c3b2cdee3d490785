"""More than can be served: goodput and latencies of each subject, sleeping and burning."""

import http.client
import threading
import time

import clients
import machine
import openloop
from figures import percentile
from openloop import Phase
from servers import Go, Haproxy, Limit, Nginx, Spillway

BOTH = f"{machine.SERVER_CPU},{machine.LOAD_CPU}"


class Workload:
    """What a request does, how many permits there are, how many may wait for one (for 200 ms: as many
    as are served within it), and the CPUs of the service."""

    def __init__(self, title, query, permits, queue, cpus):
        self.title, self.query, self.permits, self.queue, self.cpus = title, query, permits, queue, cpus

    def gated(self, queue=None):
        return Spillway({"pools.drill.workers": self.permits, "limiters.drill.limit.value": self.permits,
                         "limiters.drill.queue.capacity": self.queue if queue is None else queue},
                        cpus=self.cpus)

    def ungated(self):
        """The service behind the proxies, and without one: its limiter admits whatever comes."""
        return Spillway({"pools.drill.workers": self.permits, "pools.drill.queue": 20000,
                         "limiters.drill.limit.value": 20000, "routes.1.deadline": "60s"}, cpus=self.cpus)


    def proxied(self, kind):
        return kind(limit=self.permits, queue=self.queue, backend=self.ungated(), cpus=self.cpus)


SLEEP = Workload("sleeping", "sleep_ms=20", 16, 64, machine.SERVER_CPU)
# A hundred times its capacity is what one CPU can still be asked in independent requests, so that the
# gate is judged and not the machine.
LONG_SLEEP = Workload("sleeping longer", "sleep_ms=100", 16, 16, machine.SERVER_CPU)
BURN = Workload("burning, one CPU", "cpu_ms=5", 2, 16, machine.SERVER_CPU)
BURN_BOTH = Workload("burning, two CPUs", "cpu_ms=5", 2, 16, BOTH)

# title: (how to start it, which path)
SUBJECTS = {
    "limit, refuses all": (lambda w: Limit(cpus=w.cpus), "drill"),
    "Spillway": (lambda w: w.gated(), "drill"),
    "Spillway, no queue": (lambda w: w.gated(queue=0), "drill"),
    "Spillway, no gate": (lambda w: w.ungated(), "drill"),
    "nginx limit_conn": (lambda w: w.proxied(Nginx), "drill"),
    "HAProxy be_conn": (lambda w: w.proxied(Haproxy), "drill"),
    "HAProxy maxconn": (lambda w: w.proxied(Haproxy), "queued"),
    "Go, limit": (lambda w: Go(limit=w.permits, cpus=w.cpus), "drill"),
    "Go, limit, wait 200 ms": (lambda w: Go(limit=w.permits, wait="200ms", cpus=w.cpus), "drill"),
    "Go, no limit": (lambda w: Go(limit=0, cpus=w.cpus), "drill"),
}

# What the goals are judged beside: gates, and the machine's own latency.
GATES = ["limit, refuses all", "Spillway", "nginx limit_conn", "HAProxy be_conn", "HAProxy maxconn"]


def capacity(server, what, workload, seconds=3):
    """Replies 200 per second in closed loop with as many clients as there are permits: nobody
    waits, nobody is refused."""
    run = clients.wrk(server.url(what, workload.query), workload.permits, seconds)
    return (run["requests"] - run["refused"]) / run["seconds"]


class Watch(threading.Thread):
    """Every `step` seconds resident bytes of a subject, and how long /healthz takes on a kept
    connection, in ms."""

    def __init__(self, server, step=0.05):
        super().__init__(daemon=True)
        self.server, self.step, self.seen, self.page_ms = server, step, [], []
        self.over = threading.Event()
        self.begin = time.monotonic()

    def run(self):
        page = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        while True:
            self.seen.append((time.monotonic() - self.begin, self.server.mapped_bytes()))
            asked = time.monotonic()
            page.request("GET", self.server.paths["page"])
            page.getresponse().read()
            self.page_ms.append((time.monotonic() - asked) * 1e3)
            if self.over.wait(self.step):
                page.close()
                return

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def times(server, what, workload, most, factor, seconds, connections=2048):
    """The account of `factor` times the capacity after a second of it; goodput as a share of the
    capacity; memory before and at its most."""
    phases = [Phase("begin", 1, factor * most, measured=False), Phase("overload", seconds, factor * most)]
    with Watch(server) as watch:
        result = openloop.play(server, what, workload.query, phases, connections)
    found = openloop.account(result["phases"][-1], result)
    return found | {"capacity_per_s": most, "times": factor, "share": found["good_per_s"] / most,
                    "resident_before": watch.seen[0][1],
                    "resident_most": max(size for _, size in watch.seen),
                    "page_p99_ms": percentile(watch.page_ms, .99)}


def unloaded(server, what, workload, most, seconds):
    """Latency at a quarter of the capacity."""
    result = openloop.play(server, what, workload.query, [Phase("quiet", seconds, most / 4)])
    return openloop.account(result["phases"][-1], result)


def peers(workload, rounds, seconds, titles=None, factor=10):
    """{title: medians over rounds}; in each round every subject is started anew and loaded once.
    Each is offered a multiple of its own capacity; the bare loop, which has none, of Spillway's."""
    names = [title for title in SUBJECTS if titles is None or title in titles]
    found, most = {title: [] for title in names}, {}
    for title in names:
        if title != "limit, refuses all":
            make, what = SUBJECTS[title]
            with make(workload) as server:
                most[title] = capacity(server, what, workload)
    for _ in range(rounds):
        for title in names:
            make, what = SUBJECTS[title]
            with make(workload) as server:
                found[title].append(times(server, what, workload, most.get(title, most["Spillway"]), factor, seconds))
    return {title: openloop.middle(accounts) for title, accounts in found.items()}


def step(workload, before, during):
    """Half the capacity, ten times it, half of it again: seconds until goodput stays within 5 % of
    its steady value, and from the end of the surge to the last refusal."""
    with workload.gated() as server:
        most = capacity(server, "drill", workload)
        phases = [Phase("before", before, most / 2), Phase("surge", during, most * 10),
                  Phase("after", before, most / 2)]
        result = openloop.play(server, "drill", workload.query, phases)
    width, bins = result["series"]["bin_s"], result["series"]["bins"]
    good = [b["counts"]["good"] for b in bins]
    begin, end = round(before / width), round((before + during) / width)
    window = max(1, round(1 / width))  # replies come 16 at once: a burst more or less is 4 % of half a second
    rate = [sum(good[n:n + window]) / (window * width) for n in range(begin, end - window + 1)]
    steady = sum(good[(begin + end) // 2:end]) / ((end - (begin + end) // 2) * width)
    off = [n for n, value in enumerate(rate) if abs(value / steady - 1) > 0.05]
    refusing = [n for n, b in enumerate(bins) if b["counts"]["rejected"] and n >= end]
    return {"capacity_per_s": most, "steady_per_s": steady, "bin_s": width, "rate_per_s": rate,
            "settles_s": (off[-1] + 1) * width if off else 0.0,
            "last_refusal_s": (refusing[-1] - end + 1) * width if refusing else 0.0}


def endurance(workload, seconds):
    """Resident memory at ten times the capacity: after the first 5 s, and the most in each minute from
    then on (in each fifth of a run of less than five minutes)."""
    with workload.gated() as server:
        most = capacity(server, "drill", workload)
        with Watch(server, 1) as watch:
            result = openloop.play(server, "drill", workload.query, [Phase("overload", seconds, most * 10)])
    early = next(size for at, size in watch.seen if at >= 5)
    width = min(60, seconds / 5)
    by_minute = {}
    for at, size in watch.seen:
        if 5 < at <= seconds:
            by_minute.setdefault(int(at / width), []).append(size)
    minutes = [max(sizes) for _, sizes in sorted(by_minute.items())]
    return openloop.account(result["phases"][-1], result) | {
        "seconds": seconds, "resident_5s": early, "resident_by_minute": minutes,
        "deviation": max(abs(size / early - 1) for size in minutes)}
