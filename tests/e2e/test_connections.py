"""Connections: keep-alive, pipelining, segments, Expect, and the caps on how many there may be."""

import os
import resource
import socket
import time
import unittest

from harness import PATIENCE, ServiceTest, drill, elapsed, eventually
from http_client import Client, ConnectionLost, encode_request


class KeepAlive(ServiceTest):
    def test_one_connection_carries_many_requests(self):
        server = self.start()
        client = server.connect()
        for n in range(50):
            self.assertEqual(len(client.get(f"/v1/drill?bytes={n}").body), n)
        self.assertEqual(server.value("connections_accepted_total", listener="public"), 1)

    def test_connection_close_is_obeyed(self):
        server = self.start()
        client = server.connect()
        response = client.get("/v1/drill", Connection="close")
        self.assertTrue(response.says_close)
        self.assertTrue(client.is_closed())

    def test_http_1_0_closes_unless_keep_alive_is_asked_for(self):
        server = self.start()
        client = server.connect()
        self.assertEqual(client.request("GET", "/healthz", version="HTTP/1.0").status, 200)
        self.assertTrue(client.is_closed())

    def test_http_1_0_never_gets_chunks(self):
        server = self.start()
        response = server.connect().request("GET", "/v1/drill?bytes=100000", version="HTTP/1.0")
        self.assertIsNone(response.header("transfer-encoding"))
        self.assertEqual(len(response.body), 100_000)

    def test_an_idle_connection_is_closed_at_the_idle_timeout(self):
        server = self.start({"server": {"idle_timeout": "400ms"}})
        client = server.connect()
        client.get("/healthz")
        seconds, closed = elapsed(client.is_closed, 5 * PATIENCE)
        self.assertTrue(closed)
        self.assertGreaterEqual(seconds, 0.35)
        self.assertLess(seconds, 2.5 * PATIENCE)

    def test_a_404_keeps_the_connection(self):
        server = self.start()
        client = server.connect()
        self.assertEqual(client.get("/nowhere").status, 404)
        self.assertEqual(client.get("/healthz").status, 200)


class Pipelining(ServiceTest):
    def test_requests_in_one_segment_are_answered_in_order(self):
        server = self.start()
        client = server.connect()
        targets = ["/v1/drill?bytes=11&sleep_ms=150", "/healthz", "/v1/drill?bytes=12", "/nowhere",
                   "/v1/drill?bytes=13&sleep_ms=20"]
        client.send(b"".join(encode_request("GET", t, {"X-Request-Id": f"id-number-{n}"})
                             for n, t in enumerate(targets)))
        replies = [client.response() for _ in targets]
        self.assertEqual([r.status for r in replies], [200, 200, 200, 404, 200])
        self.assertEqual([r.header("x-request-id") for r in replies], [f"id-number-{n}" for n in range(5)])
        self.assertEqual([len(replies[n].body) for n in (0, 2, 4)], [11, 12, 13])

    def test_bodies_between_pipelined_requests_are_kept_apart(self):
        server = self.start()
        client = server.connect()
        client.send(encode_request("POST", "/v1/drill", body=b"GET / HTTP/1.1\r\n\r\n")
                    + encode_request("POST", "/v1/drill", {"Transfer-Encoding": "chunked"})
                    + b"3\r\nabc\r\n0\r\n\r\n"
                    + encode_request("HEAD", "/v1/drill")
                    + encode_request("GET", "/v1/drill?bytes=2"))
        self.assertEqual(client.response().json()["body_bytes"], 18)
        self.assertEqual(client.response().json()["body_bytes"], 3)
        self.assertEqual(client.response("HEAD").status, 200)
        self.assertEqual(len(client.response().body), 2)

    def test_a_long_pipeline_is_served_to_its_end(self):
        server = self.start()
        client = server.connect()
        client.send(encode_request("GET", "/healthz") * 500)
        for _ in range(500):
            self.assertEqual(client.response().status, 200)

    def test_refusals_keep_their_place_in_the_pipeline(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 600)
        client = server.connect()
        client.send(encode_request("GET", "/v1/drill") + encode_request("GET", "/healthz")
                    + encode_request("GET", "/v1/drill"))
        self.assert_refused(client.response(), "queue_full")
        self.assertEqual(client.response().status, 200)
        self.assert_refused(client.response(), "queue_full")

    def test_a_request_in_one_byte_segments_is_a_request(self):
        server = self.start()
        client = server.connect()
        data = (encode_request("POST", "/v1/drill?bytes=4", {"Transfer-Encoding": "chunked"})
                + b"5\r\nhello\r\n0\r\n\r\n")
        for n in range(len(data)):
            client.send(data[n:n + 1])
        self.assertEqual(len(client.response().body), 4)

    def test_two_requests_cut_anywhere_are_two_requests(self):
        server = self.start()
        client = server.connect()
        data = encode_request("POST", "/v1/drill", body=b"12345") + encode_request("GET", "/healthz")
        for cut in range(1, len(data)):
            client.send(data[:cut])
            client.send(data[cut:])
            self.assertEqual(client.response().json()["body_bytes"], 5)
            self.assertEqual(client.response().status, 200)


