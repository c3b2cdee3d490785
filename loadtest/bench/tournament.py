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


def adaptive(name, *more):
    """From where the scenario's workers are, and free to go to ten times that."""
    return (f"limiter.limit.algorithm={name}", *more)


LIMITS = {
    "fixed, right": (),
    "fixed, 4 x too large": ("limiter.limit.value={4x}",),
    "fixed, 4 x too small": ("limiter.limit.value={1/4}",),
    **{name: adaptive(name, "limiter.limit.max={10x}") for name in ADAPTIVE},
    **{f"{name}, as its reference": adaptive(name, "limiter.limit.max={10x}", "limiter.limit.cures=false")
       for name in ("vegas", "gradient2", "gradient", "gradient_minrtt")},
}
DISCIPLINES = {}


def workers_of(scenario):
    text = (SCENARIOS / f"{scenario}.yaml").read_text()
    return int(re.search(r"\bworkers: (\d+)", text)[1])


def run(scenario, sets, seed):
    workers = workers_of(scenario)
    values = {"{4x}": 4 * workers, "{1/4}": max(1, workers // 4), "{10x}": 10 * workers}
    args = []
    for one in sets:
        for mark, value in values.items():
            one = one.replace(mark, str(value))
        args += ["--set", one]
    done = subprocess.run([BINARY, "simulate", SCENARIOS / f"{scenario}.yaml", "--json",
                           "--seed", str(seed), *args], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def mean(results, of):
    return statistics.fmean(of(r) for r in results)


def goodput(results):
    return f"{100 * mean(results, lambda r: r['goodput_share']):.0f}"


def p99(results):
    ms = 1000 * mean(results, lambda r: r["latency"]["answer"]["p99"])
    return f"{ms:.0f}" if ms >= 10 else f"{ms:.1f}"


def jain(results):
    tenants = [r for r in results if len(r["tenants"]) > 1]
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


def tables(title, scenarios, results):
    lines = [f"### {title}", ""]
    for name, of in TABLES:
        lines += table(name, scenarios, results, of)
    with_tenants = [s for s in scenarios if jain(next(iter(results.values()))[s])]
    if with_tenants:
        lines += table("Fairness among tenants (Jain's index; 1: everybody got the same part of what was theirs)",
                       with_tenants, results, jain)
    return lines


def play(policies, scenarios, seeds):
    jobs = {(p, s, seed): (s, sets, seed) for p, sets in policies.items() for s in scenarios
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
    scenarios = args.scenarios or known
    lines, everything = [], {}
    for title, policies in (("Limits, before a fifo queue", LIMITS),
                            ("Disciplines, behind a fixed limit that is right", DISCIPLINES)):
        if policies:
            results = play(policies, scenarios, args.seeds)
            lines += tables(title, scenarios, results)
            everything[title] = results
    print("\n".join(lines))
    out = ROOT / "build/bench/tournament.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(everything) + "\n")
    if not args.only_print and not args.scenarios:
        put_into_page(lines)


if __name__ == "__main__":
    main()
