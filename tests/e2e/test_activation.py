"""Socket activation: listening sockets that a service manager has bound, and keeps."""

import json
import os
import socket
import subprocess
import tempfile
import unittest

from harness import (BASE_CONFIG, BINARY, PATIENCE, Call, ServiceTest, activation, clean_environment, drill,
                     eventually, merged)
from http_client import Client


def listening(address="127.0.0.1", port=0):
    return socket.create_server((address, port), backlog=512)


class ActivationTest(ServiceTest):
    def activated(self, sockets, config=None, names=(), **options):
        listen = [f"{s.getsockname()[0]}:{s.getsockname()[1]}" for s in sockets]
        return self.start(merged({"server": {"listen": listen}}, config or {}),
                          activated=sockets, names=names, **options)

    def refused(self, sockets, config, names=()):
        """The one line with which it does not start."""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(merged(BASE_CONFIG, config), file)
            file.flush()
            command, descriptors = activation([BINARY, "serve", "-c", file.name], sockets, names)
            done = subprocess.run(command, pass_fds=descriptors, env=clean_environment(), capture_output=True,
                                  text=True, timeout=20 * PATIENCE, check=False)
            for descriptor in descriptors:
                os.close(descriptor)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr


class Taken(ActivationTest):
    def test_a_passed_socket_is_served_by_every_shard(self):
        with listening() as passed:
            server = self.activated([passed], {"server": {"shards": 3}})
            self.assertEqual(server.public, passed.getsockname())
            server.await_logged(lambda e: e.get("listener") == "public" and e.get("passed") is True)
            clients = [server.connect() for _ in range(60)]
            for client in clients:
                self.assertEqual(client.get("/healthz").status, 200)
            server.await_value(60, "connections", listener="public")

    def test_two_sockets_of_one_address_are_both_accepted_from(self):
        def member(port):
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind(("127.0.0.1", port))
            one.listen(512)
            return one
        with member(0) as first, member(first.getsockname()[1]) as second:
            address = first.getsockname()
            server = self.start({"server": {"listen": [f"127.0.0.1:{address[1]}"], "shards": 1}},
                                activated=[first, second])
            for _ in range(40):   # the kernel spreads them over both
                self.assertEqual(server.get("/healthz").status, 200)

    def test_names_tell_the_listeners_apart(self):
        with listening() as public, listening() as control:
            server = self.start({"server": {"listen": ["127.0.0.1:0"]}}, activated=[control, public],
                                names=["control", "public"])
            self.assertEqual(server.control, control.getsockname())
            self.assertEqual(server.public, public.getsockname())
            self.assertEqual(server.get("/healthz", server.control).status, 200)
            self.assertEqual(server.get("/v1/drill").status, 200)

    def test_what_is_not_passed_is_bound(self):
        with listening() as passed:
            server = self.start({"server": {"listen": [f"127.0.0.1:{passed.getsockname()[1]}", "127.0.0.1:0"]}},
                                activated=[passed])
            self.assertEqual(len(server.publics), 2)
            for address in server.publics:
                self.assertEqual(server.get("/healthz", address).status, 200)

    def test_replies_of_a_passed_socket_do_not_wait_for_acknowledgements(self):
        """TCP_NODELAY is set on what is passed, too: a streamed reply is not held back."""
        with listening() as passed:
            server = self.activated([passed])
            self.assertEqual(passed.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), 1)
            server.finish()

    def test_sockets_for_another_process_are_not_ours(self):
        with listening() as passed:
            server = self.start(env={"LISTEN_PID": "1", "LISTEN_FDS": "1"})
            self.assertNotEqual(server.public, passed.getsockname())


class Refused(ActivationTest):
    def test_a_socket_on_another_address_is_named_with_what_is_wanted(self):
        with listening() as passed:
            said = self.refused([passed], {"server": {"listen": ["127.0.0.1:1"]}}, ["public"])
            port = passed.getsockname()[1]
            self.assertIn(f"passed as 'public' listens on 127.0.0.1:{port}", said)
            self.assertIn("public 127.0.0.1:1", said)

    def test_a_name_that_belongs_to_the_other_listener_is_no_match(self):
        with listening() as passed:
            address = f"127.0.0.1:{passed.getsockname()[1]}"
            self.assertIn("passed as 'control'", self.refused([passed], {
                "server": {"listen": [address]}, "control": {"listen": ""}}, ["control"]))

    def test_what_is_no_listening_socket_is_said_to_be_none(self):
        with socket.socket() as idle:
            self.assertIn("is not a listening TCP socket", self.refused([idle], {}))


class Drained(ActivationTest):
    def test_what_comes_during_a_drain_is_the_next_ones(self):
        with listening() as passed:
            address = passed.getsockname()
            first = self.activated([passed], drill(limit=2))
            (holder,) = first.hold(1, 600)
            first.terminate()
            eventually(lambda: first.logged(lambda e: e.get("phase") == "draining"), what="it accepts no more")
            late = Client(address)
            answer = Call(late.get, "/v1/drill?bytes=7")    # in the queue that the manager keeps
            self.assertEqual(holder.response().status, 200)
            self.assertEqual(first.await_exit(), 0, first.log_text())
            self.activated([passed], drill(limit=2))
            self.assertEqual(len(answer.result().body), 7)
            late.close()

    def test_no_filter_is_left_on_a_kept_socket(self):
        with listening() as passed:
            first = self.activated([passed])
            first.terminate()
            self.assertEqual(first.await_exit(), 0)
            # A dropped SYN would be sent again after a second at the earliest.
            with socket.create_connection(passed.getsockname(), timeout=0.9):
                connection, _ = passed.accept()
                connection.close()

    def test_a_lame_duck_still_accepts(self):
        with listening() as passed:
            server = self.activated([passed], {"drain": {"lame_duck": "60s"}})
            server.terminate()
            server.await_value(1, "draining")
            self.assertEqual(server.get("/v1/drill").status, 200)
            server.terminate()
            self.assertEqual(server.await_exit(), 0)


if __name__ == "__main__":
    unittest.main()
