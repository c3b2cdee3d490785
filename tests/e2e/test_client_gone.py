"""Clients that leave: in the queue, in work, in the middle of a body, politely and not."""

import unittest

from harness import ServiceTest, drill
from http_client import encode_request

ROUTE = {"route": "/v1/drill"}


class InTheQueue(ServiceTest):
    def leave(self, how):
        server = self.start(drill(limit=1, capacity=2, wait="10s"))
        (holder,) = server.hold(1, 8000)
        first, second = server.enqueue(2)
        self.assert_refused(server.get("/v1/drill"), "queue_full")
        how(first)
        server.await_value(1, "queue_depth", within=2, limiter="drill")
        server.await_value(1, "requests_dropped_total", reason="client_gone", **ROUTE)
        server.enqueue(1)   # the place is free again
        holder.close()
        self.assertEqual(second.response().status, 200)   # and the one behind moves up
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_finished_total", ending="client_gone", **ROUTE), 1)
        self.assertEqual(metrics.value("requests_finished_total", ending="ok", **ROUTE), 2)

    def test_a_fin_frees_the_ticket_at_once(self):
        self.leave(lambda client: client.fin())

    def test_a_close_frees_the_ticket_at_once(self):
        self.leave(lambda client: client.close())

    def test_a_reset_frees_the_ticket_at_once(self):
        self.leave(lambda client: client.reset())

    def test_a_fin_is_seen_behind_a_pipelined_request(self):
        server = self.start(drill(limit=1, capacity=2, wait="10s"))
        server.hold(1, 8000)
        client = server.connect()
        client.send(encode_request("GET", "/v1/drill") + encode_request("GET", "/healthz"))
        server.await_value(1, "queue_depth", limiter="drill")
        client.fin()
        server.await_value(0, "queue_depth", within=2, limiter="drill")
        server.await_value(1, "requests_dropped_total", reason="client_gone", **ROUTE)


class InWork(ServiceTest):
    def leave(self, how, target="/v1/drill?sleep_ms=9000"):
        server = self.start(drill(limit=1, capacity=2, wait="10s"))
        client = server.connect()
        client.start("GET", target)
        server.await_value(1, "in_flight", limiter="drill")
        how(client)
        server.await_value(0, "in_flight", within=2, limiter="drill")   # long before the job's end
        server.await_value(0, "pool_in_flight", within=2, pool="drill")
        server.await_value(1, "requests_finished_total", ending="client_gone", **ROUTE)
        self.assertEqual(server.get("/v1/drill").status, 200)

    def test_a_fin_stops_a_sleeping_job(self):
        self.leave(lambda client: client.fin())

    def test_a_reset_stops_a_sleeping_job(self):
        self.leave(lambda client: client.reset())

    def test_a_close_stops_a_burning_job(self):
        self.leave(lambda client: client.close(), "/v1/drill?cpu_ms=9000")

    def test_a_fin_is_seen_behind_a_pipelined_request(self):
        server = self.start(drill(limit=1, capacity=2, wait="10s"))
        client = server.connect()
        client.send(encode_request("GET", "/v1/drill?sleep_ms=9000") + encode_request("GET", "/healthz"))
        server.await_value(1, "in_flight", limiter="drill")
        client.fin()
        server.await_value(0, "in_flight", within=2, limiter="drill")
        server.await_value(1, "requests_finished_total", ending="client_gone", **ROUTE)

    def test_a_fin_with_a_full_buffer_behind_it_is_seen(self):
        server = self.start(drill(limit=1, capacity=2, wait="10s"))
        client = server.connect()
        client.send(encode_request("GET", "/v1/drill?sleep_ms=9000")
                    + encode_request("GET", "/healthz", {"X-Padding": "p" * 4000}) * 8)
        server.await_value(1, "in_flight", limiter="drill")
        client.fin()
        server.await_value(0, "in_flight", within=3, limiter="drill")
        server.await_value(1, "requests_finished_total", ending="client_gone", **ROUTE)


class WhileUploading(ServiceTest):
    def test_a_client_that_leaves_midway_is_dropped_and_its_memory_freed(self):
        for how in ("fin", "reset"):
            with self.subTest(how=how):
                server = self.start()
                client = server.connect()
                client.start("POST", "/v1/resize?width=5", {"Content-Length": "100000"})
                client.send(b"x" * 50_000)
                server.await_value(50_000, "body_memory_bytes")
                self.assertEqual(server.value("in_flight", limiter="resize"), 0)
                getattr(client, how)()
                server.await_value(0, "body_memory_bytes")
                server.await_value(1, "requests_dropped_total", route="/v1/resize", reason="client_gone")


class HalfClosed(ServiceTest):
    def test_what_needs_no_waiting_is_answered_after_a_fin(self):
        server = self.start()
        client = server.connect()
        client.send(encode_request("GET", "/healthz") + encode_request("GET", "/nowhere"))
        client.fin()
        self.assertEqual(client.response().status, 200)
        self.assertEqual(client.response().status, 404)
        self.assertTrue(client.is_closed())

    def test_a_refusal_needs_no_waiting(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 600)
        client = server.connect()
        client.send(encode_request("GET", "/v1/drill"))
        client.fin()
        self.assert_refused(client.response(), "queue_full")

    def test_with_half_close_a_fin_keeps_its_place_in_work_and_in_the_queue(self):
        server = self.start(drill(limit=1, capacity=2, wait="10s", config={"server": {"half_close": True}}))
        (holder,) = server.hold(1, 500)
        (waiter,) = server.enqueue(1)
        holder.fin()
        waiter.fin()
        self.assertEqual(holder.response().status, 200)
        self.assertEqual(waiter.response().status, 200)
        self.assertTrue(holder.is_closed())
        metrics = server.settle()
        self.assertEqual(metrics.sum("requests_dropped_total"), 0)
        self.assertEqual(metrics.value("requests_finished_total", ending="ok", **ROUTE), 2)

    def test_with_half_close_a_reset_still_frees_the_place(self):
        server = self.start(drill(limit=1, capacity=2, wait="10s", config={"server": {"half_close": True}}))
        (holder,) = server.hold(1, 8000)
        (waiter,) = server.enqueue(1)
        waiter.reset()
        server.await_value(0, "queue_depth", within=2, limiter="drill")
        holder.reset()
        server.await_value(0, "in_flight", within=2, limiter="drill")


if __name__ == "__main__":
    unittest.main()
