"""How many simulated requests a second of CPU time pays for."""
import argparse
import json
import pathlib
import resource
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "build/release/spillway"
SCENARIOS = ROOT / "loadtest/scenarios"

# Scenario, overrides: what each of the ways through a simulation costs.
CASES = {
    "admitted at once": ("tournament/light.yaml", ("phases.1.for=1h",)),
    "waiting, then served or refused": ("tournament/steady.yaml", ("phases.1.for=1h",)),
    "mostly refused": ("tournament/microseconds.yaml", ("limiter.queue.capacity=16",)),
    "an adaptive limit": ("tournament/steady.yaml", ("phases.1.for=1h", "limiter.limit.algorithm=gradient2")),
    "retries": ("tournament/retry_storm.yaml", ("phases.1.for=1h",)),
}


def run(scenario, sets):
    """Requests, and seconds of CPU time (start-up and parsing included)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    args = [argument for one in sets for argument in ("--set", one)]
    done = subprocess.run([BINARY, "simulate", SCENARIOS / scenario, "--json", *args],
                          check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout)["requests"], cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"{'case':34}{'requests':>12}{'requests per CPU second':>26}{'per request':>14}")
    figures = {}
    for name, (scenario, sets) in CASES.items():
        requests, cpu = min((run(scenario, sets) for _ in range(rounds)), key=lambda r: r[1])
        figures[name] = {"requests": requests, "cpu_s": cpu, "per_cpu_s": requests / cpu}
        print(f"{name:34}{requests:12,}{requests / cpu:26,.0f}{1e9 * cpu / requests:11.0f} ns")
    out = ROOT / "build/bench/simulate.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
