"""TLS on the listeners: who is served, who is refused, and that HTTP's rules stay what they are."""

import json
import pathlib
import signal
import ssl
import subprocess
import threading
import time
import unittest

from certificates import Folder, SecureClient, client_context, hello, openssl
from harness import Call, PATIENCE, ServiceTest, drill, eventually, merged, run_tool
from http_client import Client, ConnectionLost, encode_request

PHOTO = pathlib.Path(__file__).resolve().parent.parent / "support" / "photos" / "photo.jpg"
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class TlsTest(ServiceTest):
    def setUp(self):
        self.folder = Folder(self)
        self.pair = self.folder.pair()

    def start_tls(self, config=None, tls=None, **options):
        config = merged(config or {}, {"server": {"tls": self.pair.config(**(tls or {}))}})
        return self.start(config, **options)

    def secure(self, server, address=None, **options):
        client = SecureClient(address or server.public, timeout=15 * PATIENCE, **options)
        server.clients.append(client)
        return client

    def handshakes(self, server, outcome, listener="public"):
        return server.value("tls_handshakes_total", listener=listener, outcome=outcome)

    def await_handshakes(self, server, outcome, count):
        return eventually(lambda: self.handshakes(server, outcome), lambda n: n == count,
                          what=f"{count} handshakes {outcome}")

    def reload(self, server, result):
        before = server.value("config_reloads_total", result=result)
        server.is_reloaded = True
        server.process.send_signal(signal.SIGHUP)
        server.await_value(before + 1, "config_reloads_total", result=result)


