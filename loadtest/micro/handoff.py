#!/usr/bin/env python3
"""handoff.py [--rounds N] [--spins US,US]: what a round trip shard -> worker -> shard costs.

Loads: low (one job every millisecond), one (the next job when the last is back), busy (64 under
way). On one CPU and on two. Medians over interleaved rounds; system calls are strace's count."""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "build/release/spillway-handoff"
OUT = pathlib.Path(os.environ.get("BENCH_OUT", ROOT / "build/bench"))
LOADS = {"low": (1, 500, 1000), "one": (1, 20_000, 0), "busy": (64, 100_000, 0)}
CPUS = {"1": "0", "2": "0,1"}


def command(cpus, load, spin, workers, jobs=None):
    depth, usual, gap = LOADS[load]
    return ["taskset", "-c", CPUS[cpus], str(BINARY), str(depth), str(workers), str(spin),
            str(jobs or usual), str(gap)]


def run(*args):
    return json.loads(subprocess.run(command(*args), check=True, capture_output=True).stdout)


def system_calls(cpus, load, spin, workers):
    """Calls per job by name: what 2000 jobs more make, so that start and end do not count."""
    counts = []
    for jobs in (500, 2500):
        with tempfile.NamedTemporaryFile() as out:
            subprocess.run(["strace", "-c", "-f", "-o", out.name,
                            *command(cpus, load, spin, workers, jobs)],
                           check=True, capture_output=True)
            text = pathlib.Path(out.name).read_text()
        counts.append({m[2]: int(m[1]) for m in re.finditer(
            r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", text, re.M) if m[2] != "total"})
    few, many = counts
    per_job = {name: (count - few.get(name, 0)) / 2000 for name, count in many.items()}
    return {name: round(count, 2) for name, count in sorted(per_job.items()) if count >= 0.01}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spins", default="0,2,5,10,20", help="microseconds, a list")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    spins = [int(spin) for spin in options.spins.split(",")]
    grid = [(cpus, load, spin) for cpus in CPUS for load in LOADS for spin in spins]
    samples = {cell: [] for cell in grid}
    for _ in range(options.rounds):
        for cell in grid:
            samples[cell].append(run(*cell, options.workers))
    found = []
    print(f"{'CPUs':>4} {'load':>5} {'spin us':>7} {'CPU us/job':>10} {'p50 us':>7} {'p99 us':>7} "
          f"{'jobs/s':>8} {'sleeps/job':>10}  system calls per job")
    for cell in grid:
        cpus, load, spin = cell
        middle = {key: statistics.median(s[key] for s in samples[cell]) for key in
                  ("cpu_us", "p50_us", "p99_us", "jobs_per_second", "sleeps")}
        calls = system_calls(*cell, options.workers) if spin in (spins[0], spins[-1]) else {}
        found.append({"cpus": int(cpus), "load": load, "spin_us": spin, **middle, "calls": calls})
        print(f"{cpus:>4} {load:>5} {spin:>7} {middle['cpu_us']:>10.2f} {middle['p50_us']:>7.1f} "
              f"{middle['p99_us']:>7.1f} {middle['jobs_per_second']:>8.0f} {middle['sleeps']:>10.2f}  "
              + ", ".join(f"{name} {count}" for name, count in calls.items()))
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "handoff.json").write_text(json.dumps({"workers": options.workers, "rows": found}, indent=1))


if __name__ == "__main__":
    main()
