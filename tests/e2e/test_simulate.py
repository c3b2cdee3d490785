"""`spillway simulate`: results, files and messages."""

import csv
import json
import os
import pathlib
import re
import tempfile
import unittest

from harness import run_tool

SCENARIOS = pathlib.Path(__file__).resolve().parents[2] / "loadtest" / "scenarios"

SCENARIO = """name: example
phases: [{name: p, for: 10s, rate: 400/s, arrivals: poisson}]
clients: {a: {path: /a}}
service: {time: 50ms, workers: 8}
"""


class Simulate(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="spillway-e2e-")
        self.addCleanup(self.folder.cleanup)

    def write(self, text):
        path = os.path.join(self.folder.name, "scenario.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def result(self, *args):
        done = run_tool("simulate", *args, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_prints_a_balanced_account(self):
        done = run_tool("simulate", self.write(SCENARIO))
        self.assertEqual(done.returncode, 0, done.stderr)
        line = re.search(r"^account +offered (\d+) \(retries 0\) = good (\d+) \+ late (\d+) \+ timed_out (\d+) "
                         r"\+ rejected (\d+) \+ dropped (\d+)$", done.stdout, re.MULTILINE)
        self.assertTrue(line, done.stdout)
        offered, *endings = map(int, line.groups())
        self.assertEqual(offered, sum(endings))

    def test_says_the_same_as_json_and_as_a_table_over_time(self):
        table = os.path.join(self.folder.name, "series.csv")
        account = self.result(self.write(SCENARIO), "--csv", table)["account"]
        with open(table, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertGreaterEqual(len(rows), 40)
        for name in ("offered", "good", "late", "timed_out", "dropped"):
            self.assertEqual(sum(int(row[name]) for row in rows), account[name], name)
        self.assertEqual(sum(int(row["rejected"]) for row in rows), account["rejected_total"])

    def test_the_seed_and_single_keys_can_be_set_from_outside(self):
        path = self.write(SCENARIO)
        first = self.result(path, "--seed", "1")
        self.assertEqual(first, self.result(path))
        self.assertNotEqual(first["account"], self.result(path, "--seed", "2")["account"])
        larger = self.result(path, "--set", "service.workers=32")
        self.assertEqual(larger["account"]["rejected_total"], 0)

    def test_says_what_is_wrong_with_a_scenario_and_where(self):
        path = self.write(SCENARIO + "limiter: {limit: {algorithm: vega}}\n")
        done = run_tool("simulate", path)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith(f"{path}:5:30: limiter.limit.algorithm: "), done.stderr)

    def test_says_so_when_a_file_cannot_be_read_or_written(self):
        self.assertEqual(run_tool("simulate", os.path.join(self.folder.name, "none.yaml")).returncode, 2)
        done = run_tool("simulate", self.write(SCENARIO), "--csv", os.path.join(self.folder.name, "no", "file"))
        self.assertEqual(done.returncode, 2)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_runs_every_committed_scenario(self):
        for path in sorted(SCENARIOS.glob("**/*.yaml")):
            with self.subTest(path.name):
                account = self.result(str(path))["account"]
                ended = sum(account[n] for n in ("good", "late", "timed_out", "rejected_total", "dropped"))
                self.assertEqual(account["offered"], ended)


if __name__ == "__main__":
    unittest.main()
