"""The commands: exit codes and messages for configurations, flags, addresses; probe and version."""

import os
import pathlib
import re
import socket
import subprocess
import tempfile
import unittest

from harness import BINARY, PATIENCE, ServiceTest, run_tool

REFERENCE = pathlib.Path(__file__).resolve().parents[2] / "config" / "spillway.yaml"


class WithFiles(ServiceTest):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="spillway-e2e-")
        self.addCleanup(self.folder.cleanup)

    def write(self, text, name="test.yaml"):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def check(self, text):
        """check-config's exit code and its problems as [(line, column, rest)]."""
        path = self.write(text)
        done = run_tool("check-config", "-c", path)
        problems = []
        for line in (done.stdout + done.stderr).splitlines():
            match = re.match(re.escape(path) + r":(\d+):(\d+): (.+)\Z", line)
            if match:
                problems.append((int(match[1]), int(match[2]), match[3]))
        return done.returncode, problems, done.stdout + done.stderr

    def one_problem(self, text, line, *words):
        code, problems, output = self.check(text)
        self.assertEqual(code, 2, output)
        self.assertEqual(len(problems), 1, output)
        self.assertEqual(problems[0][0], line, output)
        for word in words:
            self.assertIn(word, problems[0][2])
        return problems[0]


class CheckConfig(WithFiles):
    def test_the_reference_is_good(self):
        done = run_tool("check-config", "-c", str(REFERENCE))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_an_empty_file_is_the_defaults(self):
        self.assertEqual(self.check("")[0], 0)
        self.assertEqual(self.check("# nothing\n")[0], 0)

    def test_every_problem_is_reported_at_once_with_line_and_column(self):
        code, problems, output = self.check(
            "server:\n"
            "  max_conections: 5\n"                 # 2: unknown
            "  header_timeout: soon\n"              # 3: not a duration
            "  max_connections: -1\n"               # 4: out of range
            "limiters:\n"
            "  drill:\n"
            "    limit: {algorithm: fixed, value: 1000}\n"   # 7: more than pool and its queue take
            "    queue: {capacity: many}\n"         # 8: not a number
            "log: {level: loud}\n")                 # 9: not one of
        self.assertEqual(code, 2)
        by_line = {line: text for line, _, text in problems}
        for line, words in {2: ("server.max_conections", "max_connections"), 3: ("server.header_timeout",),
                            4: ("server.max_connections",), 8: ("limiters.drill.queue.capacity",),
                            9: ("log.level", "debug")}.items():
            with self.subTest(line=line):
                self.assertIn(line, by_line, output)
                for word in words:
                    self.assertIn(word, by_line[line])
        columns = {line: column for line, column, _ in problems}
        self.assertIn(columns[3], (3, 19), output)   # of the key or of the value

    def test_a_limit_beyond_its_pool_is_impossible(self):
        code, _, output = self.check("limiters:\n  drill:\n    limit: {algorithm: fixed, value: 1000}\n")
        self.assertEqual(code, 2)
        self.assertIn("drill", output)

    def test_single_mistakes(self):
        for text, line, word in (
                ("server:\n  listen: [nonsense]\n", 2, "server.listen"),
                ("server:\n  body_timeout: 5\n", 2, "server.body_timeout"),
                ("server:\n  header_bytes_max: 16XB\n", 2, "server.header_bytes_max"),
                ("server:\n  half_close: 3\n", 2, "server.half_close"),
                ("server:\n  trusted_proxies: [10.0.0.0/99]\n", 2, "server.trusted_proxies"),
                ("server: 5\n", 1, "server"),
                ("drain:\n  timeout: 1s\n  timeout: 2s\n", 3, "timeout"),
                ("limiters:\n  drill:\n    status: 500\n", 3, "limiters.drill.status"),
                ("pools:\n  drill: {workers: 0}\n", 2, "pools.drill.workers")):
            with self.subTest(text):
                self.one_problem(text, line, word)

    def test_a_route_must_name_what_exists(self):
        route = ("routes:\n  - {path: /v1/drill, methods: [GET], handler: %s, limiter: %s, pool: %s}\n")
        self.assertEqual(self.check(route % ("drill", "drill", "drill"))[0], 0)
        for names in (("dril", "drill", "drill"), ("drill", "dril", "drill"), ("drill", "drill", "dril")):
            with self.subTest(names):
                self.one_problem(route % names, 2, "routes.0", "dril")

    def test_broken_yaml_has_a_place_too(self):
        code, problems, output = self.check("server:\n  listen: [\n")
        self.assertEqual(code, 2)
        self.assertTrue(problems, output)

    def test_an_unreadable_file_is_one_clear_message(self):
        for command in ("check-config", "serve", "print-config"):
            with self.subTest(command):
                done = run_tool(command, "-c", "/nonexistent/spillway.yaml")
                self.assertEqual(done.returncode, 2)
                self.assertIn("/nonexistent/spillway.yaml", done.stderr + done.stdout)


