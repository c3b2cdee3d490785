"""Limits that find themselves, switched on in the real service: which way they go, never how fast."""

import threading
import unittest

from harness import PATIENCE, Call, ServiceTest, drill, eventually
from http_client import Client

ALGORITHMS = ("aimd", "vegas", "gradient2", "gradient", "gradient_minrtt", "slo")


def adaptive(limit, **route):
    """The drill limiter with this limit; with route options, drill is the only route."""
    config = drill(**route)
    config["limiters"]["drill"]["limit"] = limit
    return config


class Load:
    """Clients in closed loop on the drill, whose work takes as long as it is told to."""

    def __init__(self, server, clients, sleep_ms):
        self.sleep_ms = sleep_ms
        self.statuses = set()
        self._over = threading.Event()
        self._calls = [Call(self._run, server.public) for _ in range(clients)]

    def _run(self, address):
        client = Client(address, timeout=15 * PATIENCE)
        try:
            while not self._over.is_set():
                response = client.get(f"/v1/drill?sleep_ms={self.sleep_ms}")
                self.statuses.add(response.status)
                if response.says_close:
                    client.close()
                    client = Client(address, timeout=15 * PATIENCE)
        finally:
            client.close()

    def end(self):
        self._over.set()
        for call in self._calls:
            call.result()


class AdaptiveLimit(ServiceTest):
    def moves(self, server, reason):
        return server.value("limit_changes_total", limiter="drill", reason=reason)

    def begin(self, server, clients, sleep_ms):
        load = Load(server, clients, sleep_ms)
        self.addCleanup(load.end)
        return load

    def test_it_falls_while_the_work_is_slow_and_rises_when_that_is_over(self):
        server = self.start(adaptive(
            {"algorithm": "aimd", "min": 2, "max": 16, "initial": 8, "timeout": "300ms",
             "backoff_ratio": 0.5, "cures": {"enabled": False},
             "window": {"min_window": "20ms", "max_window": "100ms", "window_size": 2}}))
        self.assertEqual(server.value("limit", limiter="drill"), 8)
        load = self.begin(server, 20, sleep_ms=5)
        server.await_value(16, "limit", within=20, limiter="drill")
        risen = self.moves(server, "growth")
        self.assertGreaterEqual(risen, 8)

        load.sleep_ms = 600
        server.await_value(2, "limit", within=30, limiter="drill")
        self.assertGreaterEqual(self.moves(server, "overload"), 3)
        self.assertGreater(server.value("limit_window_seconds", limiter="drill"), 0.5)

        load.sleep_ms = 5
        server.await_value(16, "limit", within=20, limiter="drill")
        self.assertGreaterEqual(self.moves(server, "growth"), risen + 14)
        load.end()
        self.assertLessEqual(load.statuses, {200, 503})
        server.settle()

    def test_an_objective_that_is_missed_lowers_it_and_one_that_is_met_raises_it(self):
        server = self.start(adaptive(
            {"algorithm": "slo", "target": "200ms", "quantile": 0.5, "min": 2, "max": 16,
             "initial": 4, "cures": {"enabled": False}, "window": {"window_size": 4}}))
        load = self.begin(server, 20, sleep_ms=5)
        server.await_value(16, "limit", within=20, limiter="drill")
        load.sleep_ms = 800
        server.await_value(lambda limit: limit < 16, "limit", within=30, limiter="drill")
        self.assertGreater(self.moves(server, "latency"), 0)
        load.sleep_ms = 5
        server.await_value(16, "limit", within=30, limiter="drill")
        load.end()

    def test_time_outs_of_the_route_lower_it_to_its_floor(self):
        server = self.start(adaptive(
            {"algorithm": "vegas", "min": 2, "max": 16, "initial": 16,
             "window": {"min_window": "20ms", "window_size": 2}}, deadline="100ms"))
        load = self.begin(server, 20, sleep_ms=5000)
        server.await_value(2, "limit", within=30, limiter="drill")
        load.end()
        metrics = server.settle()
        moves = metrics.matching("limit_changes_total", limiter="drill")
        self.assertEqual({dict(labels)["reason"] for labels, n in moves.items() if n}, {"overload"})

    def test_a_caller_who_has_no_time_lowers_nobody_s_limit(self):
        server = self.start(adaptive(
            {"algorithm": "aimd", "min": 1, "max": 16, "initial": 16,
             "window": {"min_window": "10ms", "max_window": "10ms", "window_size": 1}}))
        for _ in range(20):
            self.assertEqual(server.get("/v1/drill?sleep_ms=5000", Request_Timeout="0.05").status, 504)
        metrics = server.settle()
        self.assertEqual(metrics.value("limit", limiter="drill"), 16)
        self.assertEqual(metrics.sum("limit_changes_total", limiter="drill"), 0)

    def test_every_algorithm_serves_within_its_bounds_and_shows_its_inside(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                server = self.start(adaptive({"algorithm": algorithm, "min": 2, "max": 12}))
                load = self.begin(server, 8, sleep_ms=20)
                served = eventually(lambda: server.value("requests_accepted_total", route="/v1/drill"),
                                    lambda n: n >= 200, within=30, what="200 requests served")
                load.end()
                metrics = server.settle()
                self.assertGreaterEqual(served, 200)
                limit = metrics.value("limit", limiter="drill")
                self.assertTrue(2 <= limit <= 12, limit)
                self.assertEqual(metrics.value("limit_min", limiter="drill"), 2)
                self.assertEqual(metrics.value("limit_max", limiter="drill"), 12)
                reasons = metrics.nonzero("limit_reason", limiter="drill")
                self.assertEqual(len(reasons), 1, reasons)
                for name in ("gradient", "queue_estimate", "baseline_seconds", "window_seconds"):
                    self.assertGreaterEqual(metrics.value(f"limit_{name}", limiter="drill"), 0)
                server.finish()

    def test_it_drains_like_any_other(self):
        server = self.start(adaptive({"algorithm": "gradient2", "min": 2, "max": 12}))
        clients = server.hold(2, 800)
        server.terminate()
        for client in clients:
            self.assertEqual(client.response().status, 200)
        self.assertEqual(server.await_exit(), 0)


if __name__ == "__main__":
    unittest.main()
