"""Golden paths of the pages and of drill, and what every response carries."""

import email.utils
import json
import shutil
import subprocess
import time
import unittest

from harness import ServiceTest, drill, elapsed, eventually
from http_client import chunked

ROUTES = ("/v1/resize", "/v1/drill")
REJECT_REASONS = {"queue_full", "wait_timeout", "deadline", "shed", "draining", "ingest_full",
                  "egress_full", "rate_limited", "body_too_large", "body_timeout", "bad_request"}
ENDINGS = {"ok", "client_error", "error", "deadline", "client_gone", "drain_cut"}
FAMILIES = {
    "requests_received_total": "counter", "requests_accepted_total": "counter",
    "requests_rejected_total": "counter", "requests_dropped_total": "counter",
    "requests_finished_total": "counter", "requests_pending": "gauge",
    "responses_total": "counter", "request_duration_seconds": "histogram",
    "admission_wait_seconds": "histogram", "service_duration_seconds": "histogram",
    "limit": "gauge", "in_flight": "gauge", "queue_depth": "gauge", "queue_capacity": "gauge",
    "pool_submitted_total": "counter", "pool_queue_depth": "gauge", "pool_in_flight": "gauge",
    "pool_workers": "gauge", "pool_submit_wait_seconds": "histogram",
    "connections": "gauge", "connections_max": "gauge",
    "connections_accepted_total": "counter", "connections_refused_total": "counter",
    "http_errors_total": "counter",
    "body_memory_bytes": "gauge", "body_memory_max_bytes": "gauge",
    "response_memory_bytes": "gauge", "response_memory_max_bytes": "gauge",
    "log_messages_dropped_total": "counter", "draining": "gauge", "build_info": "gauge",
}


class Pages(ServiceTest):
    def test_the_index_says_what_can_be_called(self):
        server = self.start()
        response = server.connect().get("/")
        self.assertEqual(response.status, 200)
        self.assertRegex(response.header("content-type"), r"\Atext/(plain|html)")
        for path in (b"/v1/resize", b"/v1/drill", b"/healthz", b"/metrics"):
            self.assertIn(path, response.body)
        self.assert_signed(response)

    def test_health_and_readiness_answer_on_both_listeners_whatever_the_query(self):
        server = self.start()
        for address in (server.public, server.control):
            for target in ("/healthz", "/healthz?a=b&c", "/readyz", "/readyz?x=%20"):
                with self.subTest(address=address, target=target):
                    response = server.get(target, address)
                    self.assertEqual(response.status, 200)
                    self.assert_signed(response)

    def test_head_of_a_page_is_its_get_without_the_body(self):
        server = self.start()
        client = server.connect()
        for target in ("/", "/healthz", "/readyz"):
            with self.subTest(target=target):
                get, head = client.get(target), client.request("HEAD", target)
                self.assertEqual(head.status, 200)
                self.assertEqual(head.body, b"")
                self.assertEqual(head.header("content-type"), get.header("content-type"))
                self.assertEqual(head.header("content-length"), get.header("content-length"))
        self.assertEqual(client.request("HEAD", "/metrics").status, 200)
        self.assertEqual(client.get("/healthz").status, 200)

    def test_pages_left_off_the_public_listener_answer_on_control_alone(self):
        server = self.start({"control": {"public": ["healthz"]}})
        self.assertEqual(server.get("/healthz").status, 200)
        self.assertEqual(server.get("/metrics").status, 404)
        self.assertEqual(server.get("/readyz").status, 404)
        self.assertEqual(server.get("/metrics", server.control).status, 200)
        self.assertEqual(server.get("/readyz", server.control).status, 200)

    def test_work_is_not_served_on_the_control_listener(self):
        server = self.start()
        self.assertEqual(server.get("/v1/drill", server.control).status, 404)

    def test_the_service_works_with_control_off(self):
        server = self.start({"control": {"listen": ""}})
        self.assertEqual(server.get("/healthz").status, 200)
        self.assertEqual(server.get("/v1/drill").status, 200)

    def test_every_configured_public_address_is_served(self):
        server = self.start({"server": {"listen": ["127.0.0.1:0", "127.0.0.1:0"]}})
        self.assertEqual(len(set(server.publics)), 2)
        for address in server.publics:
            self.assertEqual(server.get("/v1/drill", address).status, 200)


