"""Deadlines end to end: the route's, the caller's, before the grant (503) and after it (504)."""

import unittest

from harness import PATIENCE, ServiceTest, drill, elapsed
from http_client import ConnectionLost


class AfterTheGrant(ServiceTest):
    def expect_504(self, server, seconds, target="/v1/drill?sleep_ms=5000", **headers):
        took, response = elapsed(server.get, target, **headers)
        self.assertEqual(response.status, 504, response)
        self.assertGreaterEqual(took, seconds - 0.01)
        self.assertLess(took, (seconds + 0.25) * PATIENCE)
        self.assert_signed(response)
        server.await_value(0, "in_flight", within=2, limiter="drill")   # the job stopped early
        return response

    def test_the_route_s_deadline_is_a_504_on_time_and_the_permit_comes_back(self):
        server = self.start(drill(limit=1, capacity=0, deadline="400ms"))
        self.expect_504(server, 0.4)
        self.expect_504(server, 0.4, target="/v1/drill?cpu_ms=5000")
        self.assertEqual(server.get("/v1/drill").status, 200)
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_finished_total", route="/v1/drill", ending="deadline"), 2)
        self.assertEqual(metrics.value("responses_total", route="/v1/drill", code="504"), 2)

    def test_the_caller_s_request_timeout_is_honoured(self):
        server = self.start(drill(limit=1, capacity=0))
        self.expect_504(server, 0.3, Request_Timeout="0.3")

    def test_prefer_wait_is_honoured_likewise(self):
        server = self.start(drill(limit=1, capacity=0))
        self.expect_504(server, 1.0, Prefer="wait=1")

    def test_a_caller_cannot_lengthen_the_route_s_deadline(self):
        server = self.start(drill(limit=1, capacity=0, deadline="300ms"))
        self.expect_504(server, 0.3, Request_Timeout="10")

    def test_the_connection_survives_a_504(self):
        server = self.start(drill(limit=1, capacity=0, deadline="200ms"))
        client = server.connect()
        self.assertEqual(client.get("/v1/drill?sleep_ms=3000").status, 504)
        server.await_value(0, "in_flight", limiter="drill")
        self.assertEqual(client.get("/v1/drill").status, 200)

    def test_the_deadline_runs_from_the_end_of_the_body(self):
        server = self.start(drill(limit=1, capacity=0, deadline="500ms"))
        client = server.connect()
        client.start("POST", "/v1/drill?sleep_ms=100", {"Content-Length": "3"})
        client.send(b"a")
        server.await_value(1, "requests_pending", route="/v1/drill")
        self.assertFalse(client.is_closed(0.6))   # longer than the deadline
        client.send(b"bc")
        self.assertEqual(client.response().status, 200)


class BeforeTheGrant(ServiceTest):
    def test_a_deadline_that_passes_in_the_queue_is_a_503(self):
        server = self.start(drill(limit=1, capacity=4, wait="5s"))
        server.hold(1, 3000)
        took, response = elapsed(server.get, "/v1/drill", Request_Timeout="0.4")
        self.assert_refused(response, "deadline")
        self.assertGreaterEqual(took, 0.35)
        self.assertLess(took, 0.65 * PATIENCE)
        server.await_value(0, "queue_depth", limiter="drill")

    def test_the_earlier_of_wait_timeout_and_deadline_names_the_reason(self):
        server = self.start(drill(limit=1, capacity=4, wait="300ms"))
        server.hold(1, 3000)
        self.assert_refused(server.get("/v1/drill", Request_Timeout="2"), "wait_timeout")
        self.assert_refused(server.get("/v1/drill", Request_Timeout="0.15"), "deadline")

    def test_a_hopeless_deadline_is_refused_at_once(self):
        server = self.start(drill(limit=1, capacity=4, wait="5s"))
        for _ in range(6):   # the usual service time becomes known: 300 ms
            self.assertEqual(server.get("/v1/drill?sleep_ms=300").status, 200)
        took, response = elapsed(server.get, "/v1/drill?sleep_ms=300", Request_Timeout="0.1")
        self.assert_refused(response, "deadline")
        self.assertLess(took, 0.08 * PATIENCE)
        self.assertEqual(server.get("/v1/drill?sleep_ms=300", Request_Timeout="5").status, 200)
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_rejected_total", route="/v1/drill", reason="deadline"), 1)


class TheBody(ServiceTest):
    def test_the_caller_s_timeout_bounds_the_body_too(self):
        server = self.start()
        client = server.connect()
        client.start("POST", "/v1/drill", {"Content-Length": "10", "Request-Timeout": "0.4"})
        client.send(b"12345")
        took, response = elapsed(client.response, "POST")
        self.assertEqual(response.status, 408)
        self.assertGreaterEqual(took, 0.3)
        self.assertLess(took, 1.2 * PATIENCE)
        self.assertTrue(client.is_closed())
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_rejected_total", route="/v1/drill",
                                       reason="body_timeout"), 1)


class TheWrite(ServiceTest):
    def test_a_reader_that_stops_is_cut_at_the_write_timeout(self):
        server = self.start({"server": {"write_timeout": "600ms"}})
        client = server.connect(receive_buffer=4096)
        client.start("GET", "/v1/drill?bytes=10485760")
        server.await_value(lambda v: v > 0, "response_memory_bytes")
        server.await_value(0, "in_flight", limiter="drill")   # a slow reader costs no slot
        server.await_value(0, "response_memory_bytes", within=5)
        server.await_value(0, "connections", listener="public")
        with self.assertRaises(ConnectionLost):
            client.response()


if __name__ == "__main__":
    unittest.main()
