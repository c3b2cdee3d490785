"""The subjects: each one a server on a free loopback port, pinned, stopped by its own process ids."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

import machine


class StartError(Exception):
    pass


class Server:
    """One running subject. `paths` maps what is measured (refused, page, open, drill) to a path."""

    name = ""
    paths = {}

    def __init__(self, cpus=None, wrapper=()):
        self.cpus = cpus or machine.SERVER_CPU
        self.wrapper = list(wrapper)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="spillway-bench."))
        self.children, self.port = [], None

    def spawn(self, command, wrapper=True, **options):
        """The subject's standard error goes to a file, so that a start that fails says why."""
        before = self.wrapper if wrapper else []
        self.stderr = open(self.folder / f"stderr.{len(self.children)}", "wb")
        child = subprocess.Popen(machine.on_cpu(self.cpus, *before, *command),
                                 stdin=subprocess.DEVNULL, stderr=self.stderr, **options)
        self.stderr.close()
        self.children.append(child)
        return child

    def __enter__(self):
        try:
            self.start()
            self.await_port()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def await_port(self):
        end = time.monotonic() + (60 if self.wrapper else 10)
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except OSError:
                if self.children[-1].poll() is not None:
                    break
                time.sleep(0.02)
        raise StartError(f"{self.name} did not start: {self.complaint()}")

    def complaint(self):
        return b" ".join(f.read_bytes()[-500:] for f in self.folder.glob("stderr.*")).decode(errors="replace")

    def read_port(self, child):
        line = child.stdout.readline()
        if not line:
            raise StartError(f"{self.name} did not start: {self.complaint()}")
        return int(line)

    def pids(self):
        """The subject's processes, those it started included."""
        found = []
        for child in self.children:
            found.append(child.pid)
            of_child = pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text()
            found += map(int, of_child.split())
        return found

    def url(self, what, query=""):
        path = self.paths[what]
        return f"http://127.0.0.1:{self.port}{path}" + (f"?{query}" if query else "")

    def cpu_seconds(self):
        return machine.cpu_seconds(self.pids())

    def resident_bytes(self):
        return machine.resident_bytes(self.pids())

    def mapped_bytes(self):
        return machine.mapped_bytes(self.pids())

    def stop(self):
        for child in reversed(self.children):
            child.terminate()
            try:
                child.wait(60 if self.wrapper else 5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self.wrapper:  # callgrind says at the end what it has counted
            counted = re.findall(r"Collected : (\d+)", self.complaint())
            self.collected = sum(map(int, counted))
        self.children = []
        shutil.rmtree(self.folder, ignore_errors=True)

    def hold(self, holders):
        """Takes every permit, so that all that follows is refused by the real gate."""
        holders.get(self.port, self.paths["refused"] + "?sleep_ms=10000", self.permits)

    permits = 1


class Limit(Server):
    name = "limit"
    paths = {"refused": "/", "page": "/", "open": "/", "drill": "/"}

    def __init__(self, *arguments, **options):
        super().__init__(**options)
        self.arguments = arguments

    def start(self):
        binary = machine.BUILD / "spillway-limit"
        self.port = self.read_port(self.spawn([binary, *self.arguments], stdout=subprocess.PIPE))

    def hold(self, holders):
        pass


class Spillway(Server):
    """Settings are those of --set. Without any: one permit, no queue, so that all is refused once
    somebody holds the permit."""

    name = "spillway"
    paths = {"refused": "/v1/drill", "page": "/healthz", "open": "/v1/drill", "drill": "/v1/drill",
             "metrics": "/metrics"}
    refusing = {"limiters.drill.limit.value": 1, "limiters.drill.queue.capacity": 0}

    def __init__(self, settings=None, config=None, permits=1, **options):
        super().__init__(**options)
        self.settings = self.refusing if settings is None else settings
        self.config, self.permits = config, permits

    def start(self):
        command = [machine.SPILLWAY, "serve"]
        if self.config is not None:
            file = self.folder / "config.yaml"
            file.write_text(self.config, encoding="ascii")
            command += ["-c", file]
        fixed = {"server.listen": "127.0.0.1:0", "control.listen": "127.0.0.1:0",
                 "server.max_connections": 12000, "server.idle_timeout": "300s",
                 "log.format": "json", "log.access": "off", "drain.timeout": "1s"}
        for key, value in {**fixed, **self.settings}.items():
            command += ["--set", f"{key}={value}"]
        log = self.folder / "log"
        with open(log, "wb") as out:
            child = self.spawn(command, stdout=out)
        end = time.monotonic() + (60 if self.wrapper else 10)
        while self.port is None and time.monotonic() < end and child.poll() is None:
            found = dict(re.findall(r'"listening","listener":"(\w+)","address":"[^"]*:(\d+)"', log.read_text()))
            if len(found) == 2:
                self.port, self.control_port = int(found["public"]), int(found["control"])
            time.sleep(0.02)
        if self.port is None:
            raise StartError(f"{self.name} did not start: {log.read_text()[-800:]} {self.complaint()}")


def filled(template, folder, words):
    """The configuration with its @words@ replaced, in a file of its own."""
    text = (machine.ROOT / "loadtest/peers" / template).read_text(encoding="ascii")
    for word, value in words.items():
        text = text.replace(f"@{word}@", str(value))
    left = re.search(r"@(cpus|port|backend|limit|wait|queue|folder)@", text)
    assert left is None, left
    file = folder / template
    file.write_text(text, encoding="ascii")
    return file


class Sink:
    """A backend that takes connections and never answers: whoever holds a permit of a proxy."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


class Proxy(Server):
    """A gate in front of `backend` (a Server, started and stopped with it), or of a sink."""

    def __init__(self, limit=1, wait="200ms", queue=64, backend=None, **options):
        super().__init__(**options)
        self.permits, self.wait, self.queue, self.backend = limit, wait, queue, backend
        self.behind = None

    def start(self):
        if self.backend is not None:
            self.backend.__enter__()
            self.behind = self.backend
        else:
            self.behind = Sink()
        self.port = machine.free_port()
        # A process for each CPU that it may use.
        cpus = 2 if any(mark in str(self.cpus) for mark in ",-") else 1
        self.spawn(self.command(dict(cpus=cpus, port=self.port, backend=self.behind.port,
                                     limit=self.permits, wait=self.wait, queue=self.queue,
                                     folder=self.folder)))

    def pids(self):
        return super().pids() + (self.backend.pids() if self.backend is not None else [])

    def stop(self):
        super().stop()
        if self.backend is not None:
            self.backend.stop()
        elif self.behind is not None:
            self.behind.close()


class Nginx(Proxy):
    name = "nginx"
    paths = {"refused": "/v1/drill", "fixed": "/fixed", "page": "/healthz", "open": "/open", "drill": "/v1/drill"}

    def command(self, words):
        # callgrind counts one process.
        single = ["-g", "master_process off;"] if self.wrapper else []
        return ["nginx", "-p", self.folder, "-c", filled("nginx.conf", self.folder, words), *single]


class Haproxy(Proxy):
    name = "haproxy"
    paths = {"refused": "/v1/drill", "fixed": "/fixed", "page": "/healthz", "open": "/open",
             "drill": "/v1/drill", "queued": "/queued"}

    def command(self, words):
        return ["haproxy", "-db", "-q", "-f", filled("haproxy.cfg", self.folder, words)]


class Go(Server):
    name = "go"
    paths = {"refused": "/v1/drill", "page": "/healthz", "open": "/v1/drill", "drill": "/v1/drill"}

    def __init__(self, limit=1, wait="0s", **options):
        super().__init__(**options)
        self.permits, self.wait = limit, wait

    def start(self):
        binary = machine.BUILD / "spillway-peer-go"
        source = machine.ROOT / "loadtest/peers/semaphore.go"
        if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["go", "build", "-o", binary, source], check=True,
                           env={**os.environ, "GO111MODULE": "off"})
        self.port = self.read_port(self.spawn(
            [binary, "-limit", self.permits, "-wait", self.wait], stdout=subprocess.PIPE))

    def hold(self, holders):
        if self.permits:
            super().hold(holders)
