"""A second instance takes the listening sockets over; the first one ends with its last request."""

import array
import json
import os
import resource
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from harness import BASE_CONFIG, BINARY, PATIENCE, Call, ServiceTest, clean_environment, drill, eventually, merged
from http_client import Client


class HandoverTest(ServiceTest):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="spillway-handover-")
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "handover")

    def instance(self, config=None, **options):
        """When it returns, it has taken over, if there was one, and can itself be asked."""
        server = self.start(merged({"server": {"handover": self.path}}, config or {}), **options)
        eventually(lambda: server.logged(lambda e: e.get("msg") == "serving"), what="it serves")
        return server

    def expect_end(self, server):
        self.assertEqual(server.await_exit(), 0, server.log_text()[-3000:])
        server.await_logged(lambda e: e.get("msg") == "stopped" and e.get("cut") is False)

    def fail_to_start(self, config):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(merged(merged(BASE_CONFIG, {"server": {"handover": self.path}}), config), file)
            file.flush()
            done = subprocess.run([BINARY, "serve", "-c", file.name], env=clean_environment(), capture_output=True,
                                  text=True, timeout=30 * PATIENCE, check=False)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr


class Peer:
    """The other side of the conversation, by hand."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10 * PATIENCE)
        self.socket.connect(path)
        self.descriptors = []

    def say(self, text):
        self.socket.send(text.encode())

    def hear(self):
        data, ancillary, _, _ = self.socket.recvmsg(65536, socket.CMSG_SPACE(253 * 4))
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers = array.array("i")
                numbers.frombytes(content[:len(content) - len(content) % numbers.itemsize])
                self.descriptors += numbers
        return data.decode()

    def take(self):
        self.say("spillway-handover 1 take\n")
        return self.hear()

    def close(self):
        self.socket.close()
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = []


class TakesOver(HandoverTest):
    def test_the_old_one_answers_what_it_has_and_the_new_one_all_that_comes(self):
        old = self.instance(drill(limit=1, capacity=4, wait="10s"))
        (holder,) = old.hold(1, int(1500 * PATIENCE))
        (waiter,) = old.enqueue(1, sleep_ms=50)
        new = self.instance(drill(limit=1, capacity=4, wait="10s"))
        self.assertEqual((new.public, new.control), (old.public, old.control))
        self.assertEqual(new.get("/v1/drill").status, 200)      # while the old one is at its limit
        self.assertIsNone(old.process.poll())
        for client in (holder, waiter):
            response = client.response()
            self.assertEqual(response.status, 200)
            self.assertTrue(response.says_close)
        self.expect_end(old)
        self.assertEqual(new.get("/v1/drill").status, 200)
        new.await_logged(lambda e: e.get("msg") == "taken over" and e.get("released") is True)

    def test_an_idle_connection_keeps_its_grace_and_is_answered_by_the_old_one(self):
        old = self.instance({"drain": {"idle_grace": "5s"}})
        kept = old.connect()
        kept.get("/healthz")
        new = self.instance()
        eventually(lambda: old.logged(lambda e: e.get("phase") == "draining"), what="the old one drains")
        response = kept.get("/v1/drill")
        self.assertEqual(response.status, 200)
        self.assertTrue(response.says_close)
        self.expect_end(old)
        self.assertEqual(new.get("/healthz").status, 200)

    def test_no_lame_duck_is_waited_for(self):
        old = self.instance({"drain": {"lame_duck": "60s"}})
        self.instance()
        self.expect_end(old)

    def test_a_lame_duck_can_be_taken_over(self):
        old = self.instance({"drain": {"lame_duck": "60s"}})
        old.terminate()
        old.await_value(1, "draining")
        new = self.instance()
        self.expect_end(old)
        self.assertEqual(new.public, old.public)
        self.assertEqual(new.get("/healthz").status, 200)

    def test_a_kept_connection_to_the_control_listener_stays_with_the_old_one(self):
        old = self.instance(drill(limit=1))
        (holder,) = old.hold(1, int(1500 * PATIENCE))
        kept = Client(old.control)
        kept.get("/healthz")
        new = self.instance(drill(limit=1))
        self.assertEqual(kept.get("/readyz").status, 503)
        self.assertEqual(new.get("/readyz", new.control).status, 200)
        self.assertEqual(holder.response().status, 200)
        self.expect_end(old)
        kept.close()

    def test_any_number_of_shards_takes_over_from_any_other(self):
        server = self.instance({"server": {"shards": 1}})
        for shards in (3, 2, 4, 1):
            successor = self.instance({"server": {"shards": shards}})
            self.expect_end(server)
            server = successor
            clients = [server.connect() for _ in range(40)]
            for client in clients:
                self.assertEqual(client.get("/healthz").status, 200)
            server.close_clients()

    def test_a_connection_that_waits_above_the_cap_is_served_when_there_is_room(self):
        old = self.instance({"server": {"max_connections": 2, "shards": 1}})
        keepers = old.hold(2, 700)
        parked = old.connect()
        parked.start("GET", "/v1/drill?bytes=5")    # accepted by the old one, which has no room for it
        new = self.instance()
        self.assertEqual(new.get("/v1/drill").status, 200)
        for client in keepers:
            self.assertEqual(client.response().status, 200)
        self.assertEqual(len(parked.response().body), 5)
        self.expect_end(old)


class Addresses(HandoverTest):
    def free(self, count):
        probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        addresses = [f"127.0.0.1:{probe.getsockname()[1]}" for probe in probes]
        for probe in probes:
            probe.close()
        return addresses

    def test_one_that_is_no_longer_wanted_is_closed_and_a_further_one_is_bound(self):
        gone, kept, further = self.free(3)
        old = self.instance(merged(drill(limit=1), {"server": {"listen": [gone, kept]}}))
        (holder,) = old.hold(1, 500)
        new = self.instance({"server": {"listen": [kept, further]}})
        for address in new.publics:
            self.assertEqual(new.get("/v1/drill", address).status, 200)
        self.assertEqual(holder.response().status, 200)
        self.expect_end(old)
        with self.assertRaises(ConnectionRefusedError):
            Client(("127.0.0.1", int(gone.rsplit(":", 1)[1])), timeout=3)

    def test_one_that_is_in_use_keeps_the_new_one_from_starting_and_the_old_one_goes_on(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            old = self.instance()
            mine = f"127.0.0.1:{old.public[1]}"
            said = self.fail_to_start({"server": {"listen": [mine, f"127.0.0.1:{taken.getsockname()[1]}"]}})
            self.assertIn("cannot listen", said)
        eventually(lambda: old.logged(lambda e: "given up" in str(e.get("msg"))), what="the old one has noticed")
        for _ in range(20):
            self.assertEqual(old.get("/v1/drill").status, 200)
        self.assertEqual(old.get("/readyz").status, 200)
        new = self.instance()
        self.expect_end(old)
        self.assertEqual(new.public, old.public)


class FirstStart(HandoverTest):
    def test_with_nobody_there_the_addresses_are_bound(self):
        server = self.instance()
        mode = os.stat(self.path).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["handover"])
        self.assertFalse(server.logged(lambda e: e.get("msg") == "taken over"))

    def test_what_a_killed_one_has_left_behind_is_replaced(self):
        killed = self.instance()
        killed.kill()
        self.assertTrue(os.path.exists(self.path))
        server = self.instance()
        new = self.instance()
        self.expect_end(server)
        self.assertEqual(new.get("/healthz").status, 200)

    def test_the_path_goes_with_the_last_one(self):
        old = self.instance()
        new = self.instance()
        self.expect_end(old)
        self.assertTrue(os.path.exists(self.path), "the successor's")
        new.terminate()
        self.expect_end(new)
        self.assertEqual(os.listdir(os.path.dirname(self.path)), [])

    def test_a_path_that_cannot_be_bound_is_an_error_at_the_start(self):
        self.path = "/nonexistent/directory/handover"
        self.assertIn("cannot bind /nonexistent/directory/handover", self.fail_to_start({}))


class Bad(HandoverTest):
    def served(self, server):
        for _ in range(10):
            self.assertEqual(server.get("/v1/drill").status, 200)
        self.assertEqual(server.get("/readyz").status, 200)

    def test_a_taker_that_dies_before_it_is_ready_changes_nothing(self):
        old = self.instance({"server": {"shards": 2}})
        for _ in range(3):
            peer = Peer(self.path)
            said = peer.take().splitlines()
            self.assertEqual(said, ["spillway-handover 1 sockets 0 3", "public", "public", "control"])
            self.assertEqual(len(peer.descriptors), 3)
            peer.close()
            self.served(old)
        eventually(lambda: len(old.logged(lambda e: "given up" in str(e.get("msg")))) == 3, what="it is logged")
        self.instance()
        self.expect_end(old)

    def test_a_second_taker_is_told_that_there_is_one(self):
        old = self.instance()
        first, second = Peer(self.path), None
        try:
            first.take()
            second = Peer(self.path)
            self.assertIn("another hand-over is under way", second.hear())
            self.assertIn("another hand-over is under way", self.fail_to_start({}))
        finally:
            first.close()
            if second:
                second.close()
        self.served(old)

    def ask_for_version_2(self):
        peer = Peer(self.path)
        peer.say("spillway-handover 2 take\n")
        heard = peer.hear()
        peer.close()
        return heard

    def test_nonsense_and_other_versions_are_turned_away(self):
        old = self.instance()
        for said in ("GET / HTTP/1.1\r\n\r\n", "spillway-handover 1 ready\n", "\0" * 70000, ""):
            peer = Peer(self.path)
            if said:
                peer.say(said)
                self.assertEqual(peer.hear(), "")
            peer.close()
        # Until it has seen that the last of them is gone, there is another one.
        heard = eventually(self.ask_for_version_2, lambda heard: "another hand-over" not in heard,
                           what="the last peer is forgotten")
        self.assertEqual(heard, "spillway-handover 1 refused\nversion 1 is spoken\n")
        self.served(old)
        self.instance()
        self.expect_end(old)

    def test_an_old_one_that_speaks_nonsense_keeps_the_new_one_from_starting(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(self.path)
            listener.listen()

            def answer(text):
                peer, _ = listener.accept()
                peer.recv(65536)
                peer.send(text.encode())
                return peer
            for text, expected in (("hello\n", "is not understood"),
                                   ("spillway-handover 1 sockets 0 1\npublic\n", "is not understood"),
                                   ("spillway-handover 3 refused\nversion 3 is spoken\n", "version 3 is spoken")):
                call = Call(answer, text)
                self.assertIn(expected, self.fail_to_start({}))
                call.result().close()

    def test_an_old_one_that_does_not_say_that_it_has_stopped_is_warned_of(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener, \
                socket.create_server(("127.0.0.1", 0)) as public:
            listener.bind(self.path)
            listener.listen()

            def lend_and_leave():
                peer, _ = listener.accept()
                with peer:
                    peer.recv(65536)
                    socket.send_fds(peer, [b"spillway-handover 1 sockets 0 1\npublic\n"], [public.fileno()])
                    peer.recv(65536)
            call = Call(lend_and_leave)
            new = self.start({"server": {"handover": self.path, "shards": 1,
                                         "listen": [f"127.0.0.1:{public.getsockname()[1]}"]}})
            call.result()
        (warning,) = new.await_logged(lambda e: str(e.get("msg")).startswith("taken over"))
        self.assertEqual((warning["level"], warning["released"], warning["pid"]), ("warn", False, os.getpid()))
        self.assertIn("end it", warning["msg"])

    def test_without_descriptors_a_taker_waits_and_the_log_says_so_once(self):
        old = self.instance()
        soft, hard = resource.prlimit(old.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(old.pid, resource.RLIMIT_NOFILE, (5, hard))
        peer = Peer(self.path)
        try:
            peer.say("spillway-handover 1 take\n")
            old.await_logged(lambda e: str(e.get("msg")).startswith("no hand-over is possible for now"))
            resource.prlimit(old.pid, resource.RLIMIT_NOFILE, (soft, hard))
            self.assertIn("sockets", peer.hear())
        finally:
            peer.close()
        self.assertEqual(len(old.logged(lambda e: str(e.get("msg")).startswith("no hand-over is possible"))), 1)
        self.served(old)
        self.instance()
        self.expect_end(old)

    @unittest.skipUnless(os.geteuid() == 0, "takes another user")
    def test_another_user_gets_no_sockets_even_if_the_path_lets_him_in(self):
        old = self.instance()
        os.chmod(os.path.dirname(self.path), 0o755)
        nobody = 65534
        os.seteuid(nobody)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as refused:
                self.assertRaises(PermissionError, refused.connect, self.path)
            os.seteuid(0)
            os.chmod(self.path, 0o666)
            os.seteuid(nobody)
            peer = Peer(self.path)
            try:
                self.assertEqual(peer.take(), "")
            except (BrokenPipeError, ConnectionResetError):
                pass    # turned away before it has said anything
            self.assertEqual(peer.descriptors, [])
            peer.close()
        finally:
            os.seteuid(0)
        self.served(old)

    def test_a_signal_while_the_sockets_are_lent_leaves_them_without_a_filter(self):
        old = self.instance({"server": {"shards": 1}})
        peer = Peer(self.path)
        try:
            peer.take()
            old.terminate()
            self.expect_end(old)
            listener = socket.socket(fileno=os.dup(peer.descriptors[0]))
            # A dropped SYN would be sent again after a second at the earliest.
            with listener, socket.create_connection(old.public, timeout=0.9):
                listener.settimeout(5 * PATIENCE)
                listener.accept()[0].close()
        finally:
            peer.close()


class Reload(HandoverTest):
    def test_the_path_cannot_change_while_running(self):
        server = self.instance()
        config = merged(server.config, {"server": {"handover": self.path + "2"}})
        with open(server._file.name, "w", encoding="ascii") as file:
            json.dump(config, file)
        server.terminate(signal.SIGHUP)
        eventually(lambda: server.logged(lambda e: "server.handover cannot change" in str(e.get("msg"))),
                   what="the log says so")


if __name__ == "__main__":
    unittest.main()
