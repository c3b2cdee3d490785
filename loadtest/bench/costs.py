"""CPU time, instructions and system calls per answer, as multiples of the bare epoll loop."""

import contextlib
import itertools

import clients
from servers import Go, Haproxy, Limit, Nginx, Spillway

# Nothing to do, through limiter and pool: the answer is as small as that of the bare loop.
IDLE_DRILL = {"limiters.drill.limit.value": 64, "limiters.drill.queue.capacity": 512,
              "pools.drill.workers": 1, "pools.drill.queue": 1024}


class Subject:
    """A title in the tables, the server behind it, which of its paths, and how to start it anew."""

    def __init__(self, title, make, what, query="", connections=None, seconds=None):
        self.title, self.make, self.what, self.query = title, make, what, query
        self.connections, self.seconds = connections, seconds  # its own, when they are what varies

    def server(self, **options):
        return self.make(**options)


def behind_the_gate(kind):
    """The proxies in front of the trivial backend; the backend's CPU time counts."""
    return lambda **options: kind(limit=4096, backend=Limit("--ok"), **options)


REFUSALS = [
    Subject("Spillway", Spillway, "refused"),
    Subject("nginx limit_conn", Nginx, "refused"),
    Subject("nginx return", Nginx, "fixed"),
    Subject("HAProxy be_conn", Haproxy, "refused"),
    Subject("HAProxy deny", Haproxy, "fixed"),
    Subject("Go, limit", Go, "refused"),
    Subject("Go, limit, wait 5 ms", lambda **options: Go(wait="5ms", **options), "refused"),
]
PAGES = [
    Subject("Spillway", Spillway, "page"),
    Subject("nginx return", Nginx, "page"),
    Subject("HAProxy return", Haproxy, "page"),
    Subject("Go", lambda **options: Go(limit=0, **options), "page"),
]
ADMITTED = [
    Subject("Spillway", lambda **options: Spillway(IDLE_DRILL, **options), "drill", "sleep_ms=0"),
    Subject("nginx, proxy", behind_the_gate(Nginx), "drill"),
    Subject("HAProxy, proxy", behind_the_gate(Haproxy), "drill"),
    Subject("Go, limit", lambda **options: Go(limit=4096, **options), "drill", "sleep_ms=0"),
]
CHURN = [s for s in REFUSALS if s.title in ("Spillway", "nginx limit_conn", "HAProxy be_conn", "Go, limit")]


def of(subjects, titles):
    return [s for s in subjects if titles is None or s.title in titles]


def in_pairs(subjects, connections, rounds, limit=(), closing=False, expect=503, seconds=1):
    """Rounds in which each subject runs right after the bare loop: {title: {ratio, us, limit_us}}.

    The servers all stay up, idle, pinned to one CPU; one at a time has load. Ratios are those of
    one pair, since absolute times drift between seconds."""
    found = {s.title: {"ratio": [], "us": [], "limit_us": []} for s in subjects}
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(Limit(*limit))
        up = {s.title: stack.enter_context(s.server()) for s in subjects}
        for number in range(rounds):
            # Another order each round: who comes first is not always the same.
            turn = number % len(subjects)
            for s in itertools.chain(subjects[turn:], subjects[:turn]):
                load = (s.connections or connections, s.seconds or seconds)
                base = clients.cost(bare, "refused", *load, closing=closing,
                                    expect=200 if "--ok" in limit else 503)["seconds"]
                own = clients.cost(up[s.title], s.what, *load, s.query, closing, expect)
                found[s.title]["ratio"].append(own["seconds"] / base)
                found[s.title]["us"].append(own["seconds"] * 1e6)
                found[s.title]["limit_us"].append(base * 1e6)
    return found


def system_calls(subjects, connections, limit=(), seconds=1):
    found = {}
    for s in [Subject("limit", lambda: Limit(*limit), "refused"), *subjects]:
        with s.server() as server:
            found[s.title] = clients.syscalls(server, s.what, connections, seconds, s.query)
    return found


def instructions(subjects, limit=(), few=2048, many=10240):
    """User-mode instructions per answer at 64 connections by callgrind: the difference of two runs
    of a fixed number of requests, so that start and end cancel out. Without Go, whose runtime
    callgrind does not follow."""
    callgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    found = {}
    for s in [Subject("limit", lambda **options: Limit(*limit, **options), "refused"), *subjects]:
        if s.make is Go or s.title.startswith("Go"):
            found[s.title] = None
            continue
        totals = []
        for requests in (few, many):
            server = s.server(wrapper=callgrind)
            with server, clients.Holders() as holders:
                if s.what == "refused":
                    server.hold(holders)
                clients.sequence(server.port, server.paths[s.what] + (f"?{s.query}" if s.query else ""), requests)
            totals.append(server.collected)
        found[s.title] = (totals[1] - totals[0]) / (many - few)
    return found
