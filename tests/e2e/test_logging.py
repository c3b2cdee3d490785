"""The log: a reader that hangs or leaves costs lines, never requests; refusals are summed up."""

import json
import unittest

from harness import ServiceTest, drill, eventually


class HungReader(ServiceTest):
    def test_with_stdout_unread_the_service_goes_on_and_counts_what_it_drops(self):
        server = self.start({"log": {"access": "all", "queue": 1024}})
        server.pause_log()
        client = server.connect()
        pipelined = b"GET /v1/drill HTTP/1.1\r\nHost: e2e.test\r\n\r\n" * 50
        for _ in range(200):   # some megabytes of log into a pipe that holds 64 KiB
            client.send(pipelined)
            for _ in range(50):
                self.assertEqual(client.response().status, 200)
            if server.value("log_messages_dropped_total") > 0:
                break
        self.assertGreater(server.value("log_messages_dropped_total"), 0)
        self.assertEqual(client.get("/healthz").status, 200)
        server.resume_log()

    def test_with_stdout_closed_the_service_goes_on(self):
        server = self.start({"log": {"access": "all"}})
        client = server.connect()
        self.assertEqual(client.get("/v1/drill").status, 200)
        server.close_log()
        for _ in range(200):
            self.assertEqual(client.get("/v1/drill").status, 200)


class Lines(ServiceTest):
    def test_refusals_are_one_line_a_second_and_reason(self):
        server = self.start(drill(limit=1, capacity=0, config={"log": {"access": "off"}}))
        server.hold(1, 1500)
        client = server.connect()
        for _ in range(300):
            self.assert_refused(client.get("/v1/drill"), "queue_full")
        lines = eventually(lambda: server.logged(lambda e: "queue_full" in json.dumps(e)),
                           what="a summary of the refusals")
        self.assertLess(len(lines), 6)

    def test_every_line_is_json_when_json_is_asked_for(self):
        server = self.start({"log": {"access": "all", "level": "debug"}})
        server.get('/v1/drill?x="quoted\\"', X_Request_Id="json-please")
        server.get("/v1/drill?fail=1")
        server.close_clients()
        server.terminate()
        self.assertEqual(server.await_exit(), 0)
        raw = server.logged(lambda e: "raw" in e)
        self.assertEqual(raw, [])

    def test_a_handler_bug_is_logged_once(self):
        server = self.start({"log": {"access": "off"}})
        server.get("/v1/drill?fail=1", X_Request_Id="the-failing-one")
        server.close_clients()
        server.terminate()
        server.await_exit()
        errors = server.logged(lambda e: str(e.get("level", "")).startswith("err"))
        self.assertEqual(len(errors), 1, server.log_text())

    def test_the_drain_is_logged(self):
        server = self.start()
        server.terminate()
        self.assertEqual(server.await_exit(), 0)
        server.await_logged(lambda e: "drain" in json.dumps(e))


if __name__ == "__main__":
    unittest.main()
