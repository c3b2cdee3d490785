"""The bad-input table: each gets its answer, and the client beside it notices nothing."""

import threading
import unittest

from harness import PATIENCE, ServiceTest, drill, elapsed, eventually
from http_client import Client, encode_request

HOST = b"Host: e2e.test\r\n"
GET = b"GET /v1/drill HTTP/1.1\r\n"
POST = b"POST /v1/drill HTTP/1.1\r\n" + HOST

MALFORMED = {
    "no version": b"GET /v1/drill\r\n" + HOST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "two spaces": b"GET  /v1/drill HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in the target": b"GET /v1/ drill HTTP/1.1\r\n" + HOST + b"\r\n",
    "method not a token": b"G@T /v1/drill HTTP/1.1\r\n" + HOST + b"\r\n",
    "control byte in the target": b"GET /v1/dr\x01ill HTTP/1.1\r\n" + HOST + b"\r\n",
    "version not a version": b"GET /v1/drill HTTQ/1.1\r\n" + HOST + b"\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x11" * 64 + b"\r\n\r\n",
    "bare LF": b"GET /v1/drill HTTP/1.1\nHost: e2e.test\n\n",
    "bare LF in the header": GET + b"Host: e2e.test\nX: y\r\n\r\n",
    "bare CR in a value": GET + HOST + b"X: a\rb\r\n\r\n",
    "NUL in a value": GET + HOST + b"X: a\0b\r\n\r\n",
    "NUL in a name": GET + HOST + b"X\0: ab\r\n\r\n",
    "control byte in a value": GET + HOST + b"X: a\x07b\r\n\r\n",
    "name not a token": GET + HOST + b"X(y): z\r\n\r\n",
    "empty name": GET + HOST + b": z\r\n\r\n",
    "no colon": GET + HOST + b"nonsense\r\n\r\n",
    "space before the colon": GET + HOST + b"X : y\r\n\r\n",
    "obs-fold": GET + HOST + b"X: a\r\n b\r\n\r\n",
    "obs-fold with a tab": GET + HOST + b"X: a\r\n\tb\r\n\r\n",
    "a fold before the first field": GET + b" X: a\r\n" + HOST + b"\r\n",
    "no Host": GET + b"\r\n",
    "two Hosts": GET + HOST + HOST + b"\r\n",
    "two different Hosts": GET + HOST + b"Host: other.test\r\n\r\n",
    "Host not a host": GET + b"Host: a b\r\n\r\n",
    "Host with a path": GET + b"Host: e2e.test/x\r\n\r\n",
    "length and coding": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "coding in HTTP/1.0": b"POST /v1/drill HTTP/1.0\r\n" + HOST
                          + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked, chunked": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "length not a number": POST + b"Content-Length: five\r\n\r\nhello",
    "negative length": POST + b"Content-Length: -5\r\n\r\nhello",
    "signed length": POST + b"Content-Length: +5\r\n\r\nhello",
    "hexadecimal length": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "empty length": POST + b"Content-Length: \r\n\r\nhello",
    "length past 64 bits": POST + b"Content-Length: 99999999999999999999999\r\n\r\nhello",
}

BAD_CHUNKS = {
    "size not a number": b"zz\r\nhello\r\n0\r\n\r\n",
    "negative size": b"-5\r\nhello\r\n0\r\n\r\n",
    "size past 64 bits": b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "chunk longer than its size": b"3\r\nhello\r\n0\r\n\r\n",
    "no size": b"\r\nhello\r\n0\r\n\r\n",
}


