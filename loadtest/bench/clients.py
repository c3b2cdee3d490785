"""The load: holders of permits, wrk in closed loop, and figures of one window of it."""

import contextlib
import re
import select
import shutil
import socket
import subprocess
import time

import machine


class WrongAnswers(Exception):
    pass


class Holders:
    """Connections that have asked and do not read: each keeps what its request got."""

    def __init__(self):
        self.sockets = []

    def get(self, port, target, count=1, settle=0.15):
        """Who is answered holds nothing, as may happen while the last holder's permit is on its way
        back, and asks again."""
        request = f"GET {target} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
        for _ in range(20):
            while len(self.sockets) < count:
                self.sockets.append(socket.create_connection(("127.0.0.1", port), timeout=5))
                self.sockets[-1].sendall(request)
            time.sleep(settle)
            answered, _, _ = select.select(self.sockets, [], [], 0)
            if not answered:
                return
            for connection in answered:
                connection.close()
            self.sockets = [s for s in self.sockets if s not in answered]
        raise WrongAnswers(f"port {port}: {target} cannot be held {count} times")

    def close(self):
        for connection in self.sockets:
            connection.close()
        self.sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def read_wrk(text):
    total, seconds = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return {"requests": int(total), "seconds": float(seconds),
            "refused": int(refused[1]) if refused else 0,
            "errors": sum(map(int, errors.groups())) if errors else 0}


def wrk(url, connections, seconds=1, closing=False, around=()):
    """One closed-loop run; `around` is a command that runs it (perf stat ...)."""
    headers = ["-H", "Connection: close"] if closing else []
    command = [*around, "wrk", "-t", 1, "-c", connections, "-d", f"{seconds}s", *headers, url]
    done = subprocess.run(machine.on_cpu(machine.LOAD_CPU, *command), capture_output=True,
                          text=True, check=True)
    return read_wrk(done.stdout) | {"stderr": done.stderr}


def cost(server, what, connections, seconds=1, query="", closing=False, expect=503):
    """CPU seconds of the subject's processes per answer. Whoever answers otherwise than asked is
    not measured but reported."""
    with Holders() as holders:
        if what == "refused":
            server.hold(holders)
        before = server.cpu_seconds()
        run = wrk(server.url(what, query), connections, seconds, closing)
        spent = server.cpu_seconds() - before
    good = run["requests"] - run["refused"]
    wrong = good if expect == 503 else run["refused"]
    if wrong > 0.001 * run["requests"] + 2 or run["errors"] > 0.001 * run["requests"]:
        raise WrongAnswers(f"{server.name} {what}: {wrong} of {run['requests']} not {expect},"
                           f" {run['errors']} errors")
    return {"seconds": spent / run["requests"], "rate": run["requests"] / run["seconds"]}


def syscalls(server, what, connections, seconds=1, query=""):
    """System calls of all the subject's threads per answer, by the kernel's tracepoint; where that
    is not to be had, by strace, which slows the subject down and so batches more."""
    with Holders() as holders:
        if what == "refused":
            server.hold(holders)
        pids = ",".join(map(str, server.pids()))
        with contextlib.suppress(subprocess.CalledProcessError, FileNotFoundError):
            run = wrk(server.url(what, query), connections, seconds,
                      around=["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", pids])
            counted = re.search(r"^(\d+),,raw_syscalls:sys_enter", run["stderr"], re.M)
            if counted:
                return int(counted[1]) / run["requests"]
        if not shutil.which("strace"):
            return None
        tracer = subprocess.Popen(["strace", "-c", "-f", "-U", "calls,name",
                                   *(f"--attach={pid}" for pid in pids.split(","))],
                                  stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)
        run = wrk(server.url(what, query), connections, seconds)
        tracer.terminate()
        text = tracer.communicate()[1]
        return int(re.search(r"^\s*(\d+)\s+total", text, re.M)[1]) / run["requests"]


def sequence(port, target, requests, connections=64):
    """Exactly `requests` GETs, in waves of one on each connection: for instruction counts."""
    message = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    peers = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(connections)]
    try:
        for _ in range(requests // connections):
            for peer in peers:
                peer.sendall(message)
            for peer in peers:
                if not peer.recv(4096).startswith(b"HTTP/1.1 "):
                    raise WrongAnswers(f"no reply at {target}")
    finally:
        for peer in peers:
            peer.close()
