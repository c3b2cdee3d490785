#!/usr/bin/env python3
"""The service is ended or replaced again and again under load, and clients say what they have lost.

    run.py [--long] [--json FILE] [KIND...]

Prints a table and exits with 1 if a request was lost, a process did not exit with 0, a drain cut anything, or,
where a successor takes the sockets over, a connect was refused. The short form is a part of `./dev test`; the
long one is 100 rounds of each kind, with wrk or hey beside the clients that judge.
"""

import argparse
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from harness import PATIENCE, Server, eventually, merged  # noqa: E402

CONFIG = {
    "server": {"shards": 2, "max_connections": 4000},
    "drain": {"idle_grace": "500ms", "timeout": "30s"},
    "limiters": {"drill": {"limit": {"value": 64}, "queue": {"capacity": 4096, "wait_timeout": "20s"}}},
    "pools": {"drill": {"workers": 64, "queue": 8192}},
}
CLIENTS = 24


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Load:
    """The clients that judge, and a load generator beside them that only presses."""

    def __init__(self, port, kind, with_generator):
        self.judge = subprocess.Popen(
            [sys.executable, "-B", str(HERE / "judge.py"), "127.0.0.1", str(port), kind, str(CLIENTS)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.generator, self.name = None, ""
        url = f"http://127.0.0.1:{port}/v1/drill?sleep_ms=1"
        tool = "wrk" if kind == "keep" else "hey"
        if with_generator and shutil.which(tool):
            command = {"wrk": ["wrk", "-t1", "-c32", "-d3600s", url],
                       "hey": ["hey", "-z", "3600s", "-c", "16", "-disable-keepalive", url]}[tool]
            self.generator = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.name = tool

    def end(self):
        """The judge's account."""
        try:
            out, _ = self.judge.communicate("", timeout=60 * PATIENCE)
        finally:
            self.kill()
        assert self.judge.returncode == 0, f"the judge ended with {self.judge.returncode}"
        return json.loads(out)

    def kill(self):
        for process in (self.generator, self.judge):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()


class Rounds:
    """What a kind of restart is given, and what it finds."""

    def __init__(self, port):
        self.port = port
        self.config = merged(CONFIG, {"server": {"listen": [f"127.0.0.1:{port}"]}})
        self.drains = []        # seconds from the signal, or the successor's start, to the exit
        self.problems = []
        self.running = None

    def start(self, config=None, **options):
        return Server(merged(self.config, config or {}), **options)

    def work(self, server, seconds=0.3):
        """Until it has served for a while."""
        accepted = lambda: server.value("requests_accepted_total", route="/v1/drill")  # noqa: E731
        before = accepted()
        eventually(accepted, lambda now: now >= before + 50, 20, "requests are served")
        time.sleep(seconds)

    def await_end(self, server, began):
        code = server.await_exit(within=25)
        self.drains.append(time.monotonic() - began)
        stopped = server.logged(lambda e: e.get("msg") == "stopped")
        if code != 0 or not stopped or stopped[0].get("cut"):
            self.problems.append(f"exit code {code}, {stopped}")
            print(server.log_text()[-3000:], file=sys.stderr)
        server.kill()


# --- kinds: each yields when clients may come, and when its rounds are over -------------------------

def sigterm(rounds, count):
    """SIGTERM, and another one is started when it has gone."""
    yield
    for _ in range(count):
        server = rounds.running = rounds.start()
        rounds.work(server)
        began = time.monotonic()
        server.terminate()
        rounds.await_end(server, began)
    yield


def activation(rounds, count):
    """SIGTERM, and the next one gets the sockets that a service manager has kept meanwhile."""
    with socket.create_server(("127.0.0.1", rounds.port), backlog=4096) as listener:
        yield
        for _ in range(count):
            server = rounds.running = rounds.start(activated=[listener])
            rounds.work(server)
            began = time.monotonic()
            server.terminate()
            rounds.await_end(server, began)
        # Who waits in the queue is not to be kept waiting by the end of the rounds.
        server = rounds.running = rounds.start(activated=[listener])
        rounds.work(server)
        yield
        server.finish()


def handover(rounds, count):
    """The next one takes the sockets over from the one that runs, which ends with its last request."""
    with tempfile.TemporaryDirectory(prefix="spillway-restarts-") as directory:
        config = {"server": {"handover": f"{directory}/handover"}}
        server = rounds.running = rounds.start(config)
        yield
        for _ in range(count):
            rounds.work(server)
            began = time.monotonic()
            successor = rounds.running = rounds.start(config)
            rounds.await_end(server, began)
            server = successor
        rounds.work(server)
        yield
        server.finish()


KINDS = {"sigterm": sigterm, "activation": activation, "handover": handover}
REFUSING = ("sigterm",)     # between two instances nobody listens


# --- the table -------------------------------------------------------------------------------------

def run(name, load_kind, count, with_generator):
    kind = KINDS[name]
    row = {"restart": name, "load": load_kind, "rounds": count, "error": None}
    rounds, load = Rounds(free_port()), None
    try:
        steps = kind(rounds, count)
        next(steps)
        load = Load(rounds.port, load_kind, with_generator)
        row["beside"] = load.name
        next(steps)
        account = load.end()
        next(steps, None)
        row.update(account, drain_longest=max(rounds.drains), drain_mean=sum(rounds.drains) / len(rounds.drains))
        assert not rounds.problems, rounds.problems[:5]
        assert account["lost"] == 0, f"{account['lost']} requests lost: {account['losses'][:5]}"
        assert account["answers"].keys() <= {"200"}, account["answers"]
        assert sum(account["answers"].values()) == account["sent"], account
        assert name in REFUSING or account["refused"] == 0, f"{account['refused']} connects were refused"
    except Exception as error:  # the next kind is to be tried
        row["error"] = f"{type(error).__name__}: {error}"
        traceback.print_exc()
    finally:
        if load:
            load.kill()
        if rounds.running:
            rounds.running.kill()
    return row


def show(row):
    words = {"keep": "kept connections", "new": "a connection for each request"}[row["load"]]
    load = words + (f", {row['beside']} beside" if row.get("beside") else "")
    if row["error"]:
        print(f"| {row['restart']} | {load} | FAILED: {row['error']} | | | | |", flush=True)
        return
    print(f"| {row['restart']} | {load} | {row['rounds']} | {row['sent']} | {row['lost']} | {row['refused']} "
          f"| {row['drain_mean']:.2f} s, {row['drain_longest']:.2f} s | {row['longest']:.2f} s |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--long", action="store_true", help="100 rounds of each, with wrk and hey")
    parser.add_argument("--rounds", type=int, metavar="N", help="that many")
    parser.add_argument("--json", metavar="FILE", help="write the rows there, too")
    parser.add_argument("kind", nargs="*", help="one of " + ", ".join(KINDS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.kind if name not in KINDS]
    if unknown:
        parser.error(f"no such kind: {', '.join(unknown)} (allowed: {', '.join(KINDS)})")
    count = arguments.rounds or (100 if arguments.long else 4)
    print("| restart | load | rounds | requests judged | lost | connects refused | signal to exit: mean, longest "
          "| longest request |")
    print("|---|---|---:|---:|---:|---:|---:|---:|", flush=True)
    rows = []
    for name in arguments.kind or KINDS:
        for load_kind in ("keep", "new"):
            rows.append(run(name, load_kind, count, arguments.long))
            show(rows[-1])
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 1 if any(row["error"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
