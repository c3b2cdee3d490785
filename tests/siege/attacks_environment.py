"""When it is not the clients that misbehave: the log's reader, the disk, the clock."""

import collections
import glob
import os
import pathlib
import resource
import socket
import subprocess
import tempfile
import time

from exposition import Metrics
from harness import BINARY, PATIENCE, clean_environment, eventually
from http_client import Client

MIB = 1 << 20


def errors(siege, most):
    """Requests that leave a line in the log each."""
    client = siege.connect()
    for _ in range(siege.count(most)):
        assert client.get("/v1/drill?fail=1").status == 500


def log_unread(siege):
    """Nobody reads stdout any more: lines are dropped and counted, requests are not."""
    siege.server.pause_log()
    errors(siege, 20000)
    dropped = siege.server.value("log_messages_dropped_total")
    siege.server.resume_log()
    assert dropped > 0, "no line was dropped: this tried nothing"
    siege.note(f"{dropped:.0f} lines dropped")


log_unread.config = {"log": {"queue": 64}}


def log_closed(siege):
    """Stdout is closed, as by piping it into head."""
    siege.server.close_log()
    errors(siege, 5000)


def run_beside(siege, stdout, limits=None):
    """A second service whose log goes to `stdout`; asked to fail again and again, then drained."""
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            ports.append(free.getsockname()[1])
    process = subprocess.Popen(
        [BINARY, "serve", "--set", f"server.listen=127.0.0.1:{ports[0]}",
         "--set", f"control.listen=127.0.0.1:{ports[1]}", "--set", "drain.idle_grace=50ms"],
        env=clean_environment(), stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL,
        preexec_fn=limits)
    try:
        def ask(target, port=0):
            try:
                client = Client(("127.0.0.1", ports[port]), timeout=30)
            except OSError:
                return None
            response = client.get(target)
            client.close()
            return response
        eventually(lambda: ask("/healthz"), what="the service beside answers")
        for _ in range(siege.count(1000)):
            assert ask("/v1/drill?fail=1").status == 500
        dropped = Metrics(ask("/metrics", 1).body.decode()).value("log_messages_dropped_total")
        process.terminate()
        code = process.wait(20 * PATIENCE)
        assert code == 0, f"exit code {code}"
        assert dropped > 0, "no line was dropped: this tried nothing"
        return dropped
    finally:
        process.kill()
        process.wait()


def disk_full(siege):
    """The disk that the log goes to is full, from the first line on."""
    with open("/dev/full", "wb") as full:
        siege.note(f"{run_beside(siege, full):.0f} lines dropped")


def log_file_at_its_limit(siege):
    """The log's file has reached the size that the process may write: EFBIG, and a signal that kills."""
    with tempfile.TemporaryFile() as log:
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # noqa: E731
        siege.note(f"{run_beside(siege, log, limit):.0f} lines dropped")


def faketime():
    """A library that makes the wall clock say what a file says; the steady clock stays as it is."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    return found[0] if found else None


def virtual_bytes(siege):
    status = pathlib.Path(f"/proc/{siege.server.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmSize:")[1].split()[0]) * 1024


def memory_is_refused(siege):
    """The system has no more memory to give (RLIMIT_AS): what needs much of it fails, and nothing else."""
    pid, spare = siege.server.pid, 24 * MIB
    unlimited = resource.prlimit(pid, resource.RLIMIT_AS, (virtual_bytes(siege) + spare, resource.RLIM_INFINITY))
    try:
        # Three times as much as there is, in bodies that stay.
        body = b"x" * 4_000_000
        uploads = [siege.connect() for _ in range(20)]
        statuses = collections.Counter()
        for client in uploads:
            client.start("POST", "/v1/resize?width=10", {"Content-Length": str(len(body) + 1)})
            siege.send_some(client, body)
        siege.note(f"{siege.server.value('body_memory_bytes') / MIB:.0f} MiB held of {spare / MIB:.0f}")
        for client in uploads:
            statuses[siege.status_of(client)] += 1
    finally:
        resource.prlimit(pid, resource.RLIMIT_AS, unlimited)
    assert statuses[503] > 0, f"nobody was refused for want of memory: {statuses}"
    siege.note(f"uploads: {statuses[503]} refused, {statuses[None]} closed")


memory_is_refused.config = {"routes": [
    {"path": "/v1/drill", "methods": ["GET", "POST"], "handler": "drill", "limiter": "drill", "pool": "drill",
     "deadline": "15s"},
    {"path": "/v1/resize", "methods": ["POST"], "handler": "resize", "limiter": "resize", "pool": "cpu",
     "body_bytes_max": "6MiB"}]}
memory_is_refused.plain_only = True      # a sanitizer's shadow has the size of the address space
memory_is_refused.healthy_may_be_refused = True  # ingest_full, where their own body finds no room


def clock_jumps(siege):
    """The wall clock jumps by hours and years, to and fro: time-outs and waits are by the steady one."""
    held = siege.connect()
    held.start("GET", "/v1/drill?sleep_ms=4000")
    dates = set()
    for jump in ("+3600", "-7200", "+10y", "-1d", "+0"):
        CLOCK.write_text(jump, encoding="ascii")
        time.sleep(1.1)  # a shard writes the date of its answers once a second
        for _ in range(siege.count(40)):
            client = Client(siege.server.public, timeout=30)
            response = client.get("/v1/drill?sleep_ms=5")
            assert response.status == 200
            dates.add(response.header("date")[:16])
            client.close()
    assert len(dates) >= 3, "the clock has not jumped: this tried nothing"
    assert held.response().status == 200
    siege.note(f"answers of {len(dates)} different days")


CLOCK = pathlib.Path(tempfile.gettempdir()) / f"spillway-siege-clock-{os.getpid()}"
clock_jumps.options = lambda: {"env": {
    "LD_PRELOAD": faketime(), "FAKETIME_TIMESTAMP_FILE": str(CLOCK), "FAKETIME_NO_CACHE": "1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1"}}
clock_jumps.plain_only = True  # a sanitizer wants to be the first library itself
clock_jumps.before = lambda: CLOCK.write_text("+0", encoding="ascii")
clock_jumps.after = lambda: CLOCK.unlink(missing_ok=True)

ATTACKS = [log_unread, log_closed, disk_full, log_file_at_its_limit, memory_is_refused, clock_jumps]
