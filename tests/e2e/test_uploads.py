"""Bodies and replies: slow ones, many ones, large ones, and the budgets that bound them."""

import select
import time
import unittest

from harness import PATIENCE, ServiceTest, drill, elapsed, eventually
from http_client import chunked

ROUTE = {"route": "/v1/drill"}


def begin_upload(server, length=100_000, sent=1000, target="/v1/drill", **headers):
    client = server.connect()
    client.start("POST", target, {"Content-Length": str(length), **headers})
    client.send(b"x" * sent)
    return client


class SlowUploads(ServiceTest):
    def test_a_slow_upload_holds_no_permit_and_healthy_traffic_goes_on(self):
        server = self.start(drill(limit=1, capacity=0))
        slow = [begin_upload(server, length=10, sent=3) for _ in range(20)]
        server.await_value(20, "requests_pending", **ROUTE)
        healthy = server.connect()
        for _ in range(100):
            self.assertEqual(healthy.get("/v1/drill").status, 200)
        self.assertEqual(server.value("in_flight", limiter="drill"), 0)
        for client in slow:   # one after the other: each takes the one permit
            client.send(b"x" * 7)
            self.assertEqual(client.response().json()["body_bytes"], 10)

    def test_a_body_that_takes_too_long_is_408_and_closed(self):
        server = self.start({"server": {"body_timeout": "500ms"}})
        client = begin_upload(server)
        took, response = elapsed(client.response)
        self.assertEqual(response.status, 408)
        self.assertGreaterEqual(took, 0.4)
        self.assertLess(took, 1.5 * PATIENCE)
        self.assertTrue(response.says_close)
        self.assertTrue(client.is_closed())
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_rejected_total", reason="body_timeout", **ROUTE), 1)
        self.assertEqual(metrics.value("requests_accepted_total", **ROUTE), 0)

    def test_a_trickle_below_body_rate_min_is_408_after_the_grace(self):
        server = self.start({"server": {"body_rate_min": "100KiB"}})
        client = begin_upload(server, length=5_000_000, sent=1000)
        begin = time.monotonic()
        # A hundred bytes each tenth of a second, until the service has something to say.
        while not select.select([client.socket], [], [], 0.1)[0]:
            client.send(b"y" * 100)
            self.assertLess(time.monotonic() - begin, 9 * PATIENCE)
        took = time.monotonic() - begin
        self.assertGreaterEqual(took, 4.5)
        self.assertLess(took, 8 * PATIENCE)
        self.assertEqual(client.response().status, 408)
        server.await_value(1, "requests_rejected_total", reason="body_timeout", **ROUTE)


class UploadSlots(ServiceTest):
    def test_a_young_upload_keeps_its_slot_and_the_newcomer_gets_503(self):
        server = self.start(drill(uploads_max=1))
        first = begin_upload(server, length=10, sent=3)
        server.await_value(1, "requests_pending", **ROUTE)
        self.assert_refused(begin_upload(server, length=10, sent=0).response(), "ingest_full")
        first.send(b"x" * 7)
        self.assertEqual(first.response().status, 200)
        self.assertEqual(server.connect().request("POST", "/v1/drill", body=b"12").status, 200)

    def test_a_slow_upload_past_one_second_makes_room(self):
        server = self.start(drill(uploads_max=2))
        slow = begin_upload(server, length=1_000_000, sent=10)
        server.await_value(1, "requests_pending", **ROUTE)
        fast = begin_upload(server, length=1_000_000, sent=500_000)
        server.await_value(2, "requests_pending", **ROUTE)
        begin = time.monotonic()
        eventually(lambda: time.monotonic() - begin > 1.2, what="both are past 1 s of age")
        newcomer = server.connect()
        self.assertEqual(newcomer.request("POST", "/v1/drill", body=b"12").status, 200)
        self.assertEqual(slow.response().status, 408)
        self.assertTrue(slow.is_closed())
        fast.send(b"x" * 500_000)
        self.assertEqual(fast.response().json()["body_bytes"], 1_000_000)
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_rejected_total", reason="body_timeout", **ROUTE), 1)

    def test_requests_without_a_body_need_no_slot(self):
        server = self.start(drill(uploads_max=1))
        begin_upload(server, length=10, sent=3)
        server.await_value(1, "requests_pending", **ROUTE)
        self.assertEqual(server.get("/v1/drill").status, 200)

    def test_a_slot_is_free_again_when_its_client_leaves(self):
        server = self.start(drill(uploads_max=1))
        begin_upload(server, length=10, sent=3).close()
        server.await_value(1, "requests_dropped_total", reason="client_gone", **ROUTE)
        self.assertEqual(server.connect().request("POST", "/v1/drill", body=b"12").status, 200)


