"""Candidates beside the live limiters: what they count, and that nothing else changes."""

import unittest

from harness import PATIENCE, Call, ServiceTest, drill, eventually, limiter, merged
from http_client import Client


def shadowed(live, shadow, **config):
    """The drill limiter as `live` says, with this candidate beside it."""
    return merged({"limiters": {"drill": merged(live, {"shadow": shadow})}}, config)


def fixed(limit, capacity=0, wait="10s"):
    return {"limit": {"value": limit}, "queue": {"capacity": capacity, "wait_timeout": wait}}


class Shadow(ServiceTest):
    def seen(self, metrics, verdict, **labels):
        return metrics.sum(f"shadow_requests_{verdict}_total", limiter="drill", **labels)

    def compared(self, metrics, live, shadow):
        return metrics.value("shadow_compared_total", limiter="drill", live=live, shadow=shadow)

    def settled(self, server):
        """Quiet on both sides, and everything that the limiter was asked for is in the account."""
        metrics = server.settle()
        self.assertEqual(self.seen(metrics, "unknown"), 0)
        compared = metrics.sum("shadow_compared_total", limiter="drill")
        depth = metrics.value("shadow_queue_depth", limiter="drill")
        self.assertEqual(self.seen(metrics, "received"), compared + depth)
        return metrics

    def test_half_the_limit_would_have_refused_half_of_what_is_served(self):
        server = self.start(shadowed(limiter(4, 0), fixed(2)))
        clients = server.hold(4, 400)
        self.assert_refused(server.get("/v1/drill"), "queue_full")
        metrics = server.scrape()
        self.assertEqual(metrics.value("shadow_limit", limiter="drill"), 2)
        self.assertEqual(metrics.value("shadow_in_flight", limiter="drill"), 2)
        self.assertEqual(metrics.value("limit", limiter="drill"), 4)
        for client in clients:
            self.assertEqual(client.response().status, 200)
        metrics = self.settled(server)
        self.assertEqual(self.seen(metrics, "received"), 5)
        self.assertEqual(self.seen(metrics, "admitted"), 2)
        self.assertEqual(self.seen(metrics, "rejected", reason="queue_full"), 3)
        self.assertEqual(self.compared(metrics, "admitted", "admitted"), 2)
        self.assertEqual(self.compared(metrics, "admitted", "rejected"), 2)
        self.assertEqual(self.compared(metrics, "rejected", "rejected"), 1)
        self.assertEqual(metrics.value("shadow_in_flight", limiter="drill"), 0)
        self.assertEqual(metrics.value("shadow_estimated_total", limiter="drill"), 0)

    def test_twice_the_limit_would_have_served_those_who_are_refused(self):
        server = self.start(shadowed(limiter(2, 0), fixed(4)))
        clients = server.hold(2, 400)
        for _ in range(3):
            self.assert_refused(server.get("/v1/drill"), "queue_full")
        metrics = server.scrape()
        self.assertEqual(metrics.value("shadow_in_flight", limiter="drill"), 4)
        self.assertEqual(metrics.value("in_flight", limiter="drill"), 2)
        for client in clients:
            self.assertEqual(client.response().status, 200)
        server.await_value(0, "shadow_in_flight", limiter="drill")
        metrics = self.settled(server)
        self.assertEqual(self.compared(metrics, "admitted", "admitted"), 2)
        self.assertEqual(self.compared(metrics, "rejected", "admitted"), 2)
        self.assertEqual(self.compared(metrics, "rejected", "rejected"), 1)
        self.assertEqual(metrics.value("shadow_estimated_total", limiter="drill"), 2)

    def test_without_a_queue_it_would_have_refused_who_waits(self):
        server = self.start(shadowed(limiter(1, 4, "10s"), {"queue": {"capacity": 0}}))
        held = server.hold(1, 300)
        waiting = server.enqueue(2)
        for client in held + waiting:
            self.assertEqual(client.response().status, 200)
        metrics = self.settled(server)
        self.assertEqual(metrics.value("shadow_limit", limiter="drill"), 1)
        self.assertEqual(self.compared(metrics, "admitted", "rejected"), 2)
        self.assertEqual(self.compared(metrics, "admitted", "admitted"), 1)

    def test_a_shorter_wait_would_have_ended_before_the_grant(self):
        server = self.start(shadowed(limiter(1, 4, "10s"),
                                     {"queue": {"capacity": 4, "wait_timeout": "50ms"}}))
        held = server.hold(1, 400)
        waiting = server.enqueue(1)
        for client in held + waiting:
            self.assertEqual(client.response().status, 200)
        metrics = self.settled(server)
        self.assertEqual(self.seen(metrics, "rejected", reason="wait_timeout"), 1)
        self.assertEqual(self.compared(metrics, "admitted", "rejected"), 1)

    def test_a_client_that_leaves_the_queue_leaves_both(self):
        server = self.start(shadowed(limiter(1, 4, "10s"), fixed(1, 4)))
        held = server.hold(1, 400)
        waiting = server.enqueue(1)
        self.assertEqual(server.value("shadow_queue_depth", limiter="drill"), 1)
        waiting[0].close()
        server.await_value(1, "shadow_requests_dropped_total", limiter="drill")
        self.assertEqual(held[0].response().status, 200)
        metrics = self.settled(server)
        self.assertEqual(self.compared(metrics, "dropped", "dropped"), 1)

    def test_what_is_refused_before_the_limiter_is_not_shown_to_it(self):
        server = self.start(shadowed(limiter(4, 0, rate={"rate": 1, "period": "1h"}), fixed(1)))
        self.assertEqual(server.get("/v1/drill").status, 200)
        self.assert_refused(server.get("/v1/drill"), "rate_limited", 429)
        self.assertEqual(server.get("/v1/drill?cpu_ms=x").status, 429)
        metrics = self.settled(server)
        self.assertEqual(self.seen(metrics, "received"), 1)

    def test_an_adaptive_candidate_moves_and_the_live_limit_does_not(self):
        shadow = {"limit": {"algorithm": "aimd", "min": 2, "max": 16, "initial": 8,
                            "timeout": "50ms", "backoff_ratio": 0.5, "cures": {"enabled": False},
                            "window": {"min_window": "20ms", "max_window": "100ms", "window_size": 2}}}
        server = self.start(shadowed(limiter(8, 16, "10s"), shadow))
        self.assertEqual(server.value("shadow_limit", limiter="drill"), 8)
        clients = [server.connect() for _ in range(12)]
        for _ in range(8):
            for client in clients:
                client.start("GET", "/v1/drill?sleep_ms=100")
            for client in clients:
                self.assertEqual(client.response().status, 200)
        metrics = server.settle()
        self.assertLess(metrics.value("shadow_limit", limiter="drill"), 8)
        self.assertEqual(metrics.value("limit", limiter="drill"), 8)
        self.assertEqual(len(metrics.nonzero("shadow_limit_reason", limiter="drill")), 1)

    def test_a_limiter_without_one_has_no_series_of_it(self):
        server = self.start(drill())
        self.assertEqual(server.scrape().matching("shadow_limit"), {})

    def test_under_load_it_keeps_its_books_and_the_limiter_its_limit(self):
        server = self.start(shadowed(limiter(4, 4, "20ms"), {"limit": {"value": 2}}))

        def ask():
            client = Client(server.public, timeout=15 * PATIENCE)
            statuses = [client.get(f"/v1/drill?sleep_ms={n % 5}").status for n in range(100)]
            client.close()
            return statuses

        calls = [Call(ask) for _ in range(16)]
        statuses = [status for call in calls for status in call.result(within=60)]
        self.assertLessEqual(set(statuses), {200, 503})
        eventually(lambda: server.value("shadow_queue_depth", limiter="drill"), lambda n: n == 0)
        metrics = self.settled(server)
        self.assertEqual(self.seen(metrics, "received"), 1600)
        served = statuses.count(200)
        self.assertEqual(metrics.sum("shadow_compared_total", limiter="drill", live="admitted"), served)
        self.assertEqual(metrics.sum("shadow_compared_total", limiter="drill", live="rejected"),
                         1600 - served)
        self.assertGreater(self.compared(metrics, "admitted", "rejected"), 0)


if __name__ == "__main__":
    unittest.main()
