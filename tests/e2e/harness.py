"""Starts the real binary on free ports and stages what the tests want to see.

Rules of this room: nothing sleeps to synchronise (`eventually` polls a condition), every server is
stopped by its own process id, and every test ends with a quiet, balanced, orderly drained service
unless the test itself has ended it another way.
"""

import copy
import ctypes
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from exposition import Metrics, assert_balanced
from http_client import Client, ConnectionLost

BINARY = os.environ.get("SPILLWAY_BINARY", "build/release/spillway")
PATIENCE = float(os.environ.get("SPILLWAY_E2E_PATIENCE", "1"))  # > 1 under sanitizers

BASE_CONFIG = {
    "server": {"listen": ["127.0.0.1:0"]},
    "control": {"listen": "127.0.0.1:0"},
    "drain": {"idle_grace": "50ms", "timeout": "10s"},
    "log": {"format": "json", "level": "info", "access": "errors"},
}

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def clean_environment(extra=None):
    """The environment without settings of ours that a developer may have exported."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("SPILLWAY_")}
    env.update(extra or {})
    return env


def merged(base, over):
    """The configuration's own merge rule: maps merge key by key, lists and scalars replace."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return copy.deepcopy(over)
    result = copy.deepcopy(base)
    for key, value in over.items():
        result[key] = merged(result[key], value) if key in result else copy.deepcopy(value)
    return result


def limiter(limit=2, capacity=4, wait="200ms", **other):
    return {"limit": {"algorithm": "fixed", "value": limit},
            "queue": {"capacity": capacity, "wait_timeout": wait, "discipline": "fifo"}, **other}


def drill(limit=2, capacity=4, wait="200ms", config=None, **route):
    """A configuration with the drill limiter set so; with route options, drill is the only route."""
    result = {"limiters": {"drill": limiter(limit, capacity, wait)}}
    if route:
        result["routes"] = [{"path": "/v1/drill", "methods": ["GET", "HEAD", "POST"],
                             "handler": "drill", "limiter": "drill", "pool": "drill",
                             "body_bytes_max": "10MiB", "deadline": "15s", **route}]
    return merged(result, config or {})


def eventually(probe, accept=bool, within=5.0, what="condition"):
    """Poll until `accept(probe())`; returns the accepted value."""
    deadline = time.monotonic() + within * PATIENCE
    while True:
        value = probe()
        if accept(value):
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within * PATIENCE:g} s: {what}; last seen {value!r}")
        time.sleep(0.01)


class Call(threading.Thread):
    """A function on a thread of its own; `result` returns or raises what it did."""

    def __init__(self, function, *args):
        super().__init__(daemon=True)
        self._function, self._args = function, args
        self._value = self._error = None
        self.start()

    def run(self):
        try:
            self._value = self._function(*self._args)
        except BaseException as error:  # handed to whoever asks for the result
            self._error = error

    def result(self, within=20.0):
        self.join(within * PATIENCE)
        assert not self.is_alive(), f"still running after {within} s: {self._function}"
        if self._error:
            raise self._error
        return self._value


def activation(command, sockets, names=()):
    """(command, descriptors) that passes listening sockets as systemd does: from descriptor 3 on, and for the
    process that is executed in the end. The descriptors are to be passed on, and closed by the caller."""
    # Away from where they are moved to.
    descriptors = [fcntl.fcntl(listener, fcntl.F_DUPFD_CLOEXEC, 100) for listener in sockets]
    moves = " ".join(f"{3 + n}<&{descriptor}" for n, descriptor in enumerate(descriptors))
    named = f"LISTEN_FDNAMES={':'.join(names)}" if names else ""
    script = f'LISTEN_PID=$$ LISTEN_FDS={len(sockets)} {named} exec "$@" {moves}'
    return ["bash", "-c", script, "-", *command], descriptors