class BodyMemory(ServiceTest):
    def test_a_body_that_finds_the_budget_empty_midway_is_503_and_closed(self):
        server = self.start({"server": {"body_memory_max": "1MiB"}})
        first = begin_upload(server, 2_000_000, 1_000_000, "/v1/resize?width=5")
        server.await_value(1_000_000, "body_memory_bytes")
        second = begin_upload(server, 200_000, 0, "/v1/resize?width=5")
        second.send(b"x" * 100_000)
        response = second.response()
        self.assert_refused(response, "ingest_full")
        self.assertTrue(response.says_close)
        server.await_value(1_000_000, "body_memory_bytes")
        self.assertEqual(server.get("/v1/drill").status, 200)
        # drill holds no body: it is not bound by the budget
        self.assertEqual(server.connect().request("POST", "/v1/drill", body=b"x" * 200_000).status, 200)
        first.close()
        server.await_value(0, "body_memory_bytes")

    def test_memory_is_charged_by_what_came_not_by_what_was_promised(self):
        server = self.start({"server": {"body_memory_max": "1MiB"}})
        promised = [begin_upload(server, 900_000, 100, "/v1/resize?width=5") for _ in range(8)]
        server.await_value(800, "body_memory_bytes")
        for client in promised:
            client.close()
        server.await_value(0, "body_memory_bytes")
        self.assertEqual(server.value("requests_rejected_total", route="/v1/resize", reason="ingest_full"), 0)


class BodyTooLarge(ServiceTest):
    def setUp(self):
        self.server = self.start(drill(body_bytes_max="64KiB"))

    def too_large(self):
        return self.server.value("requests_rejected_total", reason="body_too_large", **ROUTE)

    def test_by_length_it_is_refused_before_it_is_read(self):
        client = self.server.connect()
        client.start("POST", "/v1/drill", {"Content-Length": str(65537)})
        self.assertEqual(client.response().status, 413)   # not a byte of it was sent
        self.assertEqual(self.too_large(), 1)
        self.assertEqual(self.server.connect().request("POST", "/v1/drill", body=b"x" * 65536).status, 200)

    def test_an_absurd_length_is_refused_too(self):
        client = self.server.connect()
        client.start("POST", "/v1/drill", {"Content-Length": "9" * 18})
        self.assertEqual(client.response().status, 413)

    def test_by_chunks_it_is_refused_as_soon_as_it_is_over(self):
        client = self.server.connect()
        client.start("POST", "/v1/drill", {"Transfer-Encoding": "chunked"})
        client.send(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
        client.send(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
        client.send(b"1\r\n")
        client.send(b"x")
        response = client.response()   # the last chunk never came
        self.assertEqual(response.status, 413)
        self.assertTrue(response.says_close)
        self.assertTrue(client.is_closed())
        self.assertEqual(self.too_large(), 1)

    def test_by_chunks_the_cap_itself_is_allowed(self):
        client = self.server.connect()
        client.start("POST", "/v1/drill", {"Transfer-Encoding": "chunked"})
        client.send(chunked(b"x" * 0x8000, b"y" * 0x8000))
        self.assertEqual(client.response().json()["body_bytes"], 65536)


class ResponseMemory(ServiceTest):
    def test_slow_readers_fill_their_budget_and_new_work_is_refused(self):
        server = self.start({"server": {"response_memory_max": "256KiB"}})
        readers = []
        refusal = None
        while refusal is None and len(readers) < 40:
            reader = server.connect(receive_buffer=4096)
            reader.start("GET", "/v1/drill?bytes=10485760")
            head = reader.head()
            if head.status == 503:
                head.body = reader.read_body(head)
                refusal = head
                break
            readers.append(reader)
            server.await_value(0, "in_flight", limiter="drill")   # no permit while they read slowly
        self.assertIsNotNone(refusal, f"{len(readers)} slow readers and no refusal")
        self.assert_refused(refusal, "egress_full")
        self.assertGreater(len(readers), 0)
        held = server.value("response_memory_bytes")
        self.assertGreater(held, 0)
        self.assertLess(held, 4 << 20)
        self.assertEqual(server.get("/healthz").status, 200)
        for reader in readers:
            reader.close()
        server.await_value(0, "response_memory_bytes")
        self.assertEqual(server.get("/v1/drill?bytes=1000").status, 200)

    def test_a_slow_reader_gets_every_byte_in_the_end(self):
        server = self.start()
        client = server.connect(receive_buffer=4096)
        client.start("GET", "/v1/drill?bytes=3000000")
        self.assertEqual(len(client.response().body), 3_000_000)
        server.await_value(0, "response_memory_bytes")


if __name__ == "__main__":
    unittest.main()