class Healthy(threading.Thread):
    """A well-behaved client on one kept connection, for as long as the tests run."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.client = Client(address, timeout=15 * PATIENCE)
        self.stop = threading.Event()
        self.served, self.problem = 0, None
        self.start()

    def run(self):
        try:
            while not self.stop.wait(0.005):
                response = self.client.get("/v1/drill?bytes=20")
                assert response.status == 200 and len(response.body) == 20, response
                self.served += 1
        except Exception as error:  # reported by the test
            self.problem = error


class BadInput(ServiceTest):
    def setUp(self):
        self.server = self.start()
        self.healthy = Healthy(self.server.public)
        self.addCleanup(self.check_the_healthy_one)

    def check_the_healthy_one(self):
        eventually(lambda: self.healthy.served or self.healthy.problem, what="the healthy client")
        self.healthy.stop.set()
        self.healthy.join(20 * PATIENCE)
        self.healthy.client.close()
        self.assertIsNone(self.healthy.problem)
        self.assertGreater(self.healthy.served, 0)

    def errors(self, status):
        return self.server.scrape().sum("http_errors_total", code=str(status))

    def expect(self, status, data, closed=True):
        """The answer, its count, and the end of the connection."""
        statuses = (status,) if isinstance(status, int) else status
        before = {s: self.errors(s) for s in statuses}
        client = self.server.connect()
        client.send(data)
        response = client.response()
        self.assertIn(response.status, statuses, response)
        self.assert_signed(response)
        if closed:
            self.assertTrue(response.says_close, response)
            self.assertTrue(client.is_closed())
        client.close()
        self.assertEqual(self.errors(response.status), before[response.status] + 1)
        return response

    def test_malformed_requests_are_400_and_closed(self):
        for name, data in MALFORMED.items():
            with self.subTest(name):
                self.expect(400, data)
        metrics = self.server.scrape()
        self.assertEqual(metrics.sum("requests_rejected_total"), 0)

    def test_unknown_codings_are_501_or_400_and_closed(self):
        self.expect(501, POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
        self.expect((400, 501), POST + b"Transfer-Encoding: gzip\r\n\r\nhello")
        self.expect((400, 501), POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")

    def test_another_major_version_is_505_and_closed(self):
        self.expect(505, b"GET /v1/drill HTTP/2.0\r\n" + HOST + b"\r\n")
        self.expect(505, b"GET /v1/drill HTTP/3.1\r\n" + HOST + b"\r\n")

    def test_a_newer_minor_version_is_answered_as_1_1(self):
        client = self.server.connect()
        for minor in b"29":
            client.send(b"GET /v1/drill HTTP/1." + bytes([minor]) + b"\r\n" + HOST + b"\r\n")
            response = client.response()
            self.assertEqual(response.status, 200, response)
            self.assertFalse(response.says_close, response)

    def test_https_in_the_clear_is_421(self):
        self.expect(421, b"GET https://e2e.test/healthz HTTP/1.1\r\n" + HOST + b"\r\n", closed=False)

    def test_a_head_that_is_refused_has_no_body(self):
        for name, data in {"no Host": b"HEAD / HTTP/1.1\r\n\r\n",
                           "another expectation": b"HEAD / HTTP/1.1\r\n" + HOST + b"Expect: much\r\n\r\n",
                           "a target too long": b"HEAD /" + b"x" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
                           "https in the clear": b"HEAD https://e2e.test/ HTTP/1.1\r\n" + HOST
                                                 + b"Connection: close\r\n\r\n"}.items():
            with self.subTest(name):
                client = self.server.connect()
                client.send(data)
                response = client.response("HEAD")
                self.assertGreater(int(response.header("content-length")), 0)
                self.assertTrue(client.is_closed(), "a body")

    def test_the_preface_of_http_2_is_refused(self):
        client = self.server.connect()
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.assertIn(client.response().status, (400, 505))
        self.assertTrue(client.is_closed())

    def test_a_header_too_large_is_431_and_closed(self):
        self.expect(431, encode_request("GET", "/v1/drill", {"X-Large": "x" * 17_000}))
        self.expect(431, encode_request("GET", "/v1/drill", {f"X-{n}": "y" * 40 for n in range(500)}))

    def test_an_endless_header_is_cut_off(self):
        client = self.server.connect()
        client.send(GET + HOST)
        try:
            for _ in range(200):
                client.send(b"X-More: " + b"z" * 1000 + b"\r\n")
        except OSError:
            pass   # the service has had enough
        self.server.await_value(1, "http_errors_total", code="431")

    def test_a_header_just_below_the_bound_is_served(self):
        client = self.server.connect()
        response = client.get("/healthz", X_Large="x" * 15_000)
        self.assertEqual(response.status, 200)

    def test_a_target_too_long_is_414_and_closed(self):
        self.expect(414, encode_request("GET", "/v1/drill?" + "x" * 8200))
        self.assertEqual(self.server.get("/healthz?" + "x" * 8000).status, 200)

    def test_an_unknown_path_is_404(self):
        for target in ("/v1/nothing", "/v1/drill/", "/V1/drill", "/v1/drill%00", "/../etc/passwd",
                       "//", "/v1"):
            with self.subTest(target):
                self.expect(404, encode_request("GET", target), closed=False)

    def test_a_wrong_method_is_405_with_allow(self):
        for method, target, allowed in (("GET", "/v1/resize", {"POST"}), ("HEAD", "/v1/resize", {"POST"}),
                                        ("DELETE", "/v1/drill", {"GET", "HEAD", "POST"}),
                                        ("OPTIONS", "/v1/drill", {"GET", "HEAD", "POST"}),
                                        ("POST", "/healthz", {"GET", "HEAD"}), ("PUT", "/", {"GET", "HEAD"}),
                                        ("POST", "/metrics", {"GET", "HEAD"})):
            with self.subTest(method=method, target=target):
                client = self.server.connect()
                response = client.request(method, target)
                self.assertEqual(response.status, 405, response)
                self.assertEqual(set(response.header("allow").split(", ")), allowed)
                self.assert_signed(response)

    def test_bad_parameters_of_drill_are_named_with_what_is_allowed(self):
        for query, name, allowed in (
                ("cpu_ms=-1", "cpu_ms", "10000"), ("cpu_ms=10001", "cpu_ms", "10000"),
                ("sleep_ms=soon", "sleep_ms", "10000"), ("sleep_ms=1.5", "sleep_ms", "10000"),
                ("bytes=10485761", "bytes", "10"), ("bytes=", "bytes", "10"),
                ("fail=2", "fail", "1"), ("fail=nan", "fail", "1"), ("fail=x", "fail", "1"),
                ("colour=red", "colour", "sleep_ms"), ("cpu_ms=1&cpu_ms=2", "cpu_ms", "")):
            with self.subTest(query):
                response = self.server.get("/v1/drill?" + query)
                self.assertEqual(response.status, 400, response)
                self.assertEqual(response.header("content-type"), "application/problem+json")
                problem = response.json()
                self.assertEqual((problem["status"], problem["reason"]), (400, "bad_request"))
                self.assertIn(name, problem["detail"])
                self.assertIn(allowed, problem["detail"])
        self.server.await_value(11, "requests_rejected_total", route="/v1/drill", reason="bad_request")

    def test_malformed_chunks_are_a_rejected_request_and_closed(self):
        for name, chunks in BAD_CHUNKS.items():
            with self.subTest(name):
                client = self.server.connect()
                client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
                response = client.response()
                self.assertEqual(response.status, 400, response)
                self.assertTrue(client.is_closed())
        self.server.await_value(len(BAD_CHUNKS), "requests_rejected_total", route="/v1/drill",
                                reason="bad_request")

    def test_an_endless_chunk_extension_is_cut_off(self):
        client = self.server.connect()
        client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n5;ext=")
        try:
            for _ in range(200):
                client.send(b"x" * 1000)
        except OSError:
            pass   # the service has had enough
        self.server.await_value(1, "requests_rejected_total", route="/v1/drill", reason="bad_request")

    def test_trailers_are_read_past_and_change_nothing(self):
        client = self.server.connect()
        client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"
                    b"Request-Timeout: 0\r\nX-Request-Id: from-the-trailer\r\n\r\n")
        response = client.response()
        self.assertEqual(response.json()["body_bytes"], 2)
        self.assertNotEqual(response.header("x-request-id"), "from-the-trailer")
        self.assertEqual(client.get("/healthz").status, 200)

    def test_nothing_after_a_malformed_request_is_obeyed(self):
        client = self.server.connect()
        client.send(POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                    + encode_request("GET", "/healthz") * 3)
        self.assertEqual(client.response().status, 400)
        self.assertTrue(client.is_closed())
        self.assertEqual(self.server.scrape().sum("responses_total", route="/healthz"), 0)


class Slow(ServiceTest):
    def test_a_slow_header_is_408_and_closed(self):
        server = self.start(drill(config={"server": {"header_timeout": "500ms"}}))
        healthy = Healthy(server.public)
        client = server.connect()
        client.send(GET + b"Host: e2e")
        took, response = elapsed(client.response)
        self.assertEqual(response.status, 408, response)
        self.assertGreaterEqual(took, 0.4)
        self.assertLess(took, 1.5 * PATIENCE)
        self.assertTrue(client.is_closed())
        server.await_value(1, "http_errors_total", code="408")
        healthy.stop.set()
        healthy.join(10)
        healthy.client.close()
        self.assertIsNone(healthy.problem)

    def test_a_trickled_header_gains_no_time(self):
        server = self.start(drill(config={"server": {"header_timeout": "600ms"}}))
        client = server.connect()
        client.send(GET)
        client.socket.settimeout(0.1)
        response = None
        for _ in range(int(30 * PATIENCE)):   # a byte every tenth of a second
            client.send(b"X")
            try:
                client.fill("trickling")
                client.socket.settimeout(5)
                response = client.response()
                break
            except AssertionError:
                continue
        self.assertIsNotNone(response, "never cut off")
        self.assertEqual(response.status, 408)

    def test_a_connection_that_says_nothing_is_closed(self):
        server = self.start({"server": {"header_timeout": "400ms", "idle_timeout": "400ms"}})
        client = server.connect()
        server.await_value(1, "connections", listener="public")
        server.await_value(0, "connections", listener="public")
        client.close()


if __name__ == "__main__":
    unittest.main()
