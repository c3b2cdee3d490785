"""Open-loop load by spillway-load: a rate that does not wait for the server, and what became of it."""

import json
import pathlib
import statistics
import subprocess
import tempfile

import machine


class LoadError(Exception):
    pass


class Phase:
    """`seconds` of `rate` requests a second, independent of each other unless they are `even`."""

    def __init__(self, name, seconds, rate, measured=True, even=False):
        self.name, self.seconds, self.rate, self.measured, self.even = name, seconds, rate, measured, even

    def line(self):
        return (f"  - {{name: {self.name}, for: {self.seconds * 1000:.0f}ms, rate: {self.rate:.3f}/s,"
                f" arrivals: {'constant' if self.even else 'poisson'}, measured: {str(self.measured).lower()}}}\n")


def scenario(port, target, phases, connections, metrics):
    """An answer after half a second is late: twice what anybody waits who has a place in a queue."""
    return (f"name: bench\ntarget: http://127.0.0.1:{port}\nslo: 500ms\ntimeout: 20s\n"
            f"connections: {connections}\nmetrics: {metrics}\n"
            f"clients:\n  drill: {{path: \"{target}\"}}\n"
            "phases:\n" + "".join(phase.line() for phase in phases))


def favoured():
    """The generator goes first on a CPU that it shares, where this user may ask for that: what it
    measures should be the server, not its own wait for a CPU."""
    for first in (["chrt", "-f", "10"], ["nice", "-n", "-15"]):
        done = subprocess.run([*first, "true"], capture_output=True, text=True, check=False)
        if done.returncode == 0 and not done.stderr:
            return first
    return []


def play(server, what, query, phases, connections=2048):
    """The generator's whole result (loadtest/generator/README.md describes it)."""
    target = server.paths[what] + (f"?{query}" if query else "")
    with tempfile.TemporaryDirectory(prefix="spillway-bench.") as folder:
        with open(f"{folder}/bench.yaml", "w", encoding="ascii") as file:
            # The peers have no counters to be compared with.
            file.write(scenario(server.port, target, phases, connections,
                                "auto" if server.name == "spillway" else "none"))
        done = subprocess.run(
            machine.on_cpu(machine.LOAD_CPU, *favoured(), machine.BUILD / "spillway-load", file.name,
                           "--quiet", "--json", f"{folder}/result.json"),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        # It ends with 1 also when server and generator disagree, which the account carries on.
        if not pathlib.Path(folder, "result.json").exists():
            raise LoadError(done.stderr.strip())
        with open(f"{folder}/result.json", encoding="utf-8") as file:
            return json.load(file)


def at(latency, fraction):
    """A percentile in ms, or None without samples."""
    return next((p["ms"] for p in latency["percentiles"] if abs(p["fraction"] - fraction) < 1e-9), None)


def account(part, result):
    """Of a phase, or of the total: rates, shares of what was offered, latencies."""
    counts, seconds = part["counts"], part["duration_s"]
    lost = counts["failed"] + counts["errors"] + counts["left"]
    return {"offered_per_s": counts["offered"] / seconds,
            "good_per_s": counts["good"] / seconds, "late_per_s": counts["late"] / seconds,
            "refused_per_s": counts["rejected"] / seconds,
            "sent": counts["offered"] - counts["unsent"], "unsent": counts["unsent"], "lost": lost,
            "admitted_p50_ms": at(part["admitted"], .5), "admitted_p99_ms": at(part["admitted"], .99),
            "refused_p50_ms": at(part["refused"], .5), "refused_p99_ms": at(part["refused"], .99),
            "generator_cpu": result["generator"]["cpu"],
            "generator_delay_p99_ms": at(result["generator"]["delay"], .99),
            "is_bottleneck": result["generator"]["is_bottleneck"],
            "disagreements": [c for c in result["server"]["checks"] if not c["agrees"]]}


def middle(accounts):
    """Medians over rounds, and under `rounds` the rounds themselves."""
    found = {key: value for key, value in accounts[-1].items() if not isinstance(value, (int, float))}
    for key, value in accounts[-1].items():
        if isinstance(value, bool):
            found[key] = any(a[key] for a in accounts)
        elif isinstance(value, (int, float)):
            found[key] = statistics.median([a[key] for a in accounts if a[key] is not None])
    return found | {"rounds": accounts}
