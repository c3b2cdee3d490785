"""SIGHUP: what changes while the service runs, what does not, and that nobody pays for it."""

import json
import signal
import threading
import unittest

from harness import Call, ServiceTest, drill, eventually, limiter, merged

ROUTE = {"path": "/v1/drill", "methods": ["GET", "HEAD", "POST"], "handler": "drill",
         "limiter": "drill", "pool": "drill", "body_bytes_max": "10MiB", "deadline": "15s"}


class Reload(ServiceTest):
    def write(self, server, config):
        """Puts another configuration into the file; returns it."""
        if isinstance(config, dict):
            server.config = merged(server.config, config)
        text = json.dumps(server.config) if isinstance(config, dict) else config
        server._file.seek(0)
        server._file.truncate()
        server._file.write(text)
        server._file.flush()

    def reload(self, server, config=None, result="applied"):
        """Reloads, with another file if one is given; returns what was logged of it."""
        if config is not None:
            self.write(server, config)
        logged = len(server.logged(lambda e: True))
        before = server.value("config_reloads_total", result=result)
        server.is_reloaded = True
        server.process.send_signal(signal.SIGHUP)
        server.await_value(before + 1, "config_reloads_total", result=result)
        ends = ("reloaded", "reload rejected, nothing has changed", "reloaded, nothing is different")
        eventually(lambda: [e for e in server.logged(lambda e: True)[logged:] if e.get("msg") in ends],
                   what="the reload's line")
        return server.logged(lambda e: True)[logged:]

    def messages(self, entries):
        return [e.get("msg", "") for e in entries]


