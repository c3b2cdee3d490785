"""More than can be served: exact accounting, honest refusals, and lanes that stay open."""

import collections
import time
import unittest

from harness import PATIENCE, Call, ServiceTest, drill, elapsed, limiter, merged
from http_client import Client
from pictures import png


class Tally(collections.Counter):
    """What one client saw: statuses, and refusals by reason."""

    def note(self, response):
        self["sent"] += 1
        self[response.status] += 1
        if response.status == 503:
            self[response.json()["reason"]] += 1


def hammer(address, target, count):
    """`count` requests in closed loop on one connection, reconnecting when told to."""
    tally, client = Tally(), Client(address, timeout=15 * PATIENCE)
    try:
        for _ in range(count):
            response = client.get(target)
            tally.note(response)
            tally["bad"] += response.status == 503 and int(response.header("retry-after")) < 1
            if response.status == 200:
                tally["most_in_flight"] = max(tally["most_in_flight"], int(response.header("x-inflight")))
                tally["least_in_flight"] = min(tally.get("least_in_flight", 99),
                                               int(response.header("x-inflight")))
            if response.says_close:
                client.close()
                client = Client(address, timeout=15 * PATIENCE)
    finally:
        client.close()
    return tally


class Accounting(ServiceTest):
    def test_the_clients_own_counts_are_the_server_s(self):
        server = self.start(drill(limit=2, capacity=3, wait="30ms"))
        calls = [Call(hammer, server.public, "/v1/drill?sleep_ms=20&bytes=10", 100) for _ in range(12)]
        tallies = [call.result(60) for call in calls]
        total = sum(tallies, Tally())
        self.assertEqual(total["sent"], 1200)
        self.assertEqual(total[200] + total[503], 1200)
        self.assertEqual(total["bad"], 0)
        for must_have in (200, "queue_full", "wait_timeout"):
            self.assertGreater(total[must_have], 0, f"the scenario gave no {must_have}")
        self.assertLessEqual(max(t["most_in_flight"] for t in tallies), 2)
        self.assertGreaterEqual(min(t["least_in_flight"] for t in tallies if t[200]), 1)

        route = {"route": "/v1/drill"}
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_received_total", **route), 1200)
        self.assertEqual(metrics.value("requests_accepted_total", **route), total[200])
        self.assertEqual(metrics.value("requests_finished_total", ending="ok", **route), total[200])
        self.assertEqual(metrics.sum("requests_rejected_total", **route), total[503])
        for reason in ("queue_full", "wait_timeout"):
            self.assertEqual(metrics.value("requests_rejected_total", reason=reason, **route), total[reason])
        self.assertEqual(metrics.sum("requests_dropped_total", **route), 0)
        server.await_value(total[200], "responses_total", code="200", **route)
        server.await_value(total[503], "responses_total", code="503", **route)
        metrics = server.scrape()
        self.assertEqual(metrics.value("request_duration_seconds_count", **route), 1200)
        self.assertEqual(metrics.value("service_duration_seconds_count", **route), total[200])
        self.assertEqual(metrics.value("pool_submitted_total", pool="drill", result="accepted"), total[200])
        self.assertEqual(metrics.value("pool_submitted_total", pool="drill", result="rejected"), 0)

    def test_goodput_stays_while_far_more_is_offered(self):
        server = self.start(drill(limit=2, capacity=4, wait="100ms"))
        begin = time.monotonic()
        calls = [Call(hammer, server.public, "/v1/drill?sleep_ms=20", 300) for _ in range(8)]
        for call in calls:
            call.result(60)
        seconds = time.monotonic() - begin
        served = server.settle().value("requests_accepted_total", route="/v1/drill")
        self.assertGreater(served / seconds, 0.5 * 2 / 0.020 / PATIENCE)


