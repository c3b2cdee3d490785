"""What a service manager is told: readiness, reloads, the drain, and that every shard answers."""

import ctypes
import os
import signal
import socket
import tempfile
import threading
import time
import unittest

from harness import LIBC, PATIENCE, Server, ServiceTest, drill, eventually

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000


class Manager:
    """$NOTIFY_SOCKET: notes each message as a dictionary, with the instant at which it came."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="spillway-notify-")
        self.path = os.path.join(self.directory.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.messages = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                data = self.socket.recv(65536)
            except OSError:
                return
            fields = dict(line.split("=", 1) for line in data.decode().splitlines())
            self.messages.append({"at": time.monotonic(), **fields})

    def close(self):
        self.socket.close()
        self.directory.cleanup()

    def all(self, name, since=0.0):
        return [m for m in list(self.messages) if name in m and m["at"] > since]

    def await_one(self, name, since=0.0, within=5.0):
        return eventually(lambda: self.all(name, since), within=within, what=f"{name} is told")[0]


class ServiceManagerTest(ServiceTest):
    def setUp(self):
        super().setUp()
        self.manager = Manager()
        self.addCleanup(self.manager.close)

    def managed(self, config=None, **more):
        return self.start(config, env={"NOTIFY_SOCKET": self.manager.path, **more})


class Told(ServiceManagerTest):
    def test_ready_comes_once_it_listens(self):
        server = self.managed()
        self.manager.await_one("READY")
        server.await_logged(lambda e: e.get("msg") == "listening")
        self.assertEqual(server.get("/healthz").status, 200)

    def test_a_service_that_cannot_start_is_never_ready(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            with self.assertRaises(AssertionError):
                Server({"server": {"listen": [f"127.0.0.1:{taken.getsockname()[1]}"]}},
                       env={"NOTIFY_SOCKET": self.manager.path})
        self.assertEqual(self.manager.all("READY"), [])

    def test_the_status_says_how_it_is(self):
        server = self.managed(drill(limit=1, capacity=4, wait="10s"))
        server.hold(1, 4000)
        server.enqueue(2)
        status = eventually(lambda: [m["STATUS"] for m in self.manager.all("STATUS")
                                     if "1 in work, 2 waiting" in m["STATUS"]], what="the status follows")[0]
        self.assertRegex(status, r"\Aserving: 1 in work, 2 waiting, \d+ connections; \d+ answered and \d+ refused a "
                                 r"second\Z")

    def test_a_reload_is_told_from_its_begin_to_its_end(self):
        server = self.managed()
        before = self.manager.await_one("READY")["at"]
        now = time.monotonic_ns() // 1000
        server.terminate(signal.SIGHUP)
        began = self.manager.await_one("RELOADING", before)
        self.assertGreaterEqual(int(began["MONOTONIC_USEC"]), now)
        self.assertLessEqual(int(began["MONOTONIC_USEC"]), time.monotonic_ns() // 1000)
        self.manager.await_one("READY", began["at"])

    def test_a_rejected_reload_ends_too(self):
        server = self.managed()
        before = self.manager.await_one("READY")["at"]
        with open(server._file.name, "w", encoding="ascii") as file:
            file.write("server: 5\n")
        server.terminate(signal.SIGHUP)
        began = self.manager.await_one("RELOADING", before)
        self.manager.await_one("READY", began["at"])
        eventually(lambda: server.logged(lambda e: "reload rejected" in str(e.get("msg"))),
                   what="it is logged")

    def test_a_drain_asks_for_as_long_as_it_may_last(self):
        server = self.managed(drill(limit=1, config={"drain": {"timeout": "200s", "lame_duck": "100ms"}}))
        (holder,) = server.hold(1, 3000)
        server.terminate()
        stopping = self.manager.await_one("STOPPING")
        # 300 ms of it may have passed; five seconds are added for what comes after the drain.
        self.assertGreater(int(stopping["EXTEND_TIMEOUT_USEC"]), 195e6)
        self.assertLessEqual(int(stopping["EXTEND_TIMEOUT_USEC"]), 205.2e6)
        later = eventually(lambda: [m for m in self.manager.all("STATUS", stopping["at"])
                                    if m["STATUS"].startswith("draining: 1 requests and 1 connections left")],
                           what="the status tells of the drain")[0]
        self.assertRegex(later["STATUS"], r"cut in (19\d|20[01]) s\Z")
        self.assertGreater(len(self.manager.all("EXTEND_TIMEOUT_USEC")), 1)
        self.assertEqual(holder.response().status, 200)
        self.assertEqual(server.await_exit(), 0)

    def test_nobody_to_tell_is_no_problem(self):
        server = self.start(env={"NOTIFY_SOCKET": "/nonexistent/notify", "WATCHDOG_USEC": "500000"})
        self.assertEqual(server.get("/healthz").status, 200)


class Watchdog(ServiceManagerTest):
    INTERVAL = 0.4 * PATIENCE

    def watched(self, config=None):
        server = self.managed(config, WATCHDOG_USEC=str(int(self.INTERVAL * 1e6)))
        self.manager.await_one("WATCHDOG")
        return server

    def thread(self, server, name):
        for thread in os.listdir(f"/proc/{server.pid}/task"):
            with open(f"/proc/{server.pid}/task/{thread}/comm", encoding="ascii") as comm:
                if comm.read().strip() == name:
                    return int(thread)
        self.fail(f"no thread {name}")

    def test_it_is_told_of_life_without_a_request(self):
        self.watched()
        seen = len(self.manager.all("WATCHDOG"))
        eventually(lambda: len(self.manager.all("WATCHDOG")) >= seen + 4, what="it goes on being told")

    def test_it_hears_nothing_while_one_shard_hangs(self):
        server = self.watched({"server": {"shards": 2}})
        thread = self.thread(server, "shard-1")
        LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        ctypes.set_errno(0)
        if LIBC.ptrace(PTRACE_SEIZE, thread, None, None) != 0:
            self.skipTest("a thread cannot be stopped here: ptrace is not permitted")
        try:
            LIBC.ptrace(PTRACE_INTERRUPT, thread, None, None)
            os.waitpid(thread, WALL)    # it hangs; the other threads go on
            eventually(lambda: server.logged(lambda e: "does not answer" in str(e.get("msg"))),
                       what="the log names the shard")
            self.assertEqual(server.logged(lambda e: "does not answer" in str(e.get("msg")))[0]["shard"], 1)
            silent_since = time.monotonic()
            # So many statuses of the main thread have come meanwhile, and not a sign of life.
            eventually(lambda: len(self.manager.all("STATUS", silent_since)) >= 2, what="the main thread lives")
            self.assertEqual(self.manager.all("WATCHDOG", silent_since), [])
        finally:
            LIBC.ptrace(PTRACE_DETACH, thread, None, None)
        self.manager.await_one("WATCHDOG", time.monotonic())

    def test_a_watchdog_of_another_process_is_not_fed(self):
        server = self.managed(WATCHDOG_USEC="100000", WATCHDOG_PID="1")
        self.manager.await_one("STATUS")
        eventually(lambda: len(self.manager.all("STATUS")) >= 3, what="time passes")
        self.assertEqual(self.manager.all("WATCHDOG"), [])
        self.assertEqual(server.get("/healthz").status, 200)


if __name__ == "__main__":
    unittest.main()
