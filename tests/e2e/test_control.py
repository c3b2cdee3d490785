"""The control listener: who may read, who may change, and that the rest of the world may not."""

import os
import pathlib
import tempfile

from harness import ServiceTest, drill, eventually, merged, run_tool

TOKEN = "correct-horse-battery-staple"


class Control(ServiceTest):
    def ask(self, server, method="POST", target="/reload", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return server.connect(server.control).request(method, target, headers)

    def applied(self, server):
        return server.value("config_reloads_total", result="applied")

    def with_token(self, text=TOKEN, listen="127.0.0.1:0"):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "token")
        with open(path, "w", encoding="ascii") as file:
            file.write(text + "\n")
        os.chmod(path, 0o600)
        return path, merged(drill(), {"control": {"listen": listen, "token_file": path}})

    def test_post_reload_does_what_sighup_does(self):
        server = self.start(drill())
        response = self.ask(server)
        self.assertEqual(response.status, 202)
        server.await_value(1, "config_reloads_total", result="applied")

    def test_reload_is_nothing_to_get_and_not_on_the_public_listener(self):
        server = self.start(drill())
        refused = self.ask(server, method="GET")
        self.assertEqual((refused.status, refused.header("Allow")), (405, "POST"))
        self.assertEqual(server.connect().request("POST", "/reload", {}).status, 404)
        self.assertEqual(self.applied(server), 0)

    def test_a_page_in_a_browser_changes_nothing_and_reads_nothing_under_its_own_name(self):
        server = self.start(drill())
        self.assertEqual(self.ask(server, Origin="http://elsewhere.example").status, 403)
        for target in ("/limiters", "/metrics", "/explain", "/"):
            rebound = self.ask(server, "GET", target, Host="elsewhere.example")
            self.assertEqual(rebound.status, 421, target)
            self.assertIn("control.hosts", rebound.body.decode())
        self.assertEqual(self.applied(server), 0)

    def test_with_a_token_only_its_holder_reloads_and_a_new_one_counts_from_the_next_reload(self):
        path, config = self.with_token()
        server = self.start(config)
        refused = self.ask(server)
        self.assertEqual((refused.status, refused.header("WWW-Authenticate")), (401, "Bearer"))
        with open(path, "w", encoding="ascii") as file:
            file.write("another-word-of-the-same-kind")
        self.assertEqual(self.ask(server, Authorization=f"Bearer {TOKEN}").status, 202)
        server.await_value(1, "config_reloads_total", result="applied")
        self.assertEqual(self.ask(server, Authorization=f"Bearer {TOKEN}").status, 401)
        self.assertEqual(
            self.ask(server, Authorization="Bearer another-word-of-the-same-kind").status, 202)

    def test_nothing_shows_the_token(self):
        _, config = self.with_token()
        server = self.start(config)
        self.ask(server, Authorization=f"Bearer {TOKEN}")
        server.await_value(1, "config_reloads_total", result="applied")
        server.connect().request("GET", "/v1/drill?sleep_ms=1",
                                 {"Authorization": f"Bearer {TOKEN}", "X-Request-Id": "mine"})
        shown = [server.log_text()]
        for target in ("/explain/mine", "/explain", "/limiters", "/metrics"):
            shown.append(self.ask(server, "GET", target).body.decode())
        server._file.seek(0)
        printed = run_tool("print-config", "--config", server._file.name)
        self.assertEqual(printed.returncode, 0)
        shown.append(printed.stdout)
        for text in shown:
            self.assertNotIn(TOKEN, text)

    def test_a_token_file_that_holds_none_is_one_clear_message_at_start_and_at_reload(self):
        path, config = self.with_token("short")
        defaults = pathlib.Path(__file__).resolve().parents[2] / "config" / "spillway.yaml"
        check = ("check-config", "-c", str(defaults), "--set")
        text = run_tool(*check, f"control.token_file={path}")
        self.assertEqual(text.returncode, 2)
        self.assertIn("does not hold a token (allowed: one word of 16 to 4096", text.stderr)
        self.assertNotIn("short", text.stderr.replace(path, ""))
        missing = run_tool(*check, "control.token_file=/nowhere/token")
        self.assertEqual(missing.returncode, 2)
        self.assertIn("/nowhere/token", missing.stderr)
        with open(path, "w", encoding="ascii") as file:
            file.write(TOKEN)
        server = self.start(config)
        os.remove(path)
        self.assertEqual(self.ask(server, Authorization=f"Bearer {TOKEN}").status, 202)
        server.await_value(1, "config_reloads_total", result="rejected")
        self.assertEqual(self.ask(server, Authorization=f"Bearer {TOKEN}").status, 202)

    def warned_of_mode(self, server, path):
        return server.logged(lambda e: e.get("level") == "warn" and f"control.token_file: {path}" in str(e.get("msg")))

    def test_a_token_file_that_everybody_may_read_is_warned_of_at_start_and_at_each_reload(self):
        path, config = self.with_token()
        os.chmod(path, 0o644)
        server = self.start(config)
        (warning,) = self.warned_of_mode(server, path)
        self.assertIn("(mode 0644)", warning["msg"])
        for reloads, (mode, expected) in enumerate(((0o440, 1), (0o604, 2)), start=1):
            os.chmod(path, mode)
            self.assertEqual(self.ask(server, Authorization=f"Bearer {TOKEN}").status, 202)
            eventually(lambda: len(server.logged(lambda e: str(e.get("msg")).startswith("reloaded"))),
                       lambda seen, wanted=reloads: seen == wanted, what="it is reloaded")
            self.assertEqual(len(self.warned_of_mode(server, path)), expected, f"mode {mode:04o}")

    def test_off_loopback_it_reads_only_without_a_token(self):
        server = self.start(merged(drill(), {"control": {"listen": "0.0.0.0:0"}}))
        self.assertEqual(self.ask(server).status, 403)
        self.assertEqual(self.ask(server, "GET", "/metrics", Host="spillway.shop.svc").status, 200)

    def test_loopback_by_name_is_loopback(self):
        server = self.start(merged(drill(), {"control": {"listen": "localhost:0"}}))
        self.assertEqual(self.ask(server, "GET", "/limiters", Host="elsewhere.example").status, 421)
        self.assertEqual(self.ask(server).status, 202)