class Server:
    """One `spillway serve`. Ready (both listeners' log lines read) when the constructor returns."""

    def __init__(self, config=None, args=(), env=None, limits=None, activated=(), names=()):
        self.config = merged(BASE_CONFIG, config or {})
        self.log = []               # entries of the log, oldest first; raw lines as {"raw": ...}
        self.clients = []
        self.is_reloaded = False    # its bounds have been changed while it runs
        self._control = None
        self._scrape_lock = threading.Lock()
        self._log_grew = threading.Condition()
        self._reading = threading.Event()
        self._reading.set()
        self._abandoned = threading.Event()
        # JSON is YAML: no writer needed.
        self._file = tempfile.NamedTemporaryFile("w", suffix=".yaml", prefix="spillway-e2e-")
        json.dump(self.config, self._file)
        self._file.flush()

        def in_child():
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # never outlive a killed test
            if limits:
                limits()

        command, descriptors = [BINARY, "serve", "-c", self._file.name, *args], []
        if activated:
            command, descriptors = activation(command, activated, names)
        self.process = subprocess.Popen(
            command, env=clean_environment(env),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=in_child, pass_fds=descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self.pid = self.process.pid
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        expected = len(self.config["server"]["listen"]) + bool(self.config["control"]["listen"])
        try:
            self._await_listeners(expected)
        except AssertionError:
            self.kill()
            raise
        self.publics = self._addresses("public")
        self.controls = self._addresses("control")
        self.public = self.publics[0]
        self.control = self.controls[0] if self.controls else self.public

    # -- log ---------------------------------------------------------------------------------

    def _read_log(self):
        descriptor, tail = self.process.stdout.fileno(), b""
        while not self._abandoned.is_set():
            self._reading.wait()
            if not select.select([descriptor], [], [], 0.05)[0]:
                continue
            data = os.read(descriptor, 65536)
            if not data:
                break
            *lines, tail = (tail + data).split(b"\n")
            for line in lines:
                self._note(line.decode("utf-8", "replace"))
        if tail:
            self._note(tail.decode("utf-8", "replace"))

    def _note(self, text):
        try:
            entry = json.loads(text)
            entry = entry if isinstance(entry, dict) else {"raw": text}
        except ValueError:
            entry = {"raw": text}
        with self._log_grew:
            self.log.append(entry)
            self._log_grew.notify_all()

    def pause_log(self):
        """Stop reading the service's stdout, as a hung log collector does."""
        self._reading.clear()

    def resume_log(self):
        self._reading.set()

    def close_log(self):
        """Go away from the service's stdout: its next write finds a broken pipe."""
        self._abandoned.set()
        self._reader.join()
        self.process.stdout.close()

    def logged(self, predicate):
        with self._log_grew:
            return [e for e in self.log if predicate(e)]

    def await_logged(self, predicate, what="the log line"):
        """A line may come later than what it tells has been seen elsewhere."""
        try:
            return eventually(lambda: self.logged(predicate), what=what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log_text()}") from None

    def log_text(self):
        with self._log_grew:
            return "\n".join(e.get("raw") or json.dumps(e) for e in self.log)

    def _await_listeners(self, expected):
        deadline = time.monotonic() + 10 * PATIENCE
        while len(self.logged(lambda e: e.get("msg") == "listening")) < expected:
            code = self.process.poll()
            if code is not None or time.monotonic() > deadline:
                self._reader.join(1)
                raise AssertionError(f"the service did not get ready (exit code {code}):\n{self.log_text()}")
            with self._log_grew:
                self._log_grew.wait(0.05)

    def _addresses(self, listener):
        found = []
        for entry in self.logged(lambda e: e.get("msg") == "listening" and e.get("listener") == listener):
            host, port = entry["address"].rsplit(":", 1)
            found.append((host.strip("[]"), int(port)))
        return found

    # -- clients -----------------------------------------------------------------------------

    def connect(self, address=None, **options):
        client = Client(address or self.public, timeout=15 * PATIENCE, **options)
        self.clients.append(client)
        return client

    def get(self, target, address=None, **headers):
        """One GET on a connection of its own."""
        client = Client(address or self.public, timeout=15 * PATIENCE)
        try:
            return client.get(target, **headers)
        finally:
            client.close()

    def scrape(self):
        """/metrics of the control listener, on a kept connection; checks the balance each time."""
        with self._scrape_lock:
            for attempt in (1, 2):
                try:
                    if self._control is None:
                        self._control = Client(self.control, timeout=15 * PATIENCE)
                    response = self._control.get("/metrics")
                    break
                except (ConnectionLost, OSError):
                    self._control = None
                    if attempt == 2:
                        raise
            if response.says_close:
                self._control.close()
                self._control = None
        assert response.status == 200, response
        metrics = Metrics(response.body.decode())
        assert_balanced(metrics, is_reloaded=self.is_reloaded)
        return metrics

    def value(self, name, **labels):
        return self.scrape().value(name, **labels)

    def await_value(self, expected, name, within=5.0, **labels):
        """Until a metric has this value (or satisfies it, if it is a function)."""
        accept = expected if callable(expected) else (lambda v: v == expected)
        return eventually(lambda: self.value(name, **labels), accept, within,
                          f"{name}{labels} = {expected}")

    def hold(self, count, sleep_ms, target="/v1/drill", extra="", limiter_name="drill"):
        """Put `count` more sleeping drills into work; returns their clients when all hold a permit."""
        before = self.value("in_flight", limiter=limiter_name)
        clients = [self.connect() for _ in range(count)]
        for client in clients:
            client.start("GET", f"{target}?sleep_ms={sleep_ms}{extra}")
        self.await_value(before + count, "in_flight", limiter=limiter_name)
        return clients

    def enqueue(self, count, sleep_ms=0, target="/v1/drill", limiter_name="drill", headers=None):
        """Put `count` more drills into the queue, one after the other; returns their clients."""
        clients = []
        depth = self.value("queue_depth", limiter=limiter_name)
        for n in range(count):
            client = self.connect()
            client.start("GET", f"{target}?sleep_ms={sleep_ms}", headers)
            self.await_value(depth + n + 1, "queue_depth", limiter=limiter_name)
            clients.append(client)
        return clients

    # -- ending ------------------------------------------------------------------------------

    def close_clients(self):
        for client in self.clients:
            client.close()
        self.clients.clear()

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def terminate(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def await_exit(self, within=15.0):
        try:
            code = self.process.wait(within * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"no exit within {within * PATIENCE:g} s") from None
        self._reader.join(2)
        return code

    def settle(self):
        """Until nothing is pending and everything balances; returns the last scrape."""
        problem = None
        deadline = time.monotonic() + 5 * PATIENCE
        while time.monotonic() < deadline:
            metrics = self.scrape()
            try:
                assert_balanced(metrics, quiet=True)
                return metrics
            except AssertionError as error:
                problem = error
                time.sleep(0.01)
        raise AssertionError(f"not quiet: {problem}")

    def finish(self):
        """The orderly end that every test owes: quiet, balanced, drained, exit code 0."""
        try:
            if self.process.poll() is None:
                self.resume_log()
                self.close_clients()
                self.settle()
                self.terminate()
                code = self.await_exit()
                assert code == 0, f"exit code {code} after an idle drain"
        finally:
            self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._abandoned.set()
        self._reading.set()
        self._reader.join()
        self.process.stdout.close()
        if self._control:
            self._control.close()
            self._control = None
        self.close_clients()
        self._file.close()


class ServiceTest(unittest.TestCase):
    """Gives tests `self.start(...)`; a failing test prints the logs of the servers it used."""

    maxDiff = None

    def run(self, result=None):
        self._servers = []
        result = result or self.defaultTestResult()
        failed = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > failed:
            for server in self._servers:
                print(f"\n---- log of the service in {self.id()} (pid {server.pid})\n"
                      f"{server.log_text()[-8000:]}\n----", file=sys.stderr)
        return result

    def start(self, config=None, **options):
        server = Server(config, **options)
        self._servers.append(server)
        self.addCleanup(server.finish)
        return server

    def assert_refused(self, response, reason, status=503):
        """A refusal of the service's own, complete and consistent with itself (contract section 4)."""
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.header("content-type"), "application/problem+json", response)
        problem = response.json()
        self.assertEqual(problem["reason"], reason, response)
        self.assertEqual(problem["status"], status)
        self.assertEqual(problem["type"], "about:blank")
        self.assertIn("title", problem)
        self.assertIn("detail", problem)
        if status in (429, 503):
            seconds = response.header("retry-after")
            self.assertRegex(seconds or "", r"\A[1-9][0-9]*\Z", response)
            self.assertEqual(problem["retry_after_seconds"], int(seconds))
        self.assert_signed(response)
        return problem

    def assert_signed(self, response):
        """What every response carries."""
        self.assertEqual(response.header("server"), "spillway", response)
        self.assertRegex(response.header("date") or "",
                         r"\A\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\Z", response)
        self.assertTrue(response.header("x-request-id"), response)


def elapsed(function, *args, **kwargs):
    """(seconds, result) of a call."""
    begin = time.monotonic()
    result = function(*args, **kwargs)
    return time.monotonic() - begin, result


def run_tool(*args, env=None, timeout=20):
    """Run the binary to its end; returns CompletedProcess with text output."""
    return subprocess.run([BINARY, *args], env=clean_environment(env), text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout * PATIENCE)
