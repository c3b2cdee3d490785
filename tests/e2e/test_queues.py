"""Who is let in, and who gives way: disciplines, bands, tenants and costs by configuration."""

import unittest

from harness import ServiceTest, drill, merged
from pictures import png

DRILL = {"methods": ["GET", "HEAD", "POST"], "handler": "drill", "limiter": "drill", "pool": "drill"}


def queue(**keys):
    return {"limiters": {"drill": {"queue": keys}}}


def routes(*some):
    return {"routes": [{**DRILL, **route} for route in some]}


class Order(ServiceTest):
    def order_of_two(self, config):
        """The longest waits of two that come one after the other, one permit between them."""
        server = self.start(drill(limit=1, capacity=4, wait="10s", config=config))
        server.hold(1, 300)
        older, younger = server.enqueue(2, sleep_ms=200)
        waits = []
        for client in (older, younger):
            response = client.response()
            self.assertEqual(response.status, 200)
            waits.append(float(response.header("server-timing").split("wait;dur=")[1].split(",")[0]))
        return waits

    def test_fifo_lets_in_who_came_first(self):
        older, younger = self.order_of_two({})
        self.assertGreater(younger, older)

    def test_lifo_lets_in_who_came_last(self):
        older, younger = self.order_of_two(queue(discipline="lifo"))
        self.assertGreater(older, younger + 150)

    def test_deadline_lets_in_who_has_the_least_time(self):
        server = self.start(drill(limit=1, capacity=4, wait="10s", config=queue(discipline="deadline")))
        server.hold(1, 300)
        patient, = server.enqueue(1, sleep_ms=1500)
        hurried, = server.enqueue(1, sleep_ms=0, headers={"Request-Timeout": "5"})
        self.assertEqual(hurried.response().status, 200)
        # An answer is read before it is counted; with the patient one's it would be three.
        server.await_value(2, "requests_finished_total", route="/v1/drill", ending="ok")
        self.assertEqual(patient.response().status, 200)


class Shedding(ServiceTest):
    def test_above_the_high_mark_newcomers_are_shed_until_below_the_low_one(self):
        server = self.start(drill(limit=1, capacity=8, wait="10s",
                                  config=queue(watermarks={"high": 3, "low": 2})))
        server.hold(1, 4000)
        waiting = server.enqueue(4)
        self.assert_refused(server.get("/v1/drill"), "shed")
        waiting.pop().reset()
        server.await_value(3, "queue_depth", limiter="drill")
        self.assert_refused(server.get("/v1/drill"), "shed")
        for _ in range(2):
            waiting.pop().reset()
        server.await_value(1, "queue_depth", limiter="drill")
        server.enqueue(1)
        self.assertEqual(server.value("requests_rejected_total", route="/v1/drill", reason="shed"), 2)

    def test_codel_sheds_from_a_queue_that_stands(self):
        server = self.start(drill(limit=1, capacity=64, wait="10s",
                                  config=queue(codel={"target": "5ms", "interval": "300ms"})))
        clients = [server.connect() for _ in range(48)]
        for client in clients:
            client.start("GET", "/v1/drill?sleep_ms=50")
        responses = [client.response() for client in clients]
        served = [r for r in responses if r.status == 200]
        shed = [r for r in responses if r.status == 503]
        self.assertEqual(len(served) + len(shed), 48)
        self.assertGreaterEqual(len(served), 2)
        self.assertGreaterEqual(len(shed), 1)
        for response in shed:
            self.assert_refused(response, "shed")
        # Nobody waits any more: that queue does not stand.
        self.assertEqual(server.get("/v1/drill").status, 200)


class Bands(ServiceTest):
    def start_with_bands(self, trusted):
        return self.start(drill(limit=1, capacity=2, wait="10s", config={
            "server": {"trusted_proxies": trusted},
            "limiters": {"drill": {"priority": {"from": "rfc9218", "bands": 8, "floor": 0}}}}))

    def test_a_high_band_evicts_the_youngest_of_the_lowest(self):
        server = self.start_with_bands(["127.0.0.0/8"])
        server.hold(1, 2000)
        older, younger = server.enqueue(2, headers={"Priority": "u=6"})
        urgent = server.connect()
        urgent.start("GET", "/v1/drill", {"Priority": "u=1, i"})
        self.assert_refused(younger.response(), "shed")
        self.assert_refused(server.get("/v1/drill", Priority="u=6"), "queue_full")
        self.assertEqual(urgent.response().status, 200)
        self.assertEqual(older.response().status, 200)
        self.assertEqual(server.value("requests_rejected_total", route="/v1/drill", reason="shed"), 1)

    def test_who_is_not_trusted_may_stand_back_but_not_push_forward(self):
        server = self.start_with_bands([])
        server.hold(1, 2000)
        back, usual = server.enqueue(1, headers={"Priority": "u=7"}) + server.enqueue(1)
        plain = server.connect()
        plain.start("GET", "/v1/drill")
        self.assert_refused(back.response(), "shed")
        for urgency in ("u=0", "u=-3", "u=99999999999999999999", "u=\"", "(((("):
            self.assert_refused(server.get("/v1/drill", Priority=urgency), "queue_full")
        self.assertEqual(usual.response().status, 200)
        self.assertEqual(plain.response().status, 200)

    def test_a_route_s_priority_needs_no_header(self):
        server = self.start(merged(
            drill(limit=1, capacity=1, wait="10s"),
            merged({"limiters": {"drill": {"priority": {"floor": 0}}}},
                   routes({"path": "/v1/drill"}, {"path": "/urgent", "priority": 0}))))
        server.hold(1, 1500)
        usual, = server.enqueue(1)
        urgent = server.connect()
        urgent.start("GET", "/urgent")
        self.assert_refused(usual.response(), "shed")
        self.assertEqual(urgent.response().status, 200)


