"""CPU time, instructions and system calls per answer, as multiples of the bare epoll loop."""

import collections
import contextlib

import clients
from servers import Go, Haproxy, Limit, Nginx, Spillway

# Nothing to do, through limiter and pool, with a permit for each connection; and as the drill route
# comes, with 16 permits and workers, so that most requests wait for a permit in the queue.
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
    Subject("Spillway, through its queue", lambda **options: Spillway({}, **options), "drill", "sleep_ms=0"),
    Subject("nginx, proxy", behind_the_gate(Nginx), "drill"),
    Subject("HAProxy, proxy", behind_the_gate(Haproxy), "drill"),
    Subject("Go, limit", lambda **options: Go(limit=4096, **options), "drill", "sleep_ms=0"),
]
CHURN = [s for s in REFUSALS if s.title in ("Spillway", "nginx limit_conn", "HAProxy be_conn", "Go, limit")]


def of(subjects, titles):
    return [s for s in subjects if titles is None or s.title in titles]


def in_rounds(subjects, connections, rounds, limit=(), closing=False, expect=503, seconds=1):
    """{title: {ratio, us, limit_us}}, a figure per round.

    The servers all stay up, idle, pinned to one CPU; one at a time has load. In a round all are
    measured twice, the bare loop first, then in the opposite order, so that a drift of the machine
    in between falls on all of them alike. Ratios are those of one round."""
    found = {s.title: {"ratio": [], "us": [], "limit_us": []} for s in subjects}
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(Limit(*limit))
        up = {s.title: stack.enter_context(s.server()) for s in subjects}

        def one(subject, load):
            if subject is None:
                return clients.cost(bare, "refused", *load, closing=closing,
                                    expect=200 if "--ok" in limit else 503)["seconds"]
            return clients.cost(up[subject.title], subject.what, *load, subject.query, closing, expect)["seconds"]

        for number in range(rounds):
            turn = number % len(subjects)  # and its neighbours are others in each round
            spent = collections.defaultdict(list)
            for turn_of in in_turn(subjects[turn:] + subjects[:turn], connections, seconds):
                spent[turn_of].append(one(*turn_of))
            for (subject, load), costs in spent.items():
                if subject is not None:
                    own, base = sum(costs) / 2, sum(spent[None, load]) / 2
                    found[subject.title]["ratio"].append(own / base)
                    found[subject.title]["us"].append(own * 1e6)
                    found[subject.title]["limit_us"].append(base * 1e6)
    return found


def in_turn(subjects, connections, seconds):
    """(subject or None for the bare loop, load), there and back; a bare loop for each load."""
    loads = {}
    for s in subjects:
        load = (s.connections or connections, s.seconds or seconds)
        loads.setdefault(load, [None]).append(s)
    there = [(who, load) for load, some in loads.items() for who in some]
    return there + there[::-1]


def refusals(subjects, rounds):
    return {"c64": in_rounds(subjects, 64, rounds), "c512": in_rounds(subjects, 512, min(3, rounds))}


def pages(subjects, rounds):
    return in_rounds(subjects, 64, rounds, limit=["--ok"], expect=200)


def churn(subjects, rounds):
    return in_rounds(subjects, 64, rounds, limit=["--close"], closing=True)


def calls(subjects):
    return {"c64": system_calls(subjects, 64), "c1": system_calls(subjects, 1)}


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
