#!/usr/bin/env python3
"""report.py [--rounds N] [decisions] [contention]: what decisions cost, alone and contended.

Times are Google Benchmark's, medians over the rounds; instructions are callgrind's, exact for a
fixed number of operations, and absent without valgrind."""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
OUT = pathlib.Path(os.environ.get("BENCH_OUT", ROOT / "build/bench"))
GOALS_NS = {"grant_and_release": 30, "refuse": 5, "enqueue_and_expire_behind_0": 100,
            "enqueue_and_expire_behind_64": 100}
GOAL_CONTENDED = 0.5
REPETITIONS = 10_000


def benchmark(pattern, seconds):
    out = subprocess.run([BUILD / "spillway-micro", f"--benchmark_filter={pattern}",
                          f"--benchmark_min_time={seconds}", "--benchmark_format=json"],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)["benchmarks"]


def instructions(name):
    """Per operation, the loop round it (two or three) included."""
    if not shutil.which("valgrind"):
        return None
    with tempfile.TemporaryDirectory() as place:
        profile = pathlib.Path(place, "profile")
        subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=*measured*",
                        f"--callgrind-out-file={profile}", BUILD / "spillway-count", name,
                        str(REPETITIONS)], check=True, capture_output=True)
        total = re.search(r"^(?:totals|summary): (\d+)", profile.read_text(), re.M)
    return round(int(total[1]) / REPETITIONS, 1)


def decisions(rounds):
    names = subprocess.run([BUILD / "spillway-count"], check=True, capture_output=True,
                           text=True).stdout.split()
    times = {name: [] for name in names}
    for _ in range(rounds):
        for row in benchmark("-^contended", 0.1):
            times[row["name"]].append(row["cpu_time"])
    rows = [{"name": name, "ns": statistics.median(times[name]), "ns_min": min(times[name]),
             "ns_max": max(times[name]), "instructions": instructions(name),
             "goal_ns": GOALS_NS.get(name)} for name in names]
    print("| decision | ns | min-max | instructions | goal |\n|---|---:|---:|---:|---:|")
    for row in rows:
        goal = "" if row["goal_ns"] is None else f"{row['goal_ns']} ns"
        print(f"| {row['name'].replace('_', ' ')} | {row['ns']:.1f} | {row['ns_min']:.1f}-"
              f"{row['ns_max']:.1f} | {row['instructions'] or '-'} | {goal} |")
    return rows


def contention(rounds):
    rates = {}
    for _ in range(rounds):
        for row in benchmark("^contended", 0.1):
            name, threads = re.match(r"contended_(\w+)/real_time/threads:(\d+)", row["name"]).groups()
            rates.setdefault(name, {}).setdefault(int(threads), []).append(row["items_per_second"])
    rows = [{"name": name, "threads": threads, "per_second": statistics.median(found),
             "of_one": statistics.median(n / one for n, one in zip(found, by_threads[1]))}
            for name, by_threads in rates.items() for threads, found in sorted(by_threads.items())]
    columns = sorted(rates["additions"])
    print("\n| throughput of n threads / of one | one, millions/s | "
          + " | ".join(map(str, columns)) + " |\n|---|" + "---:|" * (len(columns) + 1))
    for name, by_threads in rates.items():
        ratios = [row["of_one"] for row in rows if row["name"] == name]
        print(f"| {name.replace('_', ' ')} | {statistics.median(by_threads[1]) / 1e6:.1f} | "
              + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |")
    print(f"\ngoal at 8 threads: {GOAL_CONTENDED}; additions are two atomic additions that decide "
          "nothing: the machine's limit")
    return rows


PARTS = {"decisions": decisions, "contention": contention}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("parts", nargs="*", metavar="decisions|contention")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no part '{part}' (there are: {', '.join(PARTS)})")
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / "micro.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    found = {part: found[part] for part in PARTS if part in found}
    for part in options.parts or PARTS:
        found[part] = PARTS[part](options.rounds)
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