class Protocols(TlsTest):
    def test_tls_1_2_and_1_3_are_served_and_nothing_older(self):
        server = self.start_tls()
        for version in (TLS_1_2, TLS_1_3):
            with self.subTest(version):
                client = self.secure(server, context=client_context(least=version, most=version))
                self.assertEqual(client.get("/healthz").status, 200)
                self.assertEqual(client.socket.version(), version.name.replace("v1_", "v1."))
                name, _, bits = client.socket.cipher()
                self.assertTrue("GCM" in name or "CHACHA20" in name, name)
                self.assertIn(bits, (128, 256))
        done = subprocess.run(
            ["openssl", "s_client", "-connect", "%s:%d" % server.public, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            input=b"", capture_output=True, timeout=20 * PATIENCE, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.await_handshakes(server, "failed", 1)

    def test_suites_without_forward_secrecy_or_without_aead_are_refused(self):
        server = self.start_tls()
        for suites in ("AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"):
            with self.subTest(suites), self.assertRaises(ssl.SSLError):
                SecureClient(server.public, context=client_context(most=TLS_1_2, ciphers=suites))
        client = self.secure(server, context=client_context(most=TLS_1_2, ciphers="ECDHE-ECDSA-CHACHA20-POLY1305"))
        self.assertEqual(client.get("/healthz").status, 200)

    def test_a_client_that_names_protocols_must_name_http_1_1(self):
        server = self.start_tls()
        for offered, chosen in ((None, None), (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1")):
            client = self.secure(server, context=client_context(alpn=offered))
            self.assertEqual(client.socket.selected_alpn_protocol(), chosen)
            self.assertEqual(client.get("/healthz").status, 200)
        for version in (TLS_1_2, TLS_1_3):
            with self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
                SecureClient(server.public, context=client_context(alpn=["h2"], least=version, most=version))
        self.await_handshakes(server, "failed", 2)
        self.assertEqual(self.handshakes(server, "done"), 3)

    def test_plain_http_is_told_so_in_plain_http(self):
        server = self.start_tls()
        client = server.connect()
        response = client.get("/healthz")
        self.assertEqual(response.status, 400)
        self.assertIn("TLS", response.json()["detail"])
        self.assertTrue(response.says_close)
        self.assertTrue(client.is_closed())
        self.await_handshakes(server, "not_tls", 1)
        self.assertEqual(server.value("http_errors_total", code="400"), 1)

    def test_noise_is_closed_and_counted(self):
        server = self.start_tls()
        for noise, outcome in ((b"\0" * 100, "not_tls"), (b"\x16\x03\x01\x00\x10" + b"x" * 16, "failed"),
                               (b"\x16\x03\x01\xff\xff" + b"x" * 100, "failed")):
            before = self.handshakes(server, outcome)
            client = server.connect()
            client.send(noise)
            self.await_handshakes(server, outcome, before + 1)
            with self.assertRaises(ConnectionLost):
                while True:
                    client.fill("the end")

    def test_a_ticket_resumes_on_any_shard_and_after_a_reload_of_the_same_pair(self):
        server = self.start_tls({"server": {"shards": 3}})
        for version in (TLS_1_2, TLS_1_3):
            with self.subTest(version):
                context = client_context(least=version, most=version)
                first = self.secure(server, context=context)
                self.assertEqual(first.get("/healthz").status, 200)
                self.reload(server, "applied")
                for _ in range(12):
                    again = self.secure(server, context=context, session=first.socket.session)
                    self.assertEqual(again.get("/healthz").status, 200)
                    self.assertTrue(again.socket.session_reused)
        self.assertEqual(server.value("tls_handshakes_resumed_total", listener="public"), 24)

    def test_no_renegotiation(self):
        server = self.start_tls()
        done = subprocess.run(
            ["openssl", "s_client", "-connect", "%s:%d" % server.public, "-tls1_2"], input=b"R\n",
            capture_output=True, timeout=20 * PATIENCE, check=False)
        self.assertIn(b"no renegotiation", done.stderr + done.stdout)


class Handshakes(TlsTest):
    def test_a_hello_may_come_in_pieces_and_costs_no_place_until_it_is_whole(self):
        server = self.start_tls({"server": {"shards": 1}}, tls={"handshakes_max": 1})
        first, *_ = hello()
        halves = [server.connect() for _ in range(20)]
        for client in halves:
            client.send(first[:len(first) // 2])
        self.assertEqual(self.secure(server).get("/healthz").status, 200)
        client = server.connect()
        for byte in first[:40]:
            client.send(bytes([byte]))
        client.send(first[40:])
        client.fill("the server's hello")
        self.assertEqual(client.buffer[0], 22)

    def test_silence_and_half_a_hello_end_at_the_header_timeout(self):
        server = self.start_tls({"server": {"header_timeout": "1s"}})
        silent, half, stalled = (server.connect() for _ in range(3))
        first, *_ = hello()
        half.send(first[:7])
        stalled.send(first)
        stalled.fill("the server's hello")
        stalled.buffer = b""
        for client in (silent, half, stalled):
            self.assertTrue(client.is_closed(within=5 * PATIENCE))
        self.await_handshakes(server, "timeout", 2)

    def test_whoever_holds_a_place_for_long_gives_way_to_who_waits(self):
        server = self.start_tls({"server": {"shards": 1, "header_timeout": "20s"}}, tls={"handshakes_max": 2})
        first, *_ = hello()
        stalled = [server.connect() for _ in range(6)]
        for client in stalled:
            client.send(first)
        server.await_value(2, "tls_handshakes", listener="public")
        self.assertEqual(server.value("tls_handshakes_max", listener="public"), 2)
        self.assertEqual(self.secure(server).get("/healthz").status, 200)
        self.assertGreaterEqual(self.handshakes(server, "gave_way"), 4)
        server.close_clients()
        server.await_value(0, "tls_handshakes", listener="public")

    def test_waiting_for_a_place_ends_at_the_header_timeout(self):
        server = self.start_tls({"server": {"shards": 1, "header_timeout": "1s"}}, tls={"handshakes_max": 1})
        first, *_ = hello()
        for _ in range(20):
            server.connect().send(first)
        eventually(lambda: sum(self.handshakes(server, o) for o in ("timeout", "no_place", "gave_way")),
                   lambda n: n == 20, what="all have ended")

    def test_clients_that_leave_while_they_wait_are_in_nobodys_way(self):
        server = self.start_tls({"server": {"shards": 1}}, tls={"handshakes_max": 1})
        first, *_ = hello()
        holder = server.connect()
        holder.send(first)
        server.await_value(1, "tls_handshakes", listener="public")
        waiting = [server.connect() for _ in range(8)]
        for client in waiting:
            client.send(first)
        for client in waiting:
            client.close()
        self.await_handshakes(server, "client_gone", 8)
        self.assertEqual(self.secure(server).get("/healthz").status, 200)

    def test_many_at_once_are_all_served(self):
        server = self.start_tls({"server": {"shards": 2}}, tls={"handshakes_max": 2})
        calls = [Call(lambda: self.secure(server).get("/healthz").status) for _ in range(60)]
        self.assertEqual([call.result() for call in calls], [200] * 60)
        self.assertEqual(self.handshakes(server, "done"), 60)


class Http(TlsTest):
    def test_requests_bodies_and_images(self):
        server = self.start_tls()
        client = self.secure(server)
        self.assertEqual(client.request("POST", "/v1/drill", body=b"x" * 3_000_000).json()["body_bytes"], 3_000_000)
        image = client.request("POST", "/v1/resize?width=64", body=PHOTO.read_bytes())
        self.assertEqual((image.status, image.header("content-type")), (200, "image/jpeg"))
        plain = Client(server.control)
        self.addCleanup(plain.close)
        self.assertEqual(plain.get("/healthz").status, 200)

    def test_pipelined_requests_are_answered_in_order(self):
        server = self.start_tls()
        client = self.secure(server)
        sizes = [11, 40000, 12, 0, 13]
        client.send(b"".join(encode_request("GET", f"/v1/drill?bytes={n}&sleep_ms=20") for n in sizes))
        self.assertEqual([len(client.response().body) for _ in sizes], sizes)

    def test_a_long_reply_reaches_a_slow_reader_whole(self):
        server = self.start_tls({"server": {"write_timeout": "10m"}})
        client = self.secure(server, receive_buffer=65536)
        client.start("GET", "/v1/drill?bytes=10485760")
        server.await_value(lambda n: n > 0, "response_memory_bytes")
        response = client.response()
        self.assertEqual(len(response.body), 10485760)
        again = client.get("/v1/drill?bytes=10485760")
        self.assertEqual(response.body, again.body)

    def test_a_reader_that_stops_is_cut_without_a_goodbye(self):
        server = self.start_tls({"server": {"write_timeout": "300ms"}})
        client = self.secure(server, receive_buffer=8192)
        client.start("GET", "/v1/drill?bytes=10485760")
        server.await_value(1, "requests_finished_total", route="/v1/drill", ending="client_gone")
        server.await_value(0, "response_memory_bytes")
        with self.assertRaises(ConnectionLost):
            client.response()

    def test_each_end_of_ours_is_said(self):
        server = self.start_tls({"server": {"idle_timeout": "300ms"}})
        asked = self.secure(server)
        self.assertTrue(asked.get("/healthz", Connection="close").says_close)
        idle = self.secure(server)
        self.assertEqual(idle.get("/healthz").status, 200)
        malformed = self.secure(server)
        malformed.send(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        self.assertEqual(malformed.response().status, 400)
        for client in (asked, idle, malformed):
            with self.assertRaisesRegex(ConnectionLost, "end of stream"):
                client.fill("the end")

    def test_a_refused_upload_still_reads_its_refusal(self):
        server = self.start_tls(drill(body_bytes_max="1KiB"))
        client = self.secure(server)
        client.start("POST", "/v1/drill", {"Content-Length": str(2_000_000)})
        sender = Call(self.send_what_is_taken, client, 2_000_000)
        self.assertEqual(client.response().status, 413)
        client.close()
        sender.result()

    @staticmethod
    def send_what_is_taken(client, size):
        try:
            client.send(b"x" * size)
        except (OSError, ValueError):
            pass

    def test_a_connection_rests_and_wakes(self):
        server = self.start_tls()
        client = self.secure(server)
        self.assertEqual(client.get("/healthz").status, 200)
        time.sleep(1.3)  # longer than a connection keeps its buffers without being asked
        self.assertEqual(client.get("/v1/drill?bytes=100000").status, 200)


class ClientGone(TlsTest):
    def leave(self, how, pipelined=b""):
        server = self.start_tls(drill(limit=1, capacity=4, wait="10s"))
        for outcome in ("working", "waiting"):
            with self.subTest(f"{how.__name__}, {outcome}"):
                holder = self.secure(server)
                client = holder if outcome == "working" else self.secure(server)
                holder.start("GET", "/v1/drill?sleep_ms=10000")
                server.await_value(1, "in_flight", limiter="drill")
                if outcome == "waiting":
                    client.start("GET", "/v1/drill?sleep_ms=10000")
                    server.await_value(1, "queue_depth", limiter="drill")
                if pipelined:
                    client.send(pipelined)
                how(client)
                if outcome == "working":
                    server.await_value(1, "requests_finished_total", route="/v1/drill", ending="client_gone")
                else:
                    server.await_value(1, "requests_dropped_total", route="/v1/drill", reason="client_gone")
                    holder.reset()
                server.await_value(0, "in_flight", limiter="drill")

    def test_a_close_notify_frees_its_place_at_once(self):
        self.leave(SecureClient.say_end)

    def test_so_does_a_bare_fin(self):
        self.leave(SecureClient.fin)

    def test_so_does_a_reset(self):
        self.leave(SecureClient.reset)

    def test_so_does_a_close_notify_behind_a_pipelined_request(self):
        self.leave(SecureClient.say_end, encode_request("GET", "/healthz"))

    def test_so_does_one_that_closes_behind_more_than_the_buffer_holds(self):
        server_room = 16 * 1024 + 4096
        request = encode_request("GET", "/healthz", {"X-Filler": "f" * 1900})

        def close(client):
            client.say_end()
            client.fin()
        self.leave(close, request * (server_room // len(request) + 3))

    def test_half_close_lets_a_client_keep_its_place(self):
        server = self.start_tls(merged(drill(limit=1, capacity=4, wait="10s"), {"server": {"half_close": True}}))
        client = self.secure(server, context=client_context(least=TLS_1_3))
        client.start("GET", "/v1/drill?sleep_ms=300")
        server.await_value(1, "in_flight", limiter="drill")
        client.fin()
        client.socket.settimeout(15 * PATIENCE)
        self.assertEqual(client.response().status, 200)


class Drain(TlsTest):
    def test_what_works_is_answered_and_what_is_idle_is_closed_politely(self):
        server = self.start_tls()
        idle, silent = self.secure(server), server.connect()
        self.assertEqual(idle.get("/healthz").status, 200)
        working = self.secure(server)
        working.start("GET", "/v1/drill?sleep_ms=500")
        server.await_value(1, "in_flight", limiter="drill")
        server.terminate()
        response = working.response()
        self.assertEqual(response.status, 200)
        self.assertTrue(response.says_close)
        with self.assertRaisesRegex(ConnectionLost, "end of stream"):
            idle.fill("the end")
        self.assertTrue(silent.is_closed())
        self.assertEqual(server.await_exit(), 0)


class Certificates(TlsTest):
    def test_new_connections_use_a_new_pair_and_old_ones_keep_theirs(self):
        server = self.start_tls()
        before = self.secure(server)
        self.assertEqual(before.get("/healthz").status, 200)
        ticket = before.socket.session
        self.pair.renew("second")
        self.reload(server, "applied")
        after = self.secure(server, context=before.socket.context, session=ticket)
        self.assertEqual(after.get("/healthz").status, 200)
        self.assertFalse(after.socket.session_reused, "a ticket of the old pair is worth nothing")
        self.assertNotEqual(after.certificate(), before.certificate())
        self.assertEqual(before.get("/healthz").status, 200)
        server.await_logged(lambda e: e.get("msg") == "new handshakes use another certificate")

    def test_a_bad_new_pair_changes_nothing_and_is_told(self):
        server = self.start_tls()
        before = self.secure(server)
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(self.pair.key))
        self.reload(server, "rejected")
        after = self.secure(server)
        self.assertEqual(after.certificate(), before.certificate())
        server.await_logged(lambda e: "server.tls.key" in e.get("msg", "") and
                            "is not the key of the certificate" in e["msg"])

    def test_reloads_under_load_lose_nobody(self):
        server = self.start_tls()
        ends, failures, served = threading.Event(), [], []

        def ask():
            while not ends.is_set():
                try:
                    client = SecureClient(server.public, timeout=15 * PATIENCE)
                    for _ in range(3):
                        served.append(client.get("/v1/drill?bytes=20000").status)
                    client.close()
                except (OSError, AssertionError) as error:
                    failures.append(repr(error))
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for n in range(5):
            self.pair.renew(f"turn-{n}")
            before = len(served)
            self.reload(server, "applied")
            eventually(lambda: len(served), lambda count: count > before + 20, what="requests after a reload")
        ends.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(set(served), {200})

    def check(self, **tls):
        path = self.folder.path / "config.yaml"
        path.write_text("server:\n  tls:\n    certificate: %s\n    key: %s\n" % (
            tls.get("certificate", self.pair.certificate), tls.get("key", self.pair.key)))
        return run_tool("check-config", "-c", str(path))

    def test_each_mistake_has_one_clear_line(self):
        folder = self.folder.path
        (folder / "text").write_text("hello\n")
        openssl("pkcs8", "-topk8", "-in", str(self.pair.key), "-out", str(folder / "locked"), "-passout", "pass:a")
        other = self.folder.pair("other")
        mistakes = (
            ({"certificate": folder / "none"}, ":3:18: server.tls.certificate: ", "none cannot be read: No such file"),
            ({"certificate": folder}, ":3:18: ", "cannot be read: Is a directory"),
            ({"certificate": folder / "text"}, ":3:18: ", "text is not PEM"),
            ({"certificate": self.pair.key}, ":3:18: ", "has no certificate"),
            ({"key": folder / "none"}, ":4:10: server.tls.key: ", "none cannot be read: No such file"),
            ({"key": folder / "text"}, ":4:10: ", "text is not PEM"),
            ({"key": self.pair.certificate}, ":4:10: ", "has no private key"),
            ({"key": folder / "locked"}, ":4:10: ", "locked has a passphrase"),
            ({"key": other.key}, ":4:10: ", "is not the key of the certificate in "))
        for tls, *words in mistakes:
            with self.subTest(str(tls)):
                done = self.check(**tls)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                for word in words:
                    self.assertIn(word, done.stderr)
        self.assertEqual(self.check().returncode, 0)

    def test_a_service_does_not_start_with_a_bad_pair(self):
        done = run_tool("serve", "--set", f"server.tls.certificate={self.folder.path}/none",
                        "--set", f"server.tls.key={self.pair.key}")
        self.assertEqual(done.returncode, 2)
        self.assertIn("none cannot be read", done.stderr)

    def test_who_only_prints_or_asks_need_not_read_the_key(self):
        done = run_tool("print-config", env={"SPILLWAY__SERVER__TLS": "{certificate: /none, key: /none}"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("certificate: /none", done.stdout)

    def test_a_certificate_that_ends_soon_is_warned_of_and_one_that_has_ended_too(self):
        self.pair.renew("brief", days=3)
        done = self.check()
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning: server.tls.certificate: ", done.stderr)
        self.assertIn("expires soon, on ", done.stderr)
        self.expire(self.pair)
        self.assertIn("has expired, on 2001-01-02", self.check().stderr)
        server = self.start_tls()
        server.await_logged(lambda e: "has expired" in e.get("msg", ""))
        self.assertEqual(self.secure(server).get("/healthz").status, 200)
        until = server.value("tls_certificate_valid_until_timestamp_seconds", listener="public")
        self.assertEqual(until, 978393600)

    def expire(self, pair):
        """The same key, certified for the first of January of 2001."""
        folder = self.folder.path
        (folder / "index").write_text("")
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=c\n[c]\nnew_certs_dir=%s\ndatabase=%s/index\nrand_serial=yes\npolicy=p\n"
            "default_md=sha256\n[p]\ncommonName=supplied\n" % (folder, folder))
        openssl("req", "-new", "-key", str(pair.key), "-subj", "/CN=old", "-out", str(folder / "csr"))
        openssl("ca", "-batch", "-selfsign", "-config", str(folder / "ca.cnf"), "-keyfile", str(pair.key),
                "-in", str(folder / "csr"), "-out", str(pair.certificate), "-notext",
                "-startdate", "20010101000000Z", "-enddate", "20010102000000Z")

    def test_rsa_and_a_chain_are_served(self):
        self.pair.renew("rsa", algorithm=("rsa:2048",))
        other = self.folder.pair("other")
        with open(self.pair.certificate, "ab") as chain:
            chain.write(other.certificate.read_bytes())
        server = self.start_tls()
        self.assertEqual(self.secure(server).get("/healthz").status, 200)
        done = subprocess.run(["openssl", "s_client", "-connect", "%s:%d" % server.public, "-showcerts"],
                              input=b"", capture_output=True, timeout=20 * PATIENCE, check=False)
        self.assertEqual(done.stdout.count(b"-----BEGIN CERTIFICATE-----"), 2, done.stdout)


class Control(TlsTest):
    def test_the_control_listener_speaks_it_and_the_probe_too(self):
        server = self.start({"control": {"tls": self.pair.config()}})
        control, server.control = server.control, server.public  # scrapes go to the plain one
        self.assertEqual(self.secure(server, control).get("/limiters").status, 200)
        self.assertEqual(self.handshakes(server, "done", "control"), 1)
        url = "https://%s:%d/healthz" % control
        self.assertEqual(run_tool("probe", url).returncode, 0)
        self.assertEqual(run_tool("probe", url.replace("healthz", "nowhere")).returncode, 1)
        own = run_tool("probe", env={"SPILLWAY__CONTROL__TLS": "{certificate: /none, key: /none}",
                                     "SPILLWAY__CONTROL__LISTEN": "%s:%d" % control})
        self.assertEqual(own.returncode, 0, own.stderr)
        plain = run_tool("probe", "https://%s:%d/healthz" % server.public)
        self.assertEqual(plain.returncode, 1)
        self.assertEqual(len(plain.stderr.splitlines()), 1, plain.stderr)

    def test_its_pair_is_renewed_too(self):
        server = self.start({"control": {"tls": self.pair.config()}})
        control, server.control = server.control, server.public
        before = self.secure(server, control)
        self.pair.renew("second")
        self.reload(server, "applied")
        self.assertNotEqual(self.secure(server, control).certificate(), before.certificate())
        self.assertEqual(before.get("/readyz").status, 200)

    def test_tls_itself_cannot_be_switched_while_it_runs(self):
        server = self.start()
        server.config["server"]["tls"] = self.pair.config()
        server._file.seek(0)
        server._file.truncate()
        server._file.write(json.dumps(server.config))
        server._file.flush()
        self.reload(server, "applied")
        server.await_logged(lambda e: "server.tls cannot change while running" in e.get("msg", ""))
        self.assertEqual(server.get("/healthz").status, 200)


if __name__ == "__main__":
    unittest.main()