class Tenants(ServiceTest):
    def test_a_flood_of_one_tenant_does_not_keep_others_out(self):
        server = self.start(drill(limit=1, capacity=4, wait="10s", config=merged(
            queue(discipline="fair"),
            {"limiters": {"drill": {"tenant": {"key": "header:X-Tenant",
                                               "shares": {"flood": 1, "gold": 2}}}}})))
        server.hold(1, 2000)
        server.enqueue(4, headers={"X-Tenant": "flood"})
        client = server.connect()
        for _ in range(20):
            self.assert_refused(client.get("/v1/drill", X_Tenant="flood"), "queue_full")
        others = [server.connect() for _ in range(2)]
        for n, other in enumerate(others):
            other.start("GET", "/v1/drill", {"X-Tenant": ("gold", "somebody")[n]})
            server.await_value(n + 1, "requests_rejected_total", route="/v1/drill", reason="shed")
        for other in others:
            self.assertEqual(other.response().status, 200)
        metrics = server.settle()

        def counted(outcome, tenant):
            return metrics.value(f"tenant_requests_{outcome}_total", limiter="drill", tenant=tenant)
        self.assertEqual(counted("rejected", "flood"), 22)
        self.assertEqual(counted("rejected", "gold"), 0)
        self.assertEqual(counted("rejected", "other"), 0)
        self.assertEqual(counted("accepted", "gold"), 1)
        self.assertEqual(counted("accepted", "flood"), 2)
        self.assertEqual(counted("accepted", "other"), 2)

    def test_hostile_names_are_others_and_no_label(self):
        server = self.start(drill(limit=4, capacity=4, config=merged(
            queue(discipline="fair"),
            {"limiters": {"drill": {"tenant": {"key": "header:X-Tenant", "shares": {"gold": 2}}}}})))
        client = server.connect()
        names = ["", "x" * 8000, "\"}\\", "other", "GOLD", *(f"t{n}" for n in range(200))]
        for name in names:
            self.assertEqual(client.get("/v1/drill", X_Tenant=name).status, 200, name[:20])
        metrics = server.settle()
        self.assertEqual(metrics.label_values("tenant_requests_accepted_total", "tenant"),
                         {"gold", "other"})
        self.assertEqual(metrics.value("tenant_requests_accepted_total", limiter="drill",
                                       tenant="other"), len(names))


class Costs(ServiceTest):
    def test_what_costs_more_than_the_limit_waits_for_an_empty_limiter_and_runs_alone(self):
        server = self.start(merged(drill(limit=2, capacity=4, wait="10s"), routes(
            {"path": "/v1/drill"}, {"path": "/heavy", "cost": 5})))
        server.hold(1, 1000)
        heavy, = server.enqueue(1, sleep_ms=500, target="/heavy")   # a unit is free, and it waits
        light, = server.enqueue(1)                                  # and nobody overtakes it
        server.await_value(5, "in_flight_units", limiter="drill")
        metrics = server.scrape()
        self.assertEqual(metrics.value("in_flight", limiter="drill"), 1)
        self.assertEqual(metrics.value("queue_depth", limiter="drill"), 1)
        self.assertEqual(heavy.response().status, 200)
        self.assertEqual(light.response().status, 200)
        server.await_value(0, "in_flight_units", limiter="drill")

    def test_a_body_costs_by_its_bytes(self):
        server = self.start(drill(limit=12, capacity=4, cost={"per_bytes": "1KiB"}))
        client = server.connect()
        client.start("POST", "/v1/drill?sleep_ms=500", body=b"x" * 9000)
        server.await_value(9, "in_flight_units", limiter="drill")
        self.assertEqual(server.value("in_flight", limiter="drill"), 1)
        self.assertEqual(client.response().status, 200)

    def test_images_cost_by_their_pixels_and_more_units_than_places_are_no_error(self):
        server = self.start({
            "pools": {"cpu": {"workers": 1, "queue": 1}},
            "limiters": {"resize": {"limit": {"algorithm": "fixed", "value": 100}}},
            "routes": [{"path": "/v1/resize", "methods": ["POST"], "handler": "resize",
                        "limiter": "resize", "pool": "cpu", "cost": {"per_pixels": 100}}]})
        client = server.connect()
        for width, pixels in ((16, bytes(17 * 16)), (60000, b"")):   # the second: refused unread
            response = client.request("POST", "/v1/resize?width=8", body=png(width, width, pixels))
            self.assertIn(response.status, (200, 422))
        metrics = server.settle()
        self.assertEqual(metrics.value("limit", limiter="resize"), 100)
        self.assertEqual(metrics.value("in_flight_units", limiter="resize"), 0)


if __name__ == "__main__":
    unittest.main()
