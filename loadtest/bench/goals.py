#!/usr/bin/env python3
"""goals.py [OPTIONS] [PART...]: what must hold, beside the bare loop, nginx and HAProxy.

Parts: refuse, page, admit, churn, idle, flat, scrape, sleep, burn, step, memory (all of them when
none is named). A part replaces its own figures in build/bench/goals.json; each of its goals is
judged on figures of that one run, and is printed as met or not met. With --from-peers what `peers`
has measured already is judged and not measured again."""

import argparse
import sys

import costs
import figures
import flat
import idle
import machine
import overload

BESIDE = ["Spillway", "nginx limit_conn", "HAProxy be_conn", "HAProxy deny"]
OURS = "Spillway"


def cheaper_in(pairs, other):
    """In how many of the rounds Spillway's ratio was below the other's."""
    ours, theirs = pairs[OURS]["ratio"], pairs[other]["ratio"]
    return sum(a < b for a, b in zip(ours, theirs)), len(ours)


def measured(asked, part, measure):
    """What `peers` has found in its part of that name, when that is to be judged; else what
    `measure` finds now."""
    if not asked.from_peers:
        return measure()
    theirs = figures.load("peers")
    if part not in theirs:
        sys.exit(f"goals: no figures of `peers {part}` to judge")
    return theirs[part]


def refuse(goals, asked):
    subjects, few = costs.of(costs.REFUSALS, BESIDE), costs.of(costs.REFUSALS, BESIDE[:2])
    found = measured(asked, "refuse", lambda: costs.refusals(subjects, asked.rounds)) | {
        "calls": measured(asked, "calls", lambda: costs.calls(few)),
        "instructions": measured(asked, "instructions", lambda: costs.instructions(few))}
    for load, bound in (("c64", 1.10), ("c512", 1.15)):
        pairs = found[load]
        goals.at_most(f"CPU per refusal, {load[1:]} connections, x limit", figures.median(pairs[OURS]["ratio"]),
                      bound, figures.spread(pairs[OURS]["ratio"]))
        for other in BESIDE[1:]:
            won, of = cheaper_in(pairs, other)
            goals.add(f"cheaper than {other}, {load[1:]} connections", won / of, "every round", won == of,
                      f"{won} of {of}; theirs {figures.spread(pairs[other]['ratio'])}")
    goals.at_most("user instructions per refusal", found["instructions"][OURS], 4000)
    goals.at_most("system calls per refusal, 64 connections", found["calls"]["c64"][OURS], 2.6)
    # Half a percent for the connection itself and what runs beside it.
    goals.at_most("system calls per refusal, 1 connection", found["calls"]["c1"][OURS], 5.03)
    return found


def page(goals, asked):
    pairs = measured(asked, "page", lambda: costs.pages(costs.of(costs.PAGES, [OURS, "nginx return"]), asked.rounds))
    ratio = pairs[OURS]["ratio"]
    goals.at_most("CPU per /healthz, x limit", figures.median(ratio), 1.15, figures.spread(ratio))
    return pairs


def admit(goals, asked):
    few = costs.of(costs.ADMITTED, [OURS, "Spillway, through its queue"])
    pairs = measured(asked, "admit", lambda: costs.pages(few, asked.rounds))
    ratio = pairs[OURS]["ratio"]
    for title, bound in (("", 1.8), (" (stretch)", 1.5)):
        goals.at_most(f"CPU per admitted request with nothing to do, x limit{title}", figures.median(ratio),
                      bound, figures.spread(ratio))
    return pairs


def churn(goals, asked):
    pairs = measured(asked, "churn", lambda: costs.churn(costs.of(costs.CHURN, BESIDE), asked.rounds))
    ratio = pairs[OURS]["ratio"]
    goals.at_most("CPU per connection with one refusal, x limit", figures.median(ratio), 1.10,
                  figures.spread(ratio))
    return pairs


def quiet(goals, asked):
    found = measured(asked, "idle", lambda: idle.peers([OURS, "nginx return", "HAProxy return"]))
    goals.at_most("resident bytes per idle connection, 10,000 of them", found[OURS]["bytes"], 2048)
    return found


def flatness(goals, asked):
    found = {what: measure(min(3, asked.rounds)) for what, measure in
             (("routes", flat.routes), ("connections", flat.connections), ("queue", flat.queue))}
    for what, unit in (("routes", " routes"), ("connections", " connections"), ("queue", " queue")):
        for title, figure in list(found[what].items())[1:]:
            ratio = figure["to_first"]
            first = next(iter(found[what]))
            goals.add(f"CPU per refusal, {title}{unit} / {first}", ratio, "0.90-1.10", 0.9 <= ratio <= 1.1)
    return found


def scrape(goals, asked):
    found = flat.scrape()
    goals.at_most("CPU of 10 scrapes of /metrics a second, % of one", found["share"] * 100, 1,
                  f"{found['share'] * 100:.2f} ({found['us']:.0f} us each)")
    return found


def at_ten_times(asked, load):
    """{title: figure} at ten times the capacity, the service and its gated peers."""
    return measured(asked, "overload", lambda: {load.title: overload.peers(
        load, asked.overload_rounds, asked.seconds, overload.GATES)})[load.title]