class Live(Reload):
    def test_waiters_keep_their_places_and_are_served(self):
        server = self.start(drill(limit=1, capacity=4, wait="20s"))
        server.hold(1, 600)
        waiting = server.enqueue(3)
        self.reload(server, {"limiters": {"drill": limiter(1, 8, "10s")},
                             "server": {"idle_timeout": "30s"}})
        self.assertEqual(server.value("queue_depth", limiter="drill"), 3)
        for client in waiting:
            self.assertEqual(client.response().status, 200)
        self.assertEqual(server.value("queue_capacity", limiter="drill"), 8)

    def test_a_larger_limit_lets_waiters_in_at_once_and_a_smaller_one_takes_no_permit_away(self):
        server = self.start(drill(limit=1, capacity=8, wait="20s"))
        held = server.hold(1, 2500)
        waiting = server.enqueue(3, sleep_ms=1500)
        self.reload(server, {"limiters": {"drill": limiter(3, 8, "20s")}})
        server.await_value(3, "in_flight", limiter="drill")
        self.reload(server, {"limiters": {"drill": limiter(1, 8, "20s")}})
        metrics = server.scrape()
        self.assertEqual(metrics.value("limit", limiter="drill"), 1)
        self.assertGreaterEqual(metrics.value("in_flight", limiter="drill"), 2)
        for client in held + waiting:
            self.assertEqual(client.response().status, 200)

    def test_a_capacity_below_the_depth_refuses_newcomers_and_evicts_nobody(self):
        server = self.start(drill(limit=1, capacity=4, wait="20s"))
        server.hold(1, 700)
        waiting = server.enqueue(3)
        self.reload(server, {"limiters": {"drill": limiter(1, 1, "20s")}})
        self.assert_refused(server.get("/v1/drill"), "queue_full")
        self.assertEqual(server.value("queue_depth", limiter="drill"), 3)
        for client in waiting:
            self.assertEqual(client.response().status, 200)

    def test_a_changed_discipline_orders_those_who_wait_by_arrival(self):
        server = self.start(drill(limit=1, capacity=4, wait="20s"))
        server.hold(1, 700)
        older, younger = server.enqueue(2, sleep_ms=300)
        lifo = {"limiters": {"drill": {"queue": {"discipline": "lifo"}}}}
        self.reload(server, lifo)
        waits = [float(c.response().header("server-timing").split("wait;dur=")[1].split(",")[0])
                 for c in (older, younger)]
        self.assertGreater(waits[0], waits[1] + 200)

    def test_a_deadline_holds_for_requests_that_come_after_it(self):
        server = self.start(drill(limit=4, deadline="15s"))
        before = server.hold(1, 1500)[0]
        self.reload(server, {"routes": [{**ROUTE, "deadline": "300ms"}]})
        self.assertEqual(server.get("/v1/drill?sleep_ms=3000").status, 504)
        self.assertEqual(before.response().status, 200)

    def test_routes_come_and_go_and_their_series_stay(self):
        server = self.start(drill(limit=2, deadline="15s"))
        server.get("/v1/drill")
        other = {**ROUTE, "path": "/v1/other", "limiter": "other"}
        self.reload(server, {"routes": [ROUTE, other], "limiters": {"other": limiter(2, 4)}})
        self.assertEqual(server.get("/v1/other").status, 200)
        self.assertIn(b"/v1/other", server.get("/", address=server.control).body)
        self.reload(server, {"routes": [ROUTE]})
        self.assertEqual(server.get("/v1/other").status, 404)
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_received_total", route="/v1/other"), 1)
        self.assertEqual(metrics.value("limit", limiter="other"), 2)
        self.reload(server, {"routes": [ROUTE, other]})
        self.assertEqual(server.get("/v1/other").status, 200)
        self.assertEqual(server.value("requests_received_total", route="/v1/other"), 2)

    def test_who_is_in_a_removed_limiter_finishes_in_it(self):
        server = self.start(drill(limit=1, capacity=4, wait="20s", deadline="15s"))
        held = server.hold(1, 600)
        waiting = server.enqueue(2)
        self.reload(server, {"routes": [{**ROUTE, "limiter": "fresh"}],
                             "limiters": {"fresh": limiter(2, 4)}})
        # Those who come now are another limiter's.
        self.assertEqual(server.get("/v1/drill").status, 200)
        self.assertEqual(server.value("queue_depth", limiter="drill"), 2)
        for client in held + waiting:
            self.assertEqual(client.response().status, 200)

    def test_a_pool_is_never_given_more_than_it_takes(self):
        pools = {"pools": {"drill": {"workers": 2, "queue": 2}}}
        server = self.start(drill(limit=4, capacity=8, wait="20s", config=pools, deadline="15s"))
        held = server.hold(4, 800)
        other = {**ROUTE, "path": "/v1/other", "limiter": "other"}
        self.reload(server, {"routes": [ROUTE, other], "limiters": {
            "drill": limiter(1, 8, "20s"), "other": limiter(3, 8, "20s")}})
        # All four places are taken: the newcomer's limit is there, but it grows as they come back.
        late = [server.connect() for _ in range(3)]
        for client in late:
            client.start("GET", "/v1/other?sleep_ms=100")
        server.await_value(3, "queue_depth", limiter="other")
        for client in held + late:
            self.assertEqual(client.response().status, 200)
        server.await_value(3, "limit", limiter="other")
        self.assertEqual(server.value("pool_submitted_total", pool="drill", result="rejected"), 0)

    def test_a_quota_keeps_what_callers_have_spent(self):
        quota = {"per": "all", "rate": 1, "period": "1h", "burst": 3}
        server = self.start(drill(limit=4, deadline="15s", rate=quota))
        for _ in range(2):
            self.assertEqual(server.get("/v1/drill").status, 200)
        self.reload(server, {"routes": [{**ROUTE, "rate": {**quota, "burst": 9}}]})
        self.assertEqual(server.get("/v1/drill").status, 200)
        self.assert_refused(server.get("/v1/drill"), "rate_limited", 429)

    def test_an_adaptive_limit_begins_where_the_fixed_one_was(self):
        server = self.start(drill(limit=7))
        del server.config["limiters"]["drill"]["limit"]["value"]
        self.reload(server, {"limiters": {"drill": {"limit": {"algorithm": "vegas", "max": 20}}}})
        self.assertEqual(server.value("limit", limiter="drill"), 7)
        self.assertEqual(server.value("limit_max", limiter="drill"), 20)

    def test_the_log_level_changes(self):
        server = self.start(drill())
        self.reload(server, {"log": {"level": "debug", "access": "all"}})
        server.get("/v1/drill")
        eventually(lambda: server.logged(lambda e: e.get("msg") == "request"), what="an access line")

    def test_connections_and_load_go_on_through_many_reloads(self):
        server = self.start(drill(limit=2, capacity=4, wait="100ms", deadline="15s"))
        stopping = threading.Event()
        counts = {"sent": 0, "answers": 0}
        lock = threading.Lock()

        def client():
            connection = server.connect()
            while not stopping.is_set():
                with lock:
                    counts["sent"] += 1
                response = connection.get("/v1/drill?sleep_ms=5")
                assert response.status in (200, 503), response
                with lock:
                    counts["answers"] += 1

        calls = [Call(client) for _ in range(12)]
        for n in range(12):
            self.reload(server, {"limiters": {"drill": {
                "limit": {"algorithm": "fixed", "value": 1 + n % 4},
                "queue": {"capacity": 2 + n % 5, "wait_timeout": "100ms",
                          "discipline": ("fifo", "lifo", "deadline", "fair")[n % 4]}}},
                "routes": [{**ROUTE, "deadline": f"{10 + n}s"}]})
        stopping.set()
        for call in calls:
            call.result()
        metrics = server.settle()
        self.assertEqual(counts["sent"], counts["answers"])
        self.assertEqual(metrics.value("requests_received_total", route="/v1/drill"), counts["sent"])
        self.assertEqual(metrics.value("handler_errors_total"), 0)
        self.assertEqual(metrics.value("pool_submitted_total", pool="drill", result="rejected"), 0)