class Refusals(ServiceTest):
    def test_a_wave_of_refusals_is_not_sent_back_as_one_wave(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 1500)
        clients = [server.connect() for _ in range(40)]
        for client in clients:
            client.start("GET", "/v1/drill")
        seconds = [self.assert_refused(c.response(), "queue_full")["retry_after_seconds"] for c in clients]
        self.assertGreaterEqual(len(set(seconds)), 2, seconds)
        self.assertGreaterEqual(min(seconds), 1)
        self.assertLessEqual(max(seconds), 60)

    def test_retry_after_is_never_before_the_backlog_drains(self):
        server = self.start(drill(limit=1, capacity=8, wait="10s"))
        for _ in range(4):   # so that the service rate is known: about 2.5 a second
            self.assertEqual(server.get("/v1/drill?sleep_ms=400").status, 200)
        server.hold(1, 400)
        server.enqueue(8, sleep_ms=400)
        seconds = [self.assert_refused(server.get("/v1/drill"), "queue_full")["retry_after_seconds"]
                   for _ in range(10)]
        self.assertGreaterEqual(min(seconds), 3)
        self.assertLessEqual(max(seconds), 9)

    def test_refusals_keep_the_connection_and_come_within_milliseconds(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 2500)
        client = server.connect()
        took = sorted(elapsed(client.get, "/v1/drill")[0] for _ in range(200))
        self.assertLess(took[100], 0.01 * PATIENCE)
        metrics = server.scrape()
        self.assertEqual(metrics.value("requests_rejected_total", route="/v1/drill",
                                       reason="queue_full"), 200)
        self.assertEqual(metrics.value("connections_accepted_total", listener="public"), 2)

    def test_a_refused_head_has_no_body(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 600)
        client = server.connect()
        response = client.request("HEAD", "/v1/drill")
        self.assertEqual(response.status, 503)
        self.assertRegex(response.header("retry-after"), r"\A[1-9][0-9]*\Z")
        self.assert_refused(client.get("/v1/drill"), "queue_full")

    def test_x_inflight_of_a_refusal_is_who_held_a_permit(self):
        server = self.start(drill(limit=3, capacity=0))
        server.hold(3, 600)
        response = server.get("/v1/drill")
        self.assert_refused(response, "queue_full")
        self.assertEqual(response.header("x-inflight"), "3")

    def test_a_refusal_echoes_the_request_id(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 600)
        response = server.get("/v1/drill", X_Request_Id="refuse-me")
        self.assertEqual(response.header("x-request-id"), "refuse-me")

    def test_a_limiter_may_refuse_with_429(self):
        config = drill(limit=1, capacity=0)
        config["limiters"]["drill"]["status"] = 429
        server = self.start(config)
        server.hold(1, 600)
        self.assert_refused(server.get("/v1/drill"), "queue_full", status=429)

    def test_a_refused_upload_sees_its_503_rather_than_a_reset(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 2000)
        for size in (100, 60_000):
            client = server.connect()
            client.start("POST", "/v1/drill", {"Content-Length": str(size)})
            client.send(b"x" * size)
            self.assert_refused(client.response(), "queue_full")
        metrics = server.scrape()
        self.assertEqual(metrics.value("body_memory_bytes"), 0)


class Waiting(ServiceTest):
    def test_a_request_waits_about_the_wait_timeout_and_is_refused(self):
        server = self.start(drill(limit=1, capacity=4, wait="400ms"))
        server.hold(1, 2500)
        for _ in range(3):
            seconds, response = elapsed(server.get, "/v1/drill")
            self.assert_refused(response, "wait_timeout")
            self.assertGreaterEqual(seconds, 0.39)
            self.assertLess(seconds, 0.6 * PATIENCE)

    def test_the_line_is_served_in_order(self):
        server = self.start(drill(limit=1, capacity=8, wait="5s"))
        server.hold(1, 300)
        waiters = server.enqueue(4, sleep_ms=60)
        finished = []
        for client in waiters:
            response = client.response()
            self.assertEqual(response.status, 200)
            finished.append(time.monotonic())
            timing = dict(p.split(";dur=") for p in response.header("server-timing").split(", "))
            self.assertGreater(float(timing["wait"]), 0)
        self.assertEqual(finished, sorted(finished))
        self.assertEqual(server.settle().value("requests_finished_total", route="/v1/drill", ending="ok"), 5)

    def test_with_capacity_zero_nobody_waits(self):
        server = self.start(drill(limit=1, capacity=0, wait="5s"))
        server.hold(1, 1000)
        seconds, response = elapsed(server.get, "/v1/drill")
        self.assert_refused(response, "queue_full")
        self.assertLess(seconds, 0.3 * PATIENCE)


class OpenLanes(ServiceTest):
    def test_pages_answer_in_milliseconds_while_work_is_refused(self):
        server = self.start(drill(limit=2, capacity=4, wait="100ms",
                                  config={"pools": {"drill": {"workers": 2}}}))
        calls = [Call(hammer, server.public, "/v1/drill?cpu_ms=20", 250) for _ in range(8)]
        took, previous = collections.defaultdict(list), None
        while any(call.is_alive() for call in calls) and len(took["/metrics"]) < 60:
            for target in ("/healthz", "/readyz", "/metrics"):
                seconds, response = elapsed(server.get, target)
                self.assertEqual(response.status, 200)
                took[target].append(seconds)
            metrics = server.scrape()   # checks the balance
            received = metrics.value("requests_received_total", route="/v1/drill")
            self.assertGreaterEqual(received, previous or 0)
            previous = received
        for call in calls:
            call.result(60)
        self.assertGreaterEqual(len(took["/metrics"]), 5)
        for target, seconds in took.items():
            # The generator shares the CPUs with the service here; loadtest/ measures this properly.
            self.assertLess(sorted(seconds)[len(seconds) // 2], 0.1 * PATIENCE, target)

    def test_limiters_of_their_own_are_bulkheads(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 1000)
        self.assertEqual(server.get("/v1/drill").status, 503)
        image = png(20, 20, b"\0" * 21 * 20)
        response = server.connect().request("POST", "/v1/resize?width=10", body=image)
        self.assertEqual(response.status, 200)

    def test_routes_of_one_limiter_share_its_places(self):
        route = {"methods": ["GET"], "handler": "drill", "limiter": "shared", "pool": "drill",
                 "deadline": "5s"}
        server = self.start(merged(
            {"limiters": {"shared": limiter(1, 0)}},
            {"routes": [{"path": "/a", **route}, {"path": "/b", **route}]}))
        server.hold(1, 800, target="/a", limiter_name="shared")
        self.assert_refused(server.get("/b"), "queue_full")
        metrics = server.scrape()
        self.assertEqual(metrics.value("requests_rejected_total", route="/b", reason="queue_full"), 1)
        self.assertEqual(metrics.label_values("limit", "limiter"), {"shared"})


if __name__ == "__main__":
    unittest.main()