def refused_in_time(goals, found, p50, p99):
    """In rounds beside the bare loop and the peers: what they have at the 99th is the floor here."""
    own = found[OURS]
    goals.at_most(f"refused p50 at {own['times']:.0f}x, ms", own["refused_p50_ms"], p50)
    beside = ", ".join(f"{title.split(',')[0]} {found[title]['refused_p99_ms']:.2f}"
                       for title in overload.GATES if title != OURS)
    goals.at_most(f"refused p99 at {own['times']:.0f}x, ms", own["refused_p99_ms"], p99,
                  figures.spread([r["refused_p99_ms"] for r in own["rounds"]])
                  + f"; {beside}; generator's part {own['generator_delay_p99_ms']:.2f}")


def share_of_what_is_left(account, cpus):
    """Goodput as a share of the capacity; where the service has the generator's CPU too, of what the
    generator has left of it."""
    taken = account["generator_cpu"] / 2 if machine.LOAD_CPU in cpus.split(",") else 0
    return account["share"] / (1 - taken)


def served(goals, found, cpus, share):
    """`found`: {title: figure}, the peers' for comparison."""
    own = found[OURS]
    offered = own["offered_per_s"] / own["capacity_per_s"]
    rounds = [share_of_what_is_left(r, cpus) for r in own["rounds"]]
    beside = "".join(f"; {title} {share_of_what_is_left(found[title], cpus):.3f}" for title in overload.GATES
                     if title in found and title != OURS and not title.startswith("limit"))
    unsent = own["unsent"] / (own["unsent"] + own["sent"])
    if unsent > 0.001:
        beside += f"; {unsent * 100:.1f} % of it not sent for want of a connection"
    if own["is_bottleneck"]:
        beside += "; the generator at its end"
    goals.at_least(f"goodput at {own['times']:.0f}x, share of capacity", figures.median(rounds), share,
                   f"{figures.spread(rounds, 3)} of {own['capacity_per_s']:.0f}/s, offered {offered:.1f} x{beside}")


def admitted_in_time(goals, asked, load, own):
    with load.gated() as server:
        quiet_ = overload.unloaded(server, "drill", load, own["capacity_per_s"], asked.seconds)
    goals.at_most("admitted p99 at 10x, ms (wait_timeout + 1.2 x unloaded p99)", own["admitted_p99_ms"],
                  round(200 + 1.2 * quiet_["admitted_p99_ms"], 1))
    return quiet_


def sleep(goals, asked):
    load, rounds, seconds = overload.SLEEP, asked.overload_rounds, asked.seconds
    found = {factor: overload.peers(work, rounds, seconds, [OURS], factor)
             for factor, work in ((2, load), (100, overload.LONG_SLEEP))}
    beside = at_ten_times(asked, load)
    for some, share in ((found[2], 0.99), (beside, 0.98), (found[100], 0.95)):
        served(goals, some, load.cpus, share)
    refused_in_time(goals, beside, 0.13, 0.25)
    quiet_ = admitted_in_time(goals, asked, load, beside[OURS])
    return {"unloaded": quiet_, "times": {n: f[OURS] for n, f in found.items()}, "beside": beside}


def burn(goals, asked):
    found = {}
    for load in (overload.BURN, overload.BURN_BOTH):
        found[load.title] = at_ten_times(asked, load)
        own = figures.Goals()
        served(own, found[load.title], load.cpus, 0.97)
        refused_in_time(own, found[load.title], 0.15, 1)
        admitted_in_time(own, asked, load, found[load.title][OURS])
        goals.rows += [row | {"goal": f"{row['goal']}, {load.title}"} for row in own.rows]
    return found


def step(goals, asked):
    rounds = [overload.step(overload.SLEEP, 4, 6) for _ in range(asked.overload_rounds)]
    for key, title in (("settles_s", "step to 10x: goodput within 5 % of steady after, s"),
                       ("last_refusal_s", "step back: last refusal after, s")):
        seconds = [r[key] for r in rounds]
        goals.at_most(title, figures.median(seconds), 1, figures.spread(seconds))
    return rounds


def memory(goals, asked):
    found = overload.endurance(overload.SLEEP, asked.memory_seconds)
    early, minutes = found["resident_5s"], found["resident_by_minute"]
    goals.at_most(f"resident memory at 10x for {asked.memory_seconds} s: each minute / after 5 s, +- %",
                  found["deviation"] * 100, 2,
                  f"{found['deviation'] * 100:.2f}; {early / 2**20:.1f} MiB after 5 s, then"
                  f" {min(minutes) / 2**20:.1f}-{max(minutes) / 2**20:.1f}")
    return found


PARTS = {"refuse": refuse, "page": page, "admit": admit, "churn": churn, "idle": quiet,
         "flat": flatness, "scrape": scrape, "sleep": sleep, "burn": burn, "step": step, "memory": memory}


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each run under overload")
    parser.add_argument("--overload-rounds", type=int, default=3)
    parser.add_argument("--memory-seconds", type=int, default=600)
    parser.add_argument("--from-peers", action="store_true", help="judge what `peers` has measured")
    parser.add_argument("part", nargs="*", choices=[[], *PARTS])
    asked = parser.parse_args(arguments)
    machine.prepare()
    missed = 0
    for name in asked.part or PARTS:
        print(f"goals: {name}", file=sys.stderr, flush=True)
        goals = figures.Goals()
        found = PARTS[name](goals, asked)
        path = figures.save("goals", {name: {"figures": found, "goals": goals.rows}})
        print(figures.goal_table(goals.rows), end="\n\n", flush=True)
        missed += sum(not row["met"] for row in goals.rows)
    print(f"not met: {missed}\nwritten: {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
