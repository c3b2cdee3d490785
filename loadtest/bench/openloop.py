"""Open-loop load: a rate that does not wait for the server, and what became of it."""

import csv
import io
import subprocess
import time

import machine
from figures import percentile

PER_WORKER = 10  # requests per second of each of hey's rate-limited workers


def favoured():
    """The generator goes first on the CPU that it may share: what it measures should be the server,
    not its own wait for a CPU."""
    done = subprocess.run(["nice", "-n", "-15", "nice"], capture_output=True, text=True, check=False)
    return ["nice", "-n", "-15"] if done.stdout.strip() == "-15" else []


class Flow:
    """One constant rate from `start` for `seconds`, in a process of its own."""

    def __init__(self, url, rate, seconds):
        self.seconds = seconds
        # A worker that waits for its reply misses its ticks: a third more of them than needed,
        # and the figures say what was in fact offered.
        workers = max(1, round(rate / PER_WORKER * 1.15))
        per_worker = rate / workers * 1.15 if workers > 1 else rate
        command = [*favoured(), "hey", "-z", f"{seconds}s", "-c", workers, "-q",
                   max(1, round(per_worker)), "-t", 20, "-o", "csv", url]
        self.started = time.monotonic()
        self.process = subprocess.Popen(machine.on_cpu(machine.LOAD_CPU, *command),
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def answers(self, origin=None):
        """[(second it was sent, latency in s, status)], seconds since `origin`."""
        shift = 0 if origin is None else self.started - origin
        rows = csv.DictReader(io.StringIO(self.process.communicate()[0]))
        return [(float(r["offset"]) + shift, float(r["response-time"]), int(r["status-code"])) for r in rows]


def milliseconds(values, share):
    value = percentile(values, share)
    return None if value is None else value * 1e3


def account(answers, seconds):
    good = [took for _, took, status in answers if 200 <= status < 300]
    refused = [took for _, took, status in answers if status in (429, 503)]
    return {"offered_per_s": len(answers) / seconds, "good_per_s": len(good) / seconds,
            "refused_per_s": len(refused) / seconds,
            "other": len(answers) - len(good) - len(refused),
            "admitted_p50_ms": milliseconds(good, .5), "admitted_p99_ms": milliseconds(good, .99),
            "refused_p50_ms": milliseconds(refused, .5), "refused_p99_ms": milliseconds(refused, .99)}


def run(url, rate, seconds):
    return account(Flow(url, rate, seconds).answers(), seconds)
