"""Why was this request refused? What /explain says, and to whom."""

import json
import unittest

from harness import Call, ServiceTest, drill, eventually


def explained(server, request_id):
    response = server.get("/explain/" + request_id, address=server.control)
    return response, json.loads(response.body)


class Explain(ServiceTest):
    def busy(self, **config):
        """One permit and one place, both taken by calls that end by themselves."""
        server = self.start(drill(limit=1, capacity=1, wait="10s", **config))
        calls = [Call(server.get, "/v1/drill?sleep_ms=1500")]
        eventually(lambda: server.scrape().value("in_flight", limiter="drill"), lambda n: n == 1)
        calls.append(Call(lambda: server.get("/v1/drill", X_Request_Id="waiter")))
        eventually(lambda: server.scrape().value("queue_depth", limiter="drill"), lambda n: n == 1)
        return server, calls

    def test_a_refusal_a_waiter_and_a_served_request_are_explained(self):
        server, calls = self.busy()
        refused = server.get("/v1/drill", X_Request_Id="night")
        self.assertEqual(refused.status, 503)
        response, what = explained(server, "night")
        self.assertEqual((response.status, response.header("content-type")), (200, "application/json"))
        self.assertEqual((what["outcome"], what["reason"], what["stage"], what["status"]),
                         ("rejected", "queue_full", "peek", 503))
        self.assertEqual(what["limiter"], {"name": "drill", "limit": 1, "in_flight": 1, "units": 1, "waiting": 1})
        self.assertEqual(what["retry_after"]["seconds"], int(refused.header("retry-after")))
        self.assertIn("the queue was full", " ".join(what["story"]))
        ours = server.get("/v1/drill").header("x-request-id")
        self.assertEqual(explained(server, ours)[1]["reason"], "queue_full")

        _, waiting = explained(server, "waiter")
        self.assertEqual((waiting["outcome"], waiting["stage"]), ("pending", "queue"))
        self.assertEqual(waiting["queue"], {"position": 1, "ahead": 0})
        for call in calls:
            self.assertEqual(call.result().status, 200)
        _, served = explained(server, "waiter")
        self.assertEqual((served["outcome"], served["ending"], served["status"]), ("finished", "ok", 200))
        self.assertGreater(served["seconds"]["wait"], 0)

        latest = json.loads(server.get("/explain", address=server.control).body)
        self.assertEqual([one["reason"] for one in latest["latest_refusals"]], ["queue_full"] * 2)
        self.assertIn("night", [one["request_id"] for one in latest["latest_refusals"]])

    def test_an_unknown_or_hostile_id_is_a_404_that_says_what_is_kept(self):
        server = self.start(drill())
        for path in ("unknown", "%2e%2e%2fetc", "%00", "a" * 4000, "%22%5c", "a/b?c=d"):
            response, problem = explained(server, path)
            self.assertEqual((response.status, response.header("content-type")),
                             (404, "application/problem+json"), path)
            self.assertEqual(problem["kept"]["refused_since"], "the start")
            self.assertGreaterEqual(problem["kept"]["records_max"], 4096)

    def test_an_id_with_special_characters_is_found_percent_encoded(self):
        server = self.start(drill())
        self.assertEqual(server.get("/v1/drill", X_Request_Id="a/b?c=%20d").status, 200)
        response, what = explained(server, "a%2Fb%3Fc=%2520d")
        self.assertEqual((response.status, what.get("request_id")), (200, "a/b?c=%20d"))

    def test_the_public_listener_knows_nothing_of_it(self):
        server = self.start(drill())
        for path in ("/explain", "/explain/", "/explain/x", "/limiters"):
            self.assertEqual(server.get(path).status, 404)

    def test_only_get_and_head_and_nothing_when_switched_off(self):
        server = self.start(drill(config={"control": {"explain": 0}}))
        self.assertEqual(server.connect(server.control).request("POST", "/explain/x").status, 405)
        server.get("/v1/drill", X_Request_Id="x")
        response, problem = explained(server, "x")
        self.assertEqual(response.status, 404)
        self.assertIn("control.explain is 0", problem["detail"])


class Limiters(ServiceTest):
    def state(self, server):
        return {one["name"]: one for one in server.get("/limiters", address=server.control).json()["limiters"]}

    def test_the_live_state_of_a_busy_limiter_is_told(self):
        server = self.start(drill(limit=1, capacity=4, wait="10s", config={
            "server": {"trusted_proxies": ["127.0.0.0/8"]},
            "limiters": {"drill": {
                "priority": {"from": "header:X-Class", "bands": 3},
                "queue": {"codel": {"target": "5s", "interval": "10s"}, "watermarks": {"high": 3, "low": 1}}}}}))
        calls = [Call(server.get, "/v1/drill?sleep_ms=1000")]
        eventually(lambda: server.scrape().value("in_flight", limiter="drill"), lambda n: n == 1)
        calls.append(Call(lambda: server.get("/v1/drill", X_Class="2")))
        eventually(lambda: server.scrape().value("queue_depth", limiter="drill"), lambda n: n == 1)
        busy = self.state(server)["drill"]
        self.assertEqual(server.scrape().value("queue_depth_band", limiter="drill", band="2"), 1)
        self.assertEqual(busy["limit"], {"algorithm": "fixed", "current": 1})
        self.assertEqual(busy["in_flight"], {"requests": 1, "units": 1})
        self.assertEqual((busy["pool"], busy["routes"]), ("drill", ["/v1/drill"]))
        queue = busy["queue"]
        self.assertEqual((queue["depth"], queue["capacity"], queue["discipline"]), (1, 4, "fifo"))
        self.assertEqual([band["depth"] for band in queue["bands"]], [0, 0, 1])
        self.assertEqual((queue["target_seconds"], queue["is_standing"]), (5, False))
        self.assertEqual(queue["watermarks"], {"high": 3, "low": 1, "is_shedding": False})
        self.assertGreater(queue["oldest_wait_seconds"], 0)
        for call in calls:
            self.assertEqual(call.result().status, 200)
        idle = self.state(server)["drill"]
        self.assertEqual(idle["queue"]["oldest_wait_seconds"], 0)
        self.assertGreater(idle["service_seconds"], 0)

    def test_an_adaptive_limit_says_where_it_stands_and_quotas_are_listed(self):
        config = drill(config={"limiters": {"drill": {"rate": {"rate": 100, "burst": 100}}}})
        config["limiters"]["drill"]["limit"] = {"algorithm": "gradient2"}
        server = self.start(config)
        self.assertEqual(server.get("/v1/drill").status, 200)
        page = server.get("/limiters", address=server.control).json()
        limit = next(one for one in page["limiters"] if one["name"] == "drill")["limit"]
        self.assertEqual(limit["algorithm"], "gradient2")
        self.assertLessEqual(limit["min"], limit["current"])
        self.assertLessEqual(limit["current"], limit["max"])
        self.assertIn("reason", limit)
        quota = page["quotas"][0]
        self.assertEqual((quota["policy"], quota["per"], quota["tenants"]), ("drill", "tenant", 1))


if __name__ == "__main__":
    unittest.main()