class Metrics(ServiceTest):
    def test_every_series_is_there_from_the_start_at_zero(self):
        server = self.start()
        metrics = server.scrape()
        for name, kind in FAMILIES.items():
            self.assertEqual(metrics.types.get("spillway_" + name), kind, name)
        for route in ROUTES:
            self.assertEqual(metrics.value("requests_received_total", route=route), 0)
            self.assertEqual(metrics.value("requests_accepted_total", route=route), 0)
            self.assertEqual(metrics.value("requests_pending", route=route), 0)
            for reason in REJECT_REASONS:
                self.assertEqual(metrics.value("requests_rejected_total", route=route, reason=reason), 0)
            for reason in ("client_gone", "drain_cut"):
                self.assertEqual(metrics.value("requests_dropped_total", route=route, reason=reason), 0)
            for ending in ENDINGS:
                self.assertEqual(metrics.value("requests_finished_total", route=route, ending=ending), 0)
        for name in ("resize", "drill"):
            self.assertEqual(metrics.value("in_flight", limiter=name), 0)
            self.assertEqual(metrics.value("queue_capacity", limiter=name), 64)
            self.assertEqual(metrics.value("admission_wait_seconds_count", limiter=name), 0)
        self.assertEqual(metrics.value("limit", limiter="drill"), 16)
        self.assertEqual(metrics.value("pool_workers", pool="drill"), 16)
        self.assertGreaterEqual(metrics.value("pool_workers", pool="cpu"), 1)
        for result in ("accepted", "rejected", "dropped"):
            self.assertEqual(metrics.value("pool_submitted_total", pool="drill", result=result), 0)
        self.assertEqual(metrics.value("connections_max", listener="public"), 10000)
        self.assertEqual(metrics.value("body_memory_max_bytes"), 256 << 20)
        self.assertEqual(metrics.value("response_memory_max_bytes"), 256 << 20)
        self.assertEqual(metrics.value("draining"), 0)
        ((labels, one),) = metrics.matching("build_info").items()
        self.assertEqual(one, 1)
        self.assertEqual({k for k, _ in labels}, {"version", "compiler", "boost"})
        self.assertGreater(metrics.value("process_resident_memory_bytes"), 0)

    def test_pages_count_under_their_own_path_and_not_as_requests(self):
        server = self.start()
        for _ in range(3):
            self.assertEqual(server.get("/healthz").status, 200)
        server.await_value(3, "responses_total", route="/healthz", code="200")
        metrics = server.scrape()
        self.assertEqual(metrics.value("request_duration_seconds_count", route="/healthz"), 3)
        self.assertEqual(metrics.label_values("requests_received_total", "route"), set(ROUTES))

    def test_an_unknown_path_makes_no_label(self):
        server = self.start()
        self.assertEqual(server.get("/secret-path-7").status, 404)
        response = server.get("/metrics", server.control)
        self.assertNotIn(b"secret-path-7", response.body)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed (Debian: prometheus)")
    def test_promtool_finds_nothing_to_say(self):
        server = self.start()
        server.get("/v1/drill?bytes=10")
        server.get("/v1/drill?fail=1")
        server.get("/nowhere")
        response = server.get("/metrics")
        self.assertRegex(response.header("content-type"), r"\Atext/plain; version=0\.0\.4")
        check = subprocess.run(["promtool", "check", "metrics"], input=response.body,
                               capture_output=True, timeout=30, check=False)
        said = (check.stdout + check.stderr).decode()
        ours = [line for line in said.splitlines() if "spillway_" in line]
        self.assertEqual((check.returncode, ours), (0, []), said)


