"""Policies on the same scenarios, in virtual time: goodput, latency, fairness, convergence."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "build/release/spillway"
SCENARIOS = ROOT / "loadtest/scenarios/tournament"
PAGE = ROOT / "docs/policies.md"
BEGIN, END = "<!-- tournament: begin -->", "<!-- tournament: end -->"

ADAPTIVE = ("aimd", "vegas", "gradient2", "gradient", "gradient_minrtt", "slo")
FREE = "limiter.limit.max={10x}"   # adaptive ones begin at the workers and may go to ten times as many


def adaptive(name, *more):
    own = ("limiter.limit.target={target}",) if name == "slo" else ()
    return (f"limiter.limit.algorithm={name}", FREE, *own, *more)


LIMITS = {
    "fixed, the best": ("limiter.limit.value={best}",),
    "fixed, four times that": ("limiter.limit.value={4x}",),
    "fixed, a quarter of that": ("limiter.limit.value={1/4}",),
    **{name: adaptive(name) for name in ADAPTIVE},
    **{f"{name} without cures": adaptive(name, "limiter.limit.cures.enabled=false")
       for name in ("vegas", "gradient2", "gradient", "gradient_minrtt")},
}
# One cure of those that an algorithm has by default switched off, or one that it does not have switched on.
CURES = {
    "vegas": ("flat_max=0", "proportional_min=1", "drift_max=2"),
    "gradient2": ("flat_max=0", "proportional_min=1", "drift_max=0"),
    "gradient": ("flat_max=0", "proportional_min=1", "drift_max=0", "probe_keeps=0"),
    "gradient_minrtt": ("flat_max=0", "proportional_min=1", "drift_max=0", "probe_keeps=0"),
    "slo": ("flat_max=0.35", "proportional_min=1"),
}
CURED = {
    **{name: adaptive(name) for name in CURES},
    **{f"{name}, {cure}": adaptive(name, f"limiter.limit.cures.{cure}") for name, cures in CURES.items()
       for cure in cures},
}
CURED = {name: CURED[name] for name in sorted(CURED, key=lambda row: (list(CURES).index(row.split(",")[0]), "," in row))}
CURE_SCENARIOS = ("steady", "spike_10x", "slow_ramp", "slowdown_3x", "incident", "memory", "mixed_cost")
LIMIT_SCENARIOS = ("light", "steady", "spike_10x", "slow_ramp", "slowdown_3x", "incident", "memory", "mixed_cost",
                   "retry_storm", "microseconds")
BEST = "limiter.limit.value={best}"
CODEL = "limiter.queue.codel={}"
LONG = ("limiter.queue.capacity=4096", "limiter.queue.wait_timeout=10s")
QUEUES = {
    "no queue": (BEST, "limiter.queue.capacity=0"),
    "fifo": (BEST,),
    **{name: (BEST, f"limiter.queue.discipline={name}") for name in ("lifo", "adaptive_lifo", "deadline", "fair")},
    "fifo, codel": (BEST, CODEL),
    "fifo, watermarks 32, 16": (BEST, "limiter.queue.watermarks={high: 32, low: 16}"),
    **{f"{name}, 4096 places, 10 s": (BEST, f"limiter.queue.discipline={name}", *LONG)
       for name in ("fifo", "lifo", "adaptive_lifo", "deadline", "fair")},
    **{f"{name}, codel, 4096 places, 10 s": (BEST, f"limiter.queue.discipline={name}", CODEL, *LONG)
       for name in ("fifo", "fair")},
    "fifo, watermarks 64, 32, 4096 places, 10 s": (BEST, "limiter.queue.watermarks={high: 64, low: 32}", *LONG),
}
QUEUE_SCENARIOS = ("light", "steady", "spike_10x", "retry_storm", "mixed_cost", "deadlines", "noisy_neighbour")


def simulate(scenario, sets):
    args = [argument for one in sets for argument in ("--set", one)]
    done = subprocess.run([BINARY, "simulate", SCENARIOS / f"{scenario}.yaml", "--json", *args],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def run(scenario, sets, seed, best):
    workers = int(re.search(r"\bworkers: (\d+)", (SCENARIOS / f"{scenario}.yaml").read_text())[1])
    values = {"{best}": best, "{4x}": 4 * best, "{1/4}": max(1, best // 4), "{10x}": 10 * workers,
              "{target}": "1ms" if scenario == "microseconds" else "120ms"}
    filled = [f"seed={seed}"]
    for one in sets:
        for mark, value in values.items():
            one = one.replace(mark, str(value))
        filled.append(one)
    return simulate(scenario, filled)


def mean(results, of):
    return statistics.fmean(of(r) for r in results)


def goodput(results):
    return f"{100 * mean(results, lambda r: r['goodput_share']):.0f}"


def p99(results):
    ms = 1000 * mean(results, lambda r: r["latency"]["answer"]["p99"])
    return f"{ms:.0f}" if ms >= 10 else f"{ms:.1f}"


def jain(results):
    tenants = [r for r in results if len(r["tenants"]) > 1]
    if tenants and goodput(tenants) == "0":
        return "-"  # nothing is fairly shared
    return f"{mean(tenants, lambda r: r['jain']):.2f}" if tenants else ""


def convergence(results):
    if any(r["convergence"]["unsettled"] for r in results):
        return "never"
    return f"{mean(results, lambda r: r['convergence']['longest']):.0f}"


TABLES = (
    ("Goodput, % of the optimum", goodput),
    ("99th percentile of the answers' latency, ms", p99),
    ("Longest time until goodput is back at 80 % of the optimum, s", convergence),
)


def table(title, scenarios, results, of):
    lines = [f"**{title}**", "", "| | " + " | ".join(scenarios) + " |", "|---|" + "---:|" * len(scenarios)]
    for policy, by_scenario in results.items():
        lines.append(f"| {policy} | " + " | ".join(of(by_scenario[s]) for s in scenarios) + " |")
    return lines + [""]


def tables(title, scenarios, results, chosen):
    lines = [f"### {title}", ""]
    for name, of in chosen:
        lines += table(name, scenarios, results, of)
    with_tenants = [s for s in scenarios if jain(next(iter(results.values()))[s])]
    if with_tenants:
        lines += table("Fairness among tenants (Jain's index; 1: everybody got the same part of what was theirs)",
                       with_tenants, results, jain)
    return lines


def play(policies, scenarios, seeds):
    # The best limit is the model's affair; a short run tells it.
    best = {s: simulate(s, [])["limit"]["best"] for s in scenarios}
    jobs = {(p, s, seed): (s, sets, seed, best[s]) for p, sets in policies.items() for s in scenarios
            for seed in range(1, seeds + 1)}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        done = dict(zip(jobs, pool.map(lambda job: run(*job), jobs.values())))
    return {p: {s: [done[p, s, seed] for seed in range(1, seeds + 1)] for s in scenarios} for p in policies}


def put_into_page(lines):
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    PAGE.write_text(head + BEGIN + "\n\n" + "\n".join(lines) + "\n" + END + tail, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="runs of each pair, of which the mean is shown")
    parser.add_argument("--print", action="store_true", dest="only_print", help="leave docs/policies.md alone")
    parser.add_argument("scenarios", nargs="*", help="of loadtest/scenarios/tournament (default: all)")
    args = parser.parse_args()
    known = sorted(p.stem for p in SCENARIOS.glob("*.yaml"))
    for name in args.scenarios:
        if name not in known:
            parser.error(f"no scenario {name} (there are: {', '.join(known)})")
    lines, everything = [], {}
    for title, policies, scenarios, asked in (
            ("Limits, before a queue of 64 places and 200 ms", LIMITS, LIMIT_SCENARIOS, TABLES),
            ("Cures, one at a time", CURED, CURE_SCENARIOS, TABLES[:1]),
            ("Queues, behind the best limit", QUEUES, QUEUE_SCENARIOS, TABLES)):
        chosen = [s for s in scenarios if not args.scenarios or s in args.scenarios]
        if chosen:
            results = play(policies, chosen, args.seeds)
            lines += tables(title, chosen, results, asked)
            everything[title] = results
    print("\n".join(lines))
    out = ROOT / "build/bench/tournament.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(everything) + "\n")
    if not args.only_print and not args.scenarios:
        put_into_page(lines)


if __name__ == "__main__":
    main()
