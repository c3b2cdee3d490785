"""The load generator against the real service: its account, the server's, and what it says of both."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest

from harness import PATIENCE, ServiceTest, clean_environment, drill, eventually

BINARY = os.environ.get("SPILLWAY_LOAD_BINARY", "build/release/spillway-load")
ENDINGS = ("good", "late", "rejected", "errors", "failed", "left", "unsent")


class LoadTest(ServiceTest):
    def started(self, *args):
        """A generator that does not outlive the test, however that ends."""
        process = subprocess.Popen([BINARY, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=clean_environment())
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def url(self, server, path="/v1/drill"):
        return f"http://{server.public[0]}:{server.public[1]}{path}"

    def load(self, *args, code=0):
        """Runs to the end; returns what it printed and its result, which must balance."""
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            return self.ended(self.started(*args, "--json", file.name), file, code)

    def ended(self, process, file, code=0):
        """Waits for the end; what was printed and the result in the file, which must balance."""
        out, err = process.communicate(timeout=60 * PATIENCE)
        self.assertEqual(process.returncode, code, out + err)
        result = json.load(file)
        for run in result.values() if "open" in result else [result]:
            self.assert_balanced(run)
        return out, result

    def scenario(self, server, clients, phases, *args, **keys):
        """Runs a scenario; JSON is YAML."""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump({"name": "test", "target": self.url(server, ""), "clients": clients,
                       "phases": phases, **keys}, file)
            file.flush()
            return self.load(file.name, "--quiet", *args)[1]

    def assert_balanced(self, result):
        for part in [result["total"], *result["phases"], *result["classes"]]:
            counts = part["counts"]
            self.assertEqual(counts["offered"], sum(counts[e] for e in ENDINGS), part["name"])
            self.assertEqual(part["admitted"]["count"], counts["good"] + counts["late"])
            self.assertEqual(part["refused"]["count"], counts["rejected"])
            self.assertEqual(sum(r["count"] for r in part["rejected_by"]), counts["rejected"])
            for cause in ("failed", "unsent"):
                self.assertEqual(sum(f["count"] for f in part[cause + "_by"]), counts[cause])
        for ending in ("offered", *ENDINGS):
            self.assertEqual(sum(b["counts"][ending] for b in result["series"]["bins"]),
                             sum(p["counts"][ending] for p in result["phases"]), ending)
        self.assertEqual(sum(c["counts"]["offered"] for c in result["classes"]),
                         result["total"]["counts"]["offered"])


class TheAccount(LoadTest):
    def test_overload_is_counted_alike_on_both_sides(self):
        server = self.start(drill(limit=2, capacity=4, wait="50ms"))
        out, result = self.load("--rate", "400", "--for", "2s", "--connections", "500",
                                self.url(server, "/v1/drill?sleep_ms=20"))
        counts = result["total"]["counts"]
        self.assertEqual(counts["offered"], 800)
        self.assertGreater(counts["good"], 0)
        self.assertGreater(counts["rejected"], 0)
        metrics = server.settle()
        self.assertEqual(metrics.sum("requests_received_total"), 800 - counts["unsent"])
        self.assertEqual(metrics.sum("requests_rejected_total"), counts["rejected"])
        for row in result["total"]["rejected_by"]:
            self.assertEqual(metrics.sum("requests_rejected_total", reason=row["reason"]),
                             row["count"])
        self.assertTrue(all(c["agrees"] for c in result["server"]["checks"]))
        self.assertIn("counters agree", out)
        drills = result["series"]["limiters"].index("drill")
        seen = [b["limiters"][drills] for b in result["series"]["bins"] if b["limiters"]]
        self.assertTrue(seen)
        self.assertTrue(all(s["limit"] == 2 and s["queue_depth"] <= 4 for s in seen))

    def test_a_request_that_the_generator_did_not_send_is_a_disagreement(self):
        server = self.start(drill(limit=2, capacity=4))
        process = self.started("--rate", "50", "--for", "3s", "--quiet", self.url(server))
        server.await_value(lambda n: n > 0, "requests_received_total", route="/v1/drill")
        self.assertEqual(server.get("/v1/drill").status, 200)
        out, err = process.communicate(timeout=60 * PATIENCE)
        self.assertEqual(process.returncode, 1, out + err)
        self.assertIn("ERROR: /v1/drill received: the server counted 151, the generator 150", out)

    def test_arrivals_without_a_connection_are_unsent_and_never_fewer(self):
        server = self.start(drill(limit=2, capacity=4))
        out, result = self.load("--rate", "100", "--for", "1s", "--connections", "1",
                                "--connection-wait", "0s", self.url(server, "/v1/drill?sleep_ms=300"))
        counts = result["total"]["counts"]
        self.assertEqual(counts["offered"], 100)
        self.assertGreater(counts["unsent"], 50)
        self.assertEqual(result["total"]["unsent_by"][0]["label"], "no_connection")
        self.assertIn("arrivals were not sent", out)
        self.assertEqual(server.settle().sum("requests_received_total"), 100 - counts["unsent"])

    def test_a_server_without_such_metrics_is_loaded_all_the_same(self):
        server = self.start()
        out, result = self.load("--rate", "50", "--for", "1s", "--set", "metrics=" + self.url(server, "/healthz"),
                                self.url(server, "/healthz"))
        self.assertEqual(result["total"]["counts"]["good"], 50)
        self.assertIn("not compared", out)


class Clients(LoadTest):
    PHASE = [{"name": "all", "for": "1s", "rate": "100/s"}]

    def test_the_impatient_leave_and_the_server_agrees(self):
        server = self.start(drill(limit=100, capacity=4, config={"pools": {"drill": {"workers": 100}}}))
        result = self.scenario(server, {"impatient": {"path": "/v1/drill?sleep_ms=5000",
                                                      "patience": "100ms"}}, self.PHASE)
        counts = result["total"]["counts"]
        # On a machine so busy that the generator is late, those that have left by then are not sent.
        self.assertLessEqual({u["label"] for u in result["total"]["unsent_by"]}, {"too_late"})
        sent = 100 - counts["unsent"]
        self.assertGreater(sent, 0)
        self.assertEqual(counts["left"], sent)
        self.assertEqual(result["generator"]["connections_opened"], sent)
        checks = {c["what"]: c for c in result["server"]["checks"]}
        self.assertEqual(checks["/v1/drill received"]["generator_max"], sent)

    def test_retries_are_arrivals_of_their_own_and_marked(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 9000)
        result = self.scenario(
            server, {"naive": {"path": "/v1/drill", "retry": {"mode": "naive", "attempts_max": 3, "delay": "20ms"}}},
            [{"name": "storm", "for": "1s", "rate": "100/s"}, {"name": "rest", "for": "2s", "rate": "0/s"}])
        counts = result["total"]["counts"]
        self.assertEqual(counts["offered"], 300)
        self.assertEqual(counts["retries"], 200)
        self.assertEqual(counts["rejected"], 300)

    def test_the_obedient_do_not_come_back_before_they_were_told(self):
        server = self.start(drill(limit=1, capacity=0))
        server.hold(1, 9000)
        result = self.scenario(
            server, {"obedient": {"path": "/v1/drill", "retry": {"mode": "obedient", "attempts_max": 9, "delay": "1ms"}}},
            [{"name": "all", "for": "900ms", "rate": "100/s"}])
        # Retry-After is never below a second, which is after the end.
        self.assertEqual(result["total"]["counts"]["retries"], 0)
        self.assertEqual(result["generator"]["retries_dropped"], 90)

    def test_churn_opens_a_connection_for_each_request(self):
        server = self.start()
        result = self.scenario(server, {"churn": {"path": "/healthz", "new_connection": True}}, self.PHASE)
        self.assertEqual(result["total"]["counts"]["good"], 100)
        self.assertEqual(result["generator"]["connections_opened"], 100)

    def test_nobody_is_sent_whose_patience_ended_while_no_connection_was_free(self):
        server = self.start(drill(limit=2, capacity=4))
        result = self.scenario(
            server, {"slow": {"path": "/v1/drill?sleep_ms=300"},
                     "impatient": {"path": "/v1/drill", "patience": "50ms"}},
            [{"name": "one", "for": "100ms", "rate": "10/s", "clients": {"slow": 1}},
             {"name": "many", "for": "100ms", "rate": "200/s", "clients": {"impatient": 1}}],
            "--connection-wait", "9s", connections=1)
        self.assertEqual(result["total"]["counts"]["unsent"], 20)
        self.assertEqual(server.settle().sum("requests_received_total"), 1)

    def test_slow_readers_and_writers_get_through(self):
        server = self.start(drill(limit=100, capacity=100, config={"pools": {"drill": {"workers": 100}}}))
        result = self.scenario(
            server,
            {"reader": {"path": "/v1/drill?bytes=100000", "read_rate": 400000},
             "writer": {"path": "/v1/drill", "method": "POST", "body": {"size": 3000}, "write_rate": 10000}},
            self.PHASE, connections=300)
        total = result["total"]
        self.assertEqual(total["counts"]["good"] + total["counts"]["late"], 100)
        # By arithmetic a quarter and three tenths of a second; a client can be slower, not faster.
        self.assertGreaterEqual(total["admitted"]["min_ms"], 200)
        self.assertGreaterEqual(result["generator"]["bytes_received"],
                                100000 * result["classes"][0]["counts"]["offered"])

    def test_bodies_headers_tenants_and_deadlines_are_sent(self):
        server = self.start(drill(limit=1, capacity=4, wait="2s"))
        server.hold(1, 9000)
        result = self.scenario(
            server,
            {"hurried": {"path": "/v1/drill?cpu_ms={random:0-1}", "method": "POST", "deadline": "100ms",
                         "body": {"size": 20000}, "tenants": {"a": 1, "b": 2},
                         "headers": {"X-Tenant": "{tenant}", "X-Number": "{n}"}}},
            [{"name": "warm-up", "for": "500ms", "rate": "20/s", "measured": False},
             {"name": "poisson", "for": "1s", "rate": "20..60/s", "arrivals": "poisson"}])
        self.assertFalse(result["phases"][0]["measured"])
        self.assertEqual(result["phases"][0]["counts"]["offered"], 10)
        self.assertEqual(result["total"]["counts"]["rejected"], result["total"]["counts"]["offered"])
        self.assertLessEqual({r["reason"] for r in result["total"]["rejected_by"]},
                             {"deadline", "queue_full", "body_timeout"})


class TheOtherLoop(LoadTest):
    def test_a_closed_loop_has_never_more_in_flight_than_connections(self):
        server = self.start(drill(limit=2, capacity=0))
        out, result = self.load("--closed", "2", "--for", "1s", self.url(server, "/v1/drill?sleep_ms=10"))
        self.assertEqual(result["mode"], "closed")
        self.assertEqual(result["total"]["counts"]["rejected"], 0)   # two permits, two clients
        self.assertEqual(result["generator"]["connections_opened"], 2)

    def test_compare_prints_both_and_writes_both(self):
        server = self.start(drill(limit=2, capacity=4))
        with tempfile.NamedTemporaryFile("r", suffix=".html") as page:
            process_out, result = self.load("compare", "--rate", "50", "--for", "1s", "--html", page.name,
                                            self.url(server, "/v1/drill?sleep_ms=10"))
            self.assertIn("<svg", page.read())
        self.assertEqual(result["open"]["mode"], "open")
        self.assertEqual(result["closed"]["mode"], "closed")
        self.assertIn("closed loop", process_out)


class Ending(LoadTest):
    def interrupt(self, path):
        server = self.start(drill(limit=2, capacity=4))
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            process = self.started("--rate", "50", "--for", "10m", "--quiet", "--json", file.name,
                                   self.url(server, path))
            server.await_value(lambda n: n > 10, "requests_received_total", route="/v1/drill")
            process.send_signal(signal.SIGINT)
            out, result = self.ended(process, file)
        self.assertTrue(result["interrupted"])
        self.assertIn("interrupted", out)
        return result

    def test_an_interruption_ends_with_a_full_report(self):
        self.assertGreater(self.interrupt("/v1/drill")["total"]["counts"]["good"], 0)

    def test_an_interruption_does_not_wait_for_what_takes_long(self):
        self.assertGreater(self.interrupt("/v1/drill?sleep_ms=9000")["total"]["counts"]["left"], 0)

    FLOOD = [{"name": "flood", "for": "20ms", "rate": "10000000/s"}]

    def test_a_generator_that_cannot_keep_up_does_not_send_for_those_who_have_left(self):
        server = self.start()
        result = self.scenario(server, {"all": {"path": "/healthz"}}, self.FLOOD, timeout="1ms")
        self.assertEqual(result["total"]["counts"]["offered"], 200000)
        self.assertIn("too_late", [u["label"] for u in result["total"]["unsent_by"]])
        self.assertTrue(result["generator"]["is_bottleneck"])

    def test_an_interrupted_generator_that_is_behind_has_the_rates_of_what_it_took_up(self):
        server = self.start()
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            process = self.started("--rate", "10000000", "--for", "10m", "--timeout", "10s", "--quiet",
                                   "--json", file.name, self.url(server, "/healthz"))
            eventually(lambda: server.scrape().sum("responses_total", route="/healthz"))
            process.send_signal(signal.SIGINT)
            _, result = self.ended(process, file)
        total = result["total"]
        self.assertAlmostEqual(total["counts"]["offered"], 1e7 * total["duration_s"], delta=1)

    def test_one_signal_more_than_needed_does_not_cost_the_report(self):
        server = self.start(drill(limit=2, capacity=4))
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            process = self.started("--rate", "50", "--for", "10m", "--quiet", "--json", file.name,
                                   self.url(server, "/v1/drill?sleep_ms=9000"))
            server.await_value(lambda n: n > 5, "requests_received_total", route="/v1/drill")
            while process.poll() is None:
                process.send_signal(signal.SIGINT)
            _, result = self.ended(process, file)
        self.assertTrue(result["interrupted"])

    def test_a_comparison_that_is_interrupted_keeps_what_it_has(self):
        server = self.start(drill(limit=2, capacity=4))
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            process = self.started("compare", "--rate", "50", "--for", "10m", "--quiet", "--json", file.name,
                                   self.url(server))
            server.await_value(lambda n: n > 5, "requests_received_total", route="/v1/drill")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60 * PATIENCE)
            self.assertEqual(process.returncode, 1, out + err)
            self.assertIn("nothing to compare with", err)
            self.assert_balanced(json.load(file))

    def test_a_server_that_is_started_again_is_not_compared_with_its_former_self(self):
        first = self.start(drill(limit=2, capacity=4))
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            process = self.started("--rate", "50", "--for", "10m", "--quiet", "--json", file.name,
                                   self.url(first))
            first.await_value(lambda n: n > 5, "requests_received_total", route="/v1/drill")
            first.kill()
            second = self.start(drill(config={"server": {"listen": ["%s:%d" % first.public]}}))
            second.await_value(lambda n: n > 5, "requests_received_total", route="/v1/drill")
            process.send_signal(signal.SIGINT)
            out, result = self.ended(process, file)
        self.assertGreater(result["total"]["counts"]["good"], 10)
        self.assertIn("not compared: it was started again", out)

    def test_a_server_that_dies_is_failures_and_a_report(self):
        server = self.start(drill(limit=2, capacity=4))
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            process = self.started("--rate", "50", "--for", "2s", "--quiet", "--json", file.name,
                                   self.url(server))
            server.await_value(lambda n: n > 5, "requests_received_total", route="/v1/drill")
            server.kill()
            out, result = self.ended(process, file)
        self.assertEqual(result["total"]["counts"]["offered"], 100)
        self.assertGreater(result["total"]["counts"]["failed"], 0)
        self.assertIn("not compared", out)


class WrongUse(LoadTest):
    def complain(self, *args, code=2):
        process = self.started(*args)
        out, err = process.communicate(timeout=30 * PATIENCE)
        self.assertEqual(process.returncode, code, out + err)
        self.assertEqual(out, "")
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertTrue(err.startswith("spillway-load: "), err)
        return err

    def test_each_mistake_is_one_clear_line(self):
        url = "http://127.0.0.1:1/"
        self.assertIn("did you mean --rate", self.complain("--rat", "5", url))
        self.assertIn("--rate and --for", self.complain(url))
        self.assertIn("--rate:", self.complain("--rate", "fast", "--for", "1s", url))
        self.assertIn("--for:", self.complain("--rate", "5", "--for", "soon", url))
        self.assertIn("--connections:", self.complain("--rate", "5", "--for", "1s", "--connections", "0", url))
        self.assertIn("--closed", self.complain("--closed", "0", "--for", "1s", url))
        self.assertIn("--set", self.complain("--set", "x", "--rate", "5", "--for", "1s", url))
        self.assertIn("URL", self.complain("--rate", "5", "--for", "1s", "http:///x"))
        self.assertIn("no_such_file.yaml", self.complain("no_such_file.yaml"))
        self.assertIn("nothing to do", self.complain())
        self.assertIn("unexpected argument", self.complain("a.yaml", "b.yaml"))

    def test_a_file_that_cannot_be_written_is_said_so(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            process = self.started("--rate", "1", "--for", "100ms", "--timeout", "100ms", "--set", "metrics=none",
                                   "--quiet", "--json", "/no/such/place.json", f"http://127.0.0.1:{port}/")
            _, err = process.communicate(timeout=30 * PATIENCE)
        self.assertEqual(process.returncode, 1)
        self.assertIn("/no/such/place.json: cannot be written", err)

    def test_a_server_that_is_not_there_is_said_so(self):
        with socket.socket() as unused:   # bound, not listening: nobody else gets the port
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            self.assertIn("cannot connect to", self.complain(
                "--rate", "5", "--for", "1s", f"http://127.0.0.1:{port}/", code=1))


if __name__ == "__main__":
    unittest.main()