class Expect(ServiceTest):
    def test_100_comes_once_the_body_is_wanted(self):
        server = self.start()
        client = server.connect()
        client.start("POST", "/v1/drill", {"Expect": "100-continue", "Content-Length": "5"})
        self.assertEqual(client.head().status, 100)
        client.send(b"12345")
        response = client.response()
        self.assertEqual((response.status, response.interim), (200, []))
        self.assertEqual(response.json()["body_bytes"], 5)
        self.assertEqual(client.get("/healthz").status, 200)

    def test_a_refusal_is_final_at_once_and_closes(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 800)
        client = server.connect()
        client.start("POST", "/v1/drill", {"Expect": "100-continue", "Content-Length": "5"})
        response = client.response()
        self.assert_refused(response, "queue_full")
        self.assertEqual(response.interim, [])
        self.assertTrue(response.says_close)
        self.assertTrue(client.is_closed())

    def test_a_body_too_large_is_refused_without_100(self):
        server = self.start()
        client = server.connect()
        client.start("POST", "/v1/drill", {"Expect": "100-continue", "Content-Length": str((10 << 20) + 1)})
        response = client.response()
        self.assertEqual((response.status, response.interim), (413, []))
        self.assertTrue(client.is_closed())

    def test_another_expectation_is_417(self):
        server = self.start()
        client = server.connect()
        response = client.request("POST", "/v1/drill", {"Expect": "a-miracle"}, b"12345")
        self.assertEqual(response.status, 417)
        server.await_value(1, "http_errors_total", code="417")


class Caps(ServiceTest):
    def test_at_the_cap_the_longest_idle_connection_makes_room(self):
        server = self.start({"server": {"max_connections": 4, "shards": 2}})
        self.assertEqual(server.value("connections_max", listener="public"), 4)
        idle = []
        for _ in range(4):
            client = server.connect()
            self.assertEqual(client.get("/healthz").status, 200)
            idle.append(client)
        for n in range(3):
            newcomer = server.connect()
            self.assertEqual(newcomer.get("/healthz").status, 200)
            self.assertTrue(idle[n].is_closed(), f"connection {n} was the longest idle")
            self.assertLessEqual(server.value("connections", listener="public"), 4)
        self.assertEqual(idle[3].get("/healthz").status, 200)

    def test_with_none_idle_accepting_pauses_and_the_control_lane_answers(self):
        server = self.start(drill(limit=4, config={"server": {"max_connections": 4, "shards": 2}}))
        busy = server.hold(4, 1000)
        late = server.connect()
        late.start("GET", "/healthz")
        seconds, response = elapsed(server.get, "/healthz", server.control)
        self.assertEqual(response.status, 200)
        self.assertLess(seconds, 0.5 * PATIENCE)
        self.assertEqual(server.value("connections", listener="public"), 4)
        self.assertEqual(server.value("in_flight", limiter="drill"), 4)
        self.assertEqual(late.response().status, 200)   # once one of the busy ones is idle
        self.assertEqual([c.response().status for c in busy[1:]], [200] * 3)

    def test_one_address_gets_no_more_than_its_share(self):
        server = self.start({"server": {"max_connections_per_ip": 2}})
        kept = [server.connect() for _ in range(2)]
        for client in kept:
            self.assertEqual(client.get("/healthz").status, 200)
        third = server.connect()
        with self.assertRaises((ConnectionLost, OSError)):
            # A refusal may also be said in HTTP before the close.
            response = third.get("/healthz")
            self.assertNotEqual(response.status, 200)
            raise ConnectionLost(str(response), b"")
        eventually(lambda: server.scrape().sum("connections_refused_total", listener="public") >= 1)
        other = server.connect(source="127.0.0.2")
        self.assertEqual(other.get("/healthz").status, 200)
        kept.pop().close()
        server.await_value(2, "connections", listener="public")
        self.assertEqual(server.connect().get("/healthz").status, 200)

    def test_the_share_does_not_bind_trusted_proxies(self):
        server = self.start({"server": {"max_connections_per_ip": 2, "trusted_proxies": ["127.0.0.0/8"]}})
        for _ in range(8):
            self.assertEqual(server.connect().get("/healthz").status, 200)


class Descriptors(ServiceTest):
    def test_a_low_hard_limit_lowers_the_cap_with_a_warning(self):
        server = self.start(limits=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)))
        most = server.value("connections_max", listener="public")
        self.assertLess(most, 256)
        self.assertGreater(most, 16)
        server.await_logged(lambda e: "max_connections" in str(e))
        clients = [server.connect() for _ in range(300)]
        server.await_value(lambda v: v <= most, "connections", listener="public")
        self.assertEqual(server.get("/healthz", server.control).status, 200)
        for client in clients:
            client.close()
        self.assertEqual(server.get("/healthz").status, 200)

    def test_the_soft_limit_is_raised_to_the_hard_one(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        server = self.start(limits=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard)))
        soft, _ = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        self.assertEqual(soft, hard)

    @unittest.skipIf("ASAN_OPTIONS" in os.environ,
                     "UBSan looks at memory through a pipe, for which there is no descriptor here")
    def test_accept_survives_running_out_of_descriptors(self):
        server = self.start()
        kept = server.connect()
        self.assertEqual(kept.get("/healthz").status, 200)
        server.scrape()   # from here on over a connection that exists
        soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, hard))   # every accept: EMFILE
        waiting = [server.connect() for _ in range(5)]
        for client in waiting:
            client.start("GET", "/v1/drill")
        before, begin = server.cpu_seconds(), time.monotonic()
        while time.monotonic() - begin < 1.0:   # a second of EMFILE, and served throughout
            self.assertEqual(kept.get("/healthz").status, 200)
            time.sleep(0.05)
        self.assertLess(server.cpu_seconds() - before, 0.3 * PATIENCE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))
        for client in waiting:
            self.assertEqual(client.response().status, 200)


@unittest.skipUnless(socket.has_ipv6, "no IPv6 here")
class V6(ServiceTest):
    def test_a_v6_address_is_served(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError as error:
            self.skipTest(f"no IPv6 loopback: {error}")
        server = self.start({"server": {"listen": ["[::1]:0"]}})
        client = Client(server.public)
        self.addCleanup(client.close)
        self.assertEqual(client.get("/healthz").status, 200)


if __name__ == "__main__":
    unittest.main()
