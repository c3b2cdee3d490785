"""SIGTERM: everything that was taken is answered, what is cut is counted, nothing is lost."""

import signal
import socket
import threading
import time
import unittest

from harness import PATIENCE, ServiceTest, drill, elapsed, eventually
from http_client import Client, ConnectionLost, encode_request

ROUTE = {"route": "/v1/drill"}


def refuses_connections(address):
    try:
        socket.create_connection(address, timeout=0.2).close()
        return False
    except OSError:   # refused, or its SYN dropped
        return True


class DrainTest(ServiceTest):
    def begin_drain(self, server, number=signal.SIGTERM):
        server.terminate(number)
        server.await_value(1, "draining")

    def expect_exit(self, server, code, within=10.0):
        self.assertEqual(server.await_exit(within), code, server.log_text()[-2000:])


class Answered(DrainTest):
    def test_work_and_queue_are_answered_and_the_exit_code_is_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number):
                server = self.start(drill(limit=2, capacity=8, wait="10s"))
                clients = server.hold(2, 500) + server.enqueue(3, sleep_ms=100)
                self.begin_drain(server, number)
                for client in clients:
                    response = client.response()
                    self.assertEqual(response.status, 200, response)
                    self.assertTrue(response.says_close, response)
                    self.assertTrue(client.is_closed())
                self.expect_exit(server, 0)

    def test_it_ends_with_the_last_request_not_with_the_timeout(self):
        server = self.start(drill(config={"drain": {"timeout": "30s"}}))
        (client,) = server.hold(1, 400)
        self.begin_drain(server)
        self.assertEqual(client.response().status, 200)
        took, _ = elapsed(self.expect_exit, server, 0)
        self.assertLess(took, 2 * PATIENCE)

    def test_pipelined_requests_are_answered_first_and_the_last_says_close(self):
        server = self.start(drill(limit=1, wait="10s"))
        client = server.connect()
        client.send(encode_request("GET", "/v1/drill?sleep_ms=300&bytes=1")
                    + encode_request("GET", "/v1/drill?sleep_ms=50&bytes=2")
                    + encode_request("GET", "/v1/drill?bytes=3"))
        server.await_value(1, "in_flight", limiter="drill")
        self.begin_drain(server)
        replies = [client.response() for _ in range(3)]
        self.assertEqual([(r.status, len(r.body)) for r in replies], [(200, 1), (200, 2), (200, 3)])
        self.assertEqual([r.says_close for r in replies], [False, False, True])
        self.assertTrue(client.is_closed())
        self.expect_exit(server, 0)

    def test_an_upload_under_way_is_taken_to_its_end(self):
        server = self.start(drill(config={"drain": {"idle_grace": "50ms"}}))
        client = server.connect()
        client.start("POST", "/v1/drill", {"Content-Length": "10"})
        client.send(b"12345")
        server.await_value(1, "requests_pending", **ROUTE)
        self.begin_drain(server)
        self.assertFalse(client.is_closed(0.3))   # longer than idle_grace: it is not idle
        client.send(b"67890")
        response = client.response()
        self.assertEqual(response.json()["body_bytes"], 10)
        self.assertTrue(response.says_close)
        self.expect_exit(server, 0)

    def test_a_large_reply_under_way_is_written_to_its_end(self):
        server = self.start()
        client = server.connect(receive_buffer=4096)
        client.start("GET", "/v1/drill?bytes=5000000")
        server.await_value(lambda v: v > 0, "response_memory_bytes")
        self.begin_drain(server)
        self.assertEqual(len(client.response().body), 5_000_000)
        self.expect_exit(server, 0)


class IdleConnections(DrainTest):
    def test_an_idle_connection_is_closed_only_after_the_grace(self):
        server = self.start({"drain": {"idle_grace": "600ms"}})
        client = server.connect()
        client.get("/healthz")
        server.terminate()
        took, closed = elapsed(client.is_closed, 5 * PATIENCE)
        self.assertTrue(closed)
        self.assertGreaterEqual(took, 0.5)
        self.assertLess(took, 1.6 * PATIENCE)
        self.expect_exit(server, 0)

    def test_a_request_within_the_grace_is_served_and_told_to_close(self):
        server = self.start({"drain": {"idle_grace": "5s"}})
        client, fresh = server.connect(), server.connect()
        client.get("/healthz")
        server.await_value(2, "connections", listener="public")
        self.begin_drain(server)
        for each in (client, fresh):
            response = each.get("/v1/drill?sleep_ms=20")
            self.assertEqual(response.status, 200)
            self.assertTrue(response.says_close)
            self.assertTrue(each.is_closed())
        self.expect_exit(server, 0, within=4)   # nobody is left: no need to wait the grace out