class Serve(WithFiles):
    def test_a_bad_configuration_is_exit_2(self):
        path = self.write("server:\n  max_conections: 5\n")
        done = run_tool("serve", "-c", path)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{path}:2:3: server.max_conections", done.stderr + done.stdout)

    def test_a_bad_set_or_variable_is_exit_2_and_named(self):
        done = run_tool("serve", "--set", "server.max_conections=5")
        self.assertEqual(done.returncode, 2)
        self.assertIn("server.max_conections", done.stderr + done.stdout)
        done = run_tool("serve", env={"SPILLWAY__SERVER__MAX_CONNECTIONS": "many"})
        self.assertEqual(done.returncode, 2)
        self.assertRegex((done.stderr + done.stdout).lower(), r"server(\.|__)max_connections")

    def test_an_address_in_use_is_exit_1_and_named(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            address = f"127.0.0.1:{other.getsockname()[1]}"
            for key in ("server.listen", "control.listen"):
                with self.subTest(key):
                    done = run_tool("serve", "--set", "server.listen=127.0.0.1:0",
                                    "--set", "control.listen=127.0.0.1:0", "--set", f"{key}={address}")
                    self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                    self.assertIn(address, done.stderr + done.stdout)

    def test_a_second_service_on_the_same_port_is_refused(self):
        server = self.start()
        address = "%s:%d" % server.public
        done = run_tool("serve", "--set", f"server.listen={address}", "--set", "control.listen=127.0.0.1:0")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(server.get("/healthz").status, 200)

    def test_file_then_environment_then_set(self):
        config = {"server": {"max_connections": 100}}
        variable = {"SPILLWAY__SERVER__MAX_CONNECTIONS": "200"}
        for options, expected in (({}, 100), ({"env": variable}, 200),
                                  ({"env": variable, "args": ["--set", "server.max_connections=300"]}, 300)):
            with self.subTest(expected=expected):
                server = self.start(config, **options)
                self.assertEqual(server.value("connections_max", listener="public"), expected)

    def test_set_indexes_lists_and_takes_yaml(self):
        server = self.start(args=["--set", "routes.1.deadline=200ms", "--set", "drain.timeout=3s",
                                  "--set", "limiters.drill.queue={capacity: 7, wait_timeout: 50ms}"])
        self.assertEqual(server.get("/v1/drill?sleep_ms=3000").status, 504)
        self.assertEqual(server.value("queue_capacity", limiter="drill"), 7)

    def test_the_variable_spillway_config_names_the_file(self):
        path = self.write("server: {max_connections: 123}\n")
        done = run_tool("print-config", env={"SPILLWAY_CONFIG": path})
        self.assertEqual(done.returncode, 0)
        self.assertIn("max_connections: 123", done.stdout)


class PrintConfig(WithFiles):
    def test_its_output_is_accepted_and_prints_as_itself(self):
        first = run_tool("print-config")
        self.assertEqual(first.returncode, 0, first.stderr)
        path = self.write(first.stdout)
        self.assertEqual(run_tool("check-config", "-c", path).returncode, 0)
        self.assertEqual(run_tool("print-config", "-c", path).stdout, first.stdout)

    def test_auto_is_kept_as_written(self):
        self.assertRegex(run_tool("print-config").stdout, r"shards: auto")

    def test_what_the_file_says_is_in_it_with_the_defaults_round_it(self):
        path = self.write("limiters:\n  drill:\n    queue: {capacity: 5}\n")
        done = run_tool("print-config", "-c", path)
        self.assertRegex(done.stdout, r"capacity: 5\b")
        self.assertRegex(done.stdout, r"wait_timeout: 200ms")


class Words(ServiceTest):
    def test_an_unknown_command_gets_the_nearest_name(self):
        for wrong, right in (("serv", "serve"), ("chek-config", "check-config"), ("versoin", "version"),
                             ("prob", "probe"), ("printconfig", "print-config")):
            with self.subTest(wrong):
                done = run_tool(wrong)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertIn(wrong, done.stderr)
                self.assertIn(right, done.stderr)

    def test_an_unknown_flag_gets_the_nearest_name(self):
        for args, right in ((("serve", "--sett", "a=b"), "--set"), (("serve", "--st=a=b"), "--set")):
            with self.subTest(args):
                done = run_tool(*args)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertRegex(done.stderr, re.escape(right) + r"\b")

    def test_simulate_needs_a_scenario(self):
        done = run_tool("simulate")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)

    def test_replay_answers_each_sample_before_it_reads_the_next(self):
        header = ('algorithm aimd {"initial_limit":20,"min_limit":20,"max_limit":200,'
                  '"backoff_ratio":0.9,"timeout_ns":5000000000}\n')
        with subprocess.Popen([BINARY, "replay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, bufsize=1) as replay:
            replay.stdin.write(header)
            for sample, limit in (("1001000000,10000000,20,0", "21"), ("1002000000,10000000,9,0", "21"),
                                  ("1003000000,10000000,21,1", "20")):
                replay.stdin.write(sample + "\n")
                self.assertEqual(replay.stdout.readline(), limit + "\n")
            replay.stdin.close()
            self.assertEqual(replay.wait(20 * PATIENCE), 0)

    def test_replay_goes_on_after_a_bad_header_and_says_so_at_its_end(self):
        done = subprocess.run([BINARY, "replay"], input="algorithm nothing {}\n1,1,1,0\n", text=True,
                              capture_output=True, timeout=20 * PATIENCE)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (2, 1))
        self.assertTrue(done.stdout.startswith("error unknown algorithm 'nothing'"), done.stdout)

    def test_version_names_itself_and_what_it_is_made_of(self):
        done = run_tool("version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"spillway \d+\.\d+\.\d+")
        for word in ("boost", "vips"):
            self.assertIn(word, done.stdout.lower())


class Probe(ServiceTest):
    def test_it_is_0_on_2xx_and_1_otherwise(self):
        server = self.start()
        public = "http://%s:%d" % server.public
        self.assertEqual(run_tool("probe", public + "/healthz").returncode, 0)
        self.assertEqual(run_tool("probe", public + "/nowhere").returncode, 1)

    def test_it_is_1_where_nobody_answers(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))   # bound, not listening: refused
            port = unused.getsockname()[1]
            self.assertEqual(run_tool("probe", f"http://127.0.0.1:{port}/healthz").returncode, 1)

    def test_a_server_that_never_answers_is_1_in_bounded_time(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            port = silent.getsockname()[1]
            self.assertEqual(run_tool("probe", f"http://127.0.0.1:{port}/healthz").returncode, 1)

    def test_without_a_url_it_asks_the_configured_listener(self):
        server = self.start()
        control = {"SPILLWAY__CONTROL__LISTEN": "%s:%d" % server.control}
        self.assertEqual(run_tool("probe", env=control).returncode, 0)
        public = {"SPILLWAY__CONTROL__LISTEN": '""', "SPILLWAY__SERVER__LISTEN": "%s:%d" % server.public}
        self.assertEqual(run_tool("probe", env=public).returncode, 0)


if __name__ == "__main__":
    unittest.main()