class Rejected(Reload):
    def test_a_bad_file_changes_nothing_and_says_where(self):
        server = self.start(drill(limit=2))
        self.write(server, 'limiters:\n  drill:\n    limit: {value: 5}\n    queue: {capacity: lots}\n')
        lines = self.messages(self.reload(server, result="rejected"))
        self.assertTrue(any(f"{server._file.name}:4:" in m and "capacity" in m for m in lines), lines)
        metrics = server.scrape()
        self.assertEqual(metrics.value("limit", limiter="drill"), 2)
        self.assertEqual(metrics.value("config_last_reload_successful"), 0)
        self.reload(server, {"limiters": {"drill": limiter(3)}})
        self.assertEqual(server.value("limit", limiter="drill"), 3)
        self.assertEqual(server.value("config_last_reload_successful"), 1)

    def test_new_limits_are_checked_against_the_pools_that_run(self):
        pools = {"pools": {"drill": {"workers": 2, "queue": 2}}}
        server = self.start(drill(limit=2, config=pools))
        # A file that is right by itself, but not for what runs.
        lines = self.messages(self.reload(server, {"pools": {"drill": {"workers": 8}},
                                                   "limiters": {"drill": limiter(9)}}, "rejected"))
        self.assertTrue(any("workers 2 + queue 2 = 4" in m for m in lines), lines)
        self.assertEqual(server.value("limit", limiter="drill"), 2)

    def test_a_route_on_a_pool_that_does_not_run_is_refused(self):
        server = self.start(drill(limit=2, deadline="15s"))
        lines = self.messages(self.reload(
            server, {"pools": {"extra": {"workers": 2, "queue": 2}},
                     "limiters": {"extra": limiter(2)},
                     "routes": [ROUTE, {**ROUTE, "path": "/x", "limiter": "extra", "pool": "extra"}]},
            "rejected"))
        self.assertTrue(any("pool extra does not run" in m for m in lines), lines)

    def test_a_file_that_is_no_yaml_changes_nothing(self):
        server = self.start(drill(limit=2))
        self.write(server, "limiters: [")
        self.reload(server, result="rejected")
        self.assertEqual(server.get("/v1/drill").status, 200)


class Fixed(Reload):
    def test_what_cannot_change_is_told_key_by_key_and_the_rest_is_taken_up(self):
        server = self.start(drill(limit=2, config={"server": {"shards": 1}}))
        entries = self.reload(server, {"server": {"shards": 2}, "pools": {"drill": {"workers": 3}},
                                       "limiters": {"drill": limiter(3)}})
        lines = self.messages(entries)
        self.assertIn("reload: server.shards cannot change while running (running 1, file says 2); "
                      "restart to apply", lines)
        self.assertIn("reload: pools.drill.workers cannot change while running (running 16, file "
                      "says 3); restart to apply", lines)
        self.assertEqual(server.value("limit", limiter="drill"), 3)
        told = [e for e in entries if e.get("msg") == "reloaded"][0]
        self.assertIn("limiters.drill.limit.value: 2 -> 3", told["what"])

    def test_the_environment_and_set_still_override(self):
        server = self.start(drill(limit=2), args=["--set", "limiters.drill.limit.value=5"],
                            env={"SPILLWAY__LIMITERS__DRILL__QUEUE__CAPACITY": "7"})
        self.reload(server, {"limiters": {"drill": limiter(3, 9, "300ms")}})
        metrics = server.scrape()
        self.assertEqual(metrics.value("limit", limiter="drill"), 5)
        self.assertEqual(metrics.value("queue_capacity", limiter="drill"), 7)

    def test_nothing_is_different_after_the_same_file(self):
        server = self.start(drill())
        self.assertIn("reloaded, nothing is different", self.messages(self.reload(server)))

    def test_no_reload_while_draining(self):
        server = self.start(drill(limit=1, config={"drain": {"lame_duck": "0s", "timeout": "10s"}}))
        held = server.hold(1, 1000)
        server.terminate()
        eventually(lambda: server.logged(lambda e: e.get("msg") == "drain begins"), what="the drain")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: server.logged(lambda e: "no reload while draining" in e.get("msg", "")),
                   what="the refusal")
        self.assertEqual(held[0].response().status, 200)
        self.assertEqual(server.await_exit(), 0)


if __name__ == "__main__":
    unittest.main()