class Cut(DrainTest):
    def test_what_outlives_the_timeout_is_cut_counted_and_the_exit_code_is_3(self):
        server = self.start(drill(limit=1, wait="20s", config={"drain": {"timeout": "600ms"}}))
        (holder,) = server.hold(1, 9000)
        server.terminate()
        took, _ = elapsed(self.expect_exit, server, 3)
        self.assertGreaterEqual(took, 0.5)
        self.assertLess(took, 2.5 * PATIENCE)
        with self.assertRaises(ConnectionLost):
            holder.response()
        cuts = server.logged(lambda e: "cut" in str(e).lower())
        self.assertTrue(cuts, server.log_text())

    def test_the_timeout_is_no_longer_than_needed_after_a_second_signal(self):
        server = self.start(drill(limit=1, config={"drain": {"timeout": "30s"}}))
        server.hold(1, 9000)
        self.begin_drain(server)
        eventually(lambda: refuses_connections(server.public), what="the listener is closed")
        server.terminate()
        took, _ = elapsed(self.expect_exit, server, 3)
        self.assertLess(took, 3 * PATIENCE)

    def test_a_queue_that_cannot_move_does_not_hold_the_drain_up(self):
        server = self.start(drill(limit=1, capacity=4, wait="20s", config={"drain": {"timeout": "600ms"}}))
        server.hold(1, 9000)
        waiters = server.enqueue(2)
        server.terminate()
        for client in waiters:   # told so, cut at the timeout, or served with what the cut gave back
            try:
                response = client.response()
                if response.status != 200:
                    self.assert_refused(response, "draining")
            except ConnectionLost:
                pass
        self.expect_exit(server, 3, within=4)


class Phases(DrainTest):
    def test_a_lame_duck_serves_everything_but_readiness(self):
        server = self.start({"drain": {"lame_duck": "1500ms"}})
        kept = server.connect()
        kept.get("/healthz")
        begin = time.monotonic()
        self.begin_drain(server)
        for address in (server.public, server.control):
            self.assertEqual(server.get("/readyz", address).status, 503)
            self.assertEqual(server.get("/healthz", address).status, 200)
        self.assertEqual(server.get("/v1/drill").status, 200)   # new connections too
        self.assertEqual(kept.get("/v1/drill").status, 200)
        kept.close()
        self.expect_exit(server, 0)
        self.assertGreaterEqual(time.monotonic() - begin, 1.4)

    def test_a_second_signal_ends_the_lame_duck(self):
        server = self.start({"drain": {"lame_duck": "60s"}})
        self.begin_drain(server)
        self.assertEqual(server.get("/v1/drill").status, 200)
        server.terminate()
        self.expect_exit(server, 0, within=5)

    def test_the_control_listener_answers_until_the_end(self):
        server = self.start(drill(limit=1, config={"drain": {"timeout": "20s"}}))
        (holder,) = server.hold(1, 1500)
        self.begin_drain(server)
        eventually(lambda: refuses_connections(server.public), what="the public listener is closed")
        self.assertEqual(server.get("/readyz", server.control).status, 503)
        self.assertEqual(server.get("/healthz", server.control).status, 200)
        metrics = server.scrape()
        self.assertEqual(metrics.value("draining"), 1)
        self.assertEqual(metrics.value("in_flight", limiter="drill"), 1)
        self.assertEqual(holder.response().status, 200)
        self.expect_exit(server, 0)

    def test_work_that_cannot_end_before_the_drain_does_is_refused(self):
        server = self.start(drill(limit=2, wait="5s", config={
            "drain": {"timeout": "1500ms", "idle_grace": "1s"}}))
        for _ in range(6):   # the usual service time becomes known: 800 ms
            if server.get("/v1/drill?sleep_ms=800").status != 200:
                self.fail("a drill was refused")
        late = server.connect()
        late.get("/healthz")
        server.hold(1, 9000)
        begin = time.monotonic()
        self.begin_drain(server)
        eventually(lambda: time.monotonic() - begin > 0.85, what="less is left than 800 ms")
        response = late.get("/v1/drill?sleep_ms=800")
        problem = self.assert_refused(response, "draining")
        self.assertLessEqual(problem["retry_after_seconds"], 3)
        self.assertTrue(response.says_close)
        self.expect_exit(server, 3)


class SteadyLoad(DrainTest):
    """Closed-loop clients through a SIGTERM: each request that was sent is answered."""

    class Loop(threading.Thread):
        def __init__(self, address, keep_alive):
            super().__init__(daemon=True)
            self.address, self.keep_alive = address, keep_alive
            self.answered, self.refused, self.lost = 0, 0, []
            self.start()

        def connect(self):
            try:
                return Client(self.address, timeout=15 * PATIENCE)
            except OSError:   # the listener is closed: this client goes elsewhere
                return None

        def run(self):
            client = self.connect()
            headers = {} if self.keep_alive else {"Connection": "close"}
            while client:
                try:
                    response = client.request("GET", "/v1/drill?sleep_ms=5&bytes=100", headers)
                except (ConnectionLost, OSError) as error:
                    self.lost.append(repr(error))
                    return
                self.answered += 1
                self.refused += response.status == 503
                if response.says_close:
                    client.close()
                    client = self.connect()

    def sweep(self, keep_alive, rounds):
        for _ in range(rounds):
            server = self.start(drill(limit=4, capacity=16, wait="2s", config={
                "drain": {"idle_grace": "300ms"}}))
            loops = [self.Loop(server.public, keep_alive) for _ in range(12)]
            server.await_value(lambda v: v > 150, "requests_accepted_total", within=10, **ROUTE)
            server.terminate()
            self.expect_exit(server, 0)
            for loop in loops:
                loop.join(20 * PATIENCE)
                self.assertFalse(loop.is_alive(), "a client hangs")
            self.assertEqual([lost for loop in loops for lost in loop.lost], [])
            self.assertGreater(sum(loop.answered for loop in loops), 150)

    def test_keep_alive_clients_lose_nothing(self):
        self.sweep(keep_alive=True, rounds=4)

    def test_clients_with_a_connection_per_request_lose_nothing(self):
        self.sweep(keep_alive=False, rounds=4)


if __name__ == "__main__":
    unittest.main()
