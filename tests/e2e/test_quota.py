"""Quotas end to end: who is refused and what it is told, on the wire and in the metrics."""

import re
import time
import unittest

from harness import Call, ServiceTest, drill, merged

BY_KEY = {"limiters": {"drill": {"tenant": {"key": "header:X-Api-Key"}}}}


def quota(config=None, **rate):
    return merged(drill(limit=4, capacity=8, config=merged(BY_KEY, {"limiters": {"drill": {"rate": rate}}})),
                  config or {})


def fields(response):
    """[(policy, remaining, seconds)] of a RateLimit field."""
    text = response.header("ratelimit") or ""
    return [(name, int(r), int(t)) for name, r, t in re.findall(r'"([^"]*)";r=(\d+);t=(\d+)', text)]


class PerTenant(ServiceTest):
    def test_a_key_over_its_quota_is_refused_and_the_others_are_served(self):
        server = self.start(quota(rate=2, period="1h", burst=3))
        for left in (2, 1, 0):
            response = server.get("/v1/drill", X_Api_Key="a")
            self.assertEqual(response.status, 200)
            [(name, remaining, seconds)] = fields(response)
            self.assertEqual((name, remaining), ("drill", left))
            self.assertTrue(1795 <= seconds <= 1800, response)
            self.assertEqual(response.header("ratelimit-policy"), '"drill";q=2;w=3600;spillway-burst=3')
        for _ in range(5):
            response = server.get("/v1/drill", X_Api_Key="a")
            problem = self.assert_refused(response, "rate_limited", status=429)
            self.assertEqual(problem["title"], "Too Many Requests")
            self.assertTrue(1790 <= problem["retry_after_seconds"] <= 1800, response)
            self.assertLessEqual(fields(response)[0][2], problem["retry_after_seconds"])
        self.assertEqual(server.get("/v1/drill", X_Api_Key="b").status, 200)
        self.assertIsNone(server.get("/healthz").header("ratelimit"))
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_rejected_total", route="/v1/drill", reason="rate_limited"), 5)
        self.assertEqual(metrics.value("responses_total", route="/v1/drill", code="429"), 5)
        self.assertEqual(metrics.value("rate_tenants", policy="drill"), 2)
        self.assertGreaterEqual(metrics.value("rate_tenants_max", policy="drill"), 16384)
        self.assertEqual(metrics.value("rate_shared_total", policy="drill"), 0)

    def test_who_comes_back_after_the_time_it_was_told_is_served(self):
        server = self.start(quota(rate=1, period="1s", burst=1))
        self.assertEqual(server.get("/v1/drill", X_Api_Key="a").status, 200)
        response = server.get("/v1/drill", X_Api_Key="a")
        if response.status == 429:   # else this took longer than a second
            time.sleep(int(response.header("retry-after")))
            self.assertEqual(server.get("/v1/drill", X_Api_Key="a").status, 200)

    def test_each_name_has_a_bucket_and_each_bucket_a_slot(self):
        server = self.start(quota(rate=1, period="1h"))
        client = server.connect()
        for expected in (200, 429):
            statuses = {client.get("/v1/drill", X_Api_Key=f"k{i}").status for i in range(300)}
            self.assertEqual(statuses, {expected})
        self.assertEqual(server.settle().value("rate_tenants", policy="drill"), 300)

    def test_who_sends_no_key_is_one_tenant_with_all_who_do_not(self):
        server = self.start(quota(rate=1, period="1h"))
        self.assertEqual(server.get("/v1/drill").status, 200)
        self.assert_refused(server.get("/v1/drill"), "rate_limited", status=429)
        self.assertEqual(server.get("/v1/drill", X_Api_Key="a").status, 200)


class PerAddress(ServiceTest):
    def test_the_address_is_the_tenant_unless_a_field_is_named(self):
        server = self.start(drill(config={
            "server": {"trusted_proxies": ["127.0.0.0/8"]},
            "limiters": {"drill": {"rate": {"rate": 1, "period": "1h"}}}}))
        self.assertEqual(server.get("/v1/drill", X_Forwarded_For="203.0.113.1").status, 200)
        self.assertEqual(server.get("/v1/drill", X_Forwarded_For="203.0.113.1").status, 429)
        self.assertEqual(server.get("/v1/drill", X_Forwarded_For="2001:db8::1").status, 200)
        self.assertEqual(server.get("/v1/drill", X_Forwarded_For="2001:db8::2").status, 429)  # one /64


class BesideALimiter(ServiceTest):
    def test_a_route_s_own_quota_stands_beside_its_limiter_s(self):
        route = {"path": "/v1/drill", "methods": ["GET"], "handler": "drill", "limiter": "drill",
                 "pool": "drill"}
        server = self.start(quota({"routes": [
            {**route, "rate": {"per": "all", "rate": 2, "period": "1h"}},
            {**route, "path": "/v1/other"}]}, rate=3, period="1h"))
        for _ in range(2):
            self.assertEqual(server.get("/v1/drill", X_Api_Key="a").status, 200)
        response = server.get("/v1/drill", X_Api_Key="b")
        self.assert_refused(response, "rate_limited", status=429)
        self.assertEqual([f[:2] for f in fields(response)], [("/v1/drill", 0), ("drill", 3)])
        self.assertEqual(server.get("/v1/other", X_Api_Key="a").status, 200)
        self.assertEqual(server.get("/v1/other", X_Api_Key="a").status, 429)

    def test_it_refuses_before_the_limiter_is_asked(self):
        server = self.start(quota(rate=1, period="1h"))
        self.assertEqual(server.get("/v1/drill", X_Api_Key="a").status, 200)
        response = server.get("/v1/drill", X_Api_Key="a")
        self.assertEqual(response.status, 429)
        self.assertIsNone(response.header("x-inflight"))


class HeldBack(ServiceTest):
    def test_delay_max_spaces_requests_out_instead_of_refusing_them(self):
        server = self.start(quota(rate=10, period="1s", burst=1, delay_max="3s"))
        begin = time.monotonic()
        calls = [Call(lambda: server.get("/v1/drill", X_Api_Key="a")) for _ in range(6)]
        self.assertEqual([call.result().status for call in calls], [200] * 6)
        self.assertGreaterEqual(time.monotonic() - begin, 0.5)   # never faster than the rate
        metrics = server.settle()
        self.assertEqual(metrics.value("requests_held", route="/v1/drill"), 0)

    def test_a_held_client_that_leaves_is_dropped_and_its_turn_is_free_again(self):
        server = self.start(quota(rate=1, period="10s", burst=1, delay_max="1h"))
        self.assertEqual(server.get("/v1/drill", X_Api_Key="a").status, 200)
        self.assertEqual(server.get("/v1/drill", X_Api_Key="a").status, 200)
        for n in range(1, 4):
            client = server.connect()
            client.start("GET", "/v1/drill", {"X-Api-Key": "a"})
            server.await_value(1, "requests_held", route="/v1/drill")
            client.close()
            server.await_value(n, "requests_dropped_total", route="/v1/drill", reason="client_gone")
        server.await_value(0, "requests_held", route="/v1/drill")

    def test_nobody_is_held_longer_than_the_route_s_deadline(self):
        server = self.start(quota(rate=1, period="1h", burst=1, delay_max="1h"))
        self.assertEqual(server.get("/v1/drill", X_Api_Key="a").status, 200)
        self.assert_refused(server.get("/v1/drill", X_Api_Key="a"), "rate_limited", status=429)


if __name__ == "__main__":
    unittest.main()
