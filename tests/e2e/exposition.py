"""Prometheus text exposition, read into a dictionary, and the invariants that hold in it."""

import re

SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?\Z")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|\Z)')


class Metrics:
    """One scrape. Names may be given without the `spillway_` prefix."""

    def __init__(self, text):
        self.samples = {}
        self.types = {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.types[name] = kind
            if not line or line.startswith("#"):
                continue
            match = SAMPLE.match(line)
            assert match, f"not a sample: {line!r}"
            labels = tuple(sorted(LABEL.findall(match[2] or "")))
            key = (match[1], labels)
            assert key not in self.samples, f"sample given twice: {line!r}"
            self.samples[key] = float(match[3])

    @staticmethod
    def _full(name):
        return name if name.startswith(("spillway_", "process_")) else "spillway_" + name

    def value(self, name, **labels):
        """The one sample with exactly these labels; KeyError without it."""
        return self.samples[self._full(name), tuple(sorted(labels.items()))]

    def matching(self, name, **labels):
        """{labels: value} of the samples that carry at least these labels."""
        wanted = set(labels.items())
        return {ls: v for (n, ls), v in self.samples.items()
                if n == self._full(name) and wanted <= set(ls)}

    def sum(self, name, **labels):
        return sum(self.matching(name, **labels).values())

    def label_values(self, name, label):
        return {dict(ls)[label] for ls in self.matching(name)}

    def nonzero(self, name, **labels):
        return {ls: v for ls, v in self.matching(name, **labels).items() if v}


def assert_balanced(metrics, quiet=False, is_reloaded=False):
    """received = accepted + rejected + dropped + pending for every route; at quiet nothing is left.
    After a reload what is out or waits may be above a lowered bound."""
    routes = metrics.label_values("requests_received_total", "route")
    assert routes, "no route is counted"
    for route in routes:
        received = metrics.value("requests_received_total", route=route)
        accepted = metrics.value("requests_accepted_total", route=route)
        rejected = metrics.sum("requests_rejected_total", route=route)
        dropped = metrics.sum("requests_dropped_total", route=route)
        pending = metrics.value("requests_pending", route=route)
        assert received == accepted + rejected + dropped + pending, (
            f"{route}: received {received} != accepted {accepted} + rejected {rejected}"
            f" + dropped {dropped} + pending {pending}")
        assert pending >= 0, f"{route}: pending {pending}"
        finished = metrics.sum("requests_finished_total", route=route)
        assert finished <= accepted, f"{route}: finished {finished} > accepted {accepted}"
        if quiet:
            assert pending == 0, f"{route}: pending {pending} at quiet"
            assert finished == accepted, f"{route}: finished {finished} != accepted {accepted}"
    for name in ("in_flight", "queue_depth"):
        for labels, value in metrics.matching(name).items():
            assert value >= 0, f"{name}{labels} = {value}"
            limiter = dict(labels)["limiter"]
            most = metrics.value("limit" if name == "in_flight" else "queue_capacity", limiter=limiter)
            if name == "in_flight":  # a lowered limit takes no permit away
                most = max([most, *metrics.matching("limit_max", limiter=limiter).values()])
            assert value <= most or is_reloaded, f"{name}{labels} = {value} > {most}"
    for limiter in metrics.label_values("shadow_requests_received_total", "limiter"):
        received, admitted, rejected, dropped = (
            metrics.sum(f"shadow_requests_{verdict}_total", limiter=limiter)
            for verdict in ("received", "admitted", "rejected", "dropped"))
        waiting = metrics.value("shadow_queue_depth", limiter=limiter)
        assert received == admitted + rejected + dropped + waiting, (
            f"shadow of {limiter}: received {received} != admitted {admitted} + rejected {rejected}"
            f" + dropped {dropped} + waiting {waiting}")
    if quiet:
        for name in ("in_flight", "queue_depth", "pool_in_flight", "pool_queue_depth",
                     "body_memory_bytes", "response_memory_bytes"):
            left = metrics.nonzero(name)
            assert not left, f"{name} at quiet: {left}"