class Drill(ServiceTest):
    def test_without_parameters_it_says_what_was_done(self):
        server = self.start()
        response = server.connect().get("/v1/drill")
        self.assertEqual(response.status, 200)
        self.assertRegex(response.header("content-type"), r"\Aapplication/json")
        self.assertEqual(response.json()["body_bytes"], 0)
        self.assert_signed(response)

    def test_a_body_is_read_and_counted_however_it_is_framed(self):
        server = self.start()
        client = server.connect()
        for size in (0, 1, 1000, 300_000):
            body = b"x" * size
            with self.subTest(size=size, framing="length"):
                self.assertEqual(client.request("POST", "/v1/drill", body=body).json()["body_bytes"], size)
            with self.subTest(size=size, framing="chunked"):
                client.start("POST", "/v1/drill", {"Transfer-Encoding": "chunked"})
                client.send(chunked(body[:7], body[7:]))
                self.assertEqual(client.response().json()["body_bytes"], size)

    def test_bytes_gives_a_body_of_that_size(self):
        server = self.start()
        client = server.connect()
        for size in (0, 1, 100_000, 10 << 20):
            with self.subTest(size=size):
                response = client.get(f"/v1/drill?bytes={size}")
                self.assertEqual((response.status, len(response.body)), (200, size))

    def test_sleep_ms_takes_that_long_and_no_cpu(self):
        server = self.start()
        before = server.cpu_seconds()
        seconds, response = elapsed(server.get, "/v1/drill?sleep_ms=300")
        self.assertEqual(response.status, 200)
        self.assertGreaterEqual(seconds, 0.3)
        self.assertLess(server.cpu_seconds() - before, 0.2)

    def test_cpu_ms_burns_that_much_cpu(self):
        server = self.start()
        before = server.cpu_seconds()
        seconds, response = elapsed(server.get, "/v1/drill?cpu_ms=200")
        self.assertEqual(response.status, 200)
        self.assertGreaterEqual(seconds, 0.15)
        self.assertGreaterEqual(server.cpu_seconds() - before, 0.12)

    def test_head_is_counted_as_get_and_has_no_body(self):
        server = self.start()
        client = server.connect()
        response = client.request("HEAD", "/v1/drill?bytes=5000")
        self.assertEqual((response.status, response.body), (200, b""))
        self.assertEqual(len(client.get("/v1/drill?bytes=3").body), 3)
        server.await_value(2, "requests_finished_total", route="/v1/drill", ending="ok")

    def test_a_failing_handler_costs_its_request_and_nothing_else(self):
        server = self.start(drill(limit=1, capacity=0))
        client = server.connect()
        for _ in range(5):
            response = client.get("/v1/drill?fail=1")
            self.assertEqual(response.status, 500)
            self.assert_signed(response)
            server.await_value(0, "in_flight", limiter="drill")
        self.assertEqual(client.get("/v1/drill?fail=0").status, 200)
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_finished_total", route="/v1/drill", ending="error"), 5)
        self.assertEqual(metrics.value("requests_finished_total", route="/v1/drill", ending="ok"), 1)
        self.assertEqual(metrics.value("responses_total", route="/v1/drill", code="500"), 5)

    def test_an_admitted_reply_says_what_it_waited_and_what_it_took(self):
        server = self.start()
        response = server.get("/v1/drill?sleep_ms=50")
        self.assertRegex(response.header("server-timing"),
                         r"\Await;dur=[0-9]+(\.[0-9]+)?, service;dur=[0-9]+(\.[0-9]+)?\Z")
        timing = dict(part.split(";dur=") for part in response.header("server-timing").split(", "))
        self.assertLess(float(timing["wait"]), 50)
        self.assertGreaterEqual(float(timing["service"]), 50)
        self.assertEqual(response.header("x-inflight"), "1")


class CommonHeaders(ServiceTest):
    def test_the_date_is_now(self):
        server = self.start()
        for _ in range(2):
            date = email.utils.parsedate_to_datetime(server.get("/healthz").header("date"))
            self.assertLess(abs(date.timestamp() - time.time()), 2.5)

    def test_a_sane_request_id_is_echoed(self):
        server = self.start()
        client = server.connect()
        for target in ("/healthz", "/v1/drill", "/nowhere", "/v1/drill?fail=1"):
            with self.subTest(target=target):
                self.assertEqual(client.get(target, X_Request_Id="abc-DEF_1.2").header("x-request-id"),
                                 "abc-DEF_1.2")

    def test_an_insane_or_missing_request_id_is_replaced_by_a_unique_one(self):
        server = self.start()
        client = server.connect()
        seen = set()
        for sent in (None, "", "x" * 2000, 'a"b<script>', "two words"):
            for target in ("/healthz", "/v1/drill"):
                with self.subTest(sent=(sent or "")[:20], target=target):
                    got = client.request("GET", target, {"X-Request-Id": sent}).header("x-request-id")
                    self.assertRegex(got, r"\A[0-9A-Za-z._-]{8,64}\Z")
                    seen.add(got)
        self.assertEqual(len(seen), 10)

    def test_access_log_entries_carry_the_request_id(self):
        server = self.start({"log": {"access": "all"}})
        server.get("/v1/drill", X_Request_Id="find-me-in-the-log")
        entry = eventually(lambda: server.logged(lambda e: "find-me-in-the-log" in json.dumps(e)),
                           what="an access log entry")
        self.assertEqual(len(entry), 1)


if __name__ == "__main__":
    unittest.main()
