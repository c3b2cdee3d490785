#!/usr/bin/env python3
"""goals.py [--rounds N] [PART...]: what must hold, measured beside the bare loop, nginx and HAProxy.

Parts: refuse, page, admit, churn, idle, flat, scrape (all of them when none is named). A
part replaces its own figures in build/bench/goals.json; each of its goals is judged on figures of
that one run, and is printed as met or not met."""

import argparse
import sys

import costs
import figures
import flat
import idle
import machine

BESIDE = ["Spillway", "nginx limit_conn", "HAProxy be_conn", "HAProxy deny"]
OURS = "Spillway"


def cheaper_in(pairs, other):
    """In how many of the rounds Spillway's ratio was below the other's."""
    ours, theirs = pairs[OURS]["ratio"], pairs[other]["ratio"]
    return sum(a < b for a, b in zip(ours, theirs)), len(ours)


def refuse(goals, rounds):
    subjects = costs.of(costs.REFUSALS, BESIDE)
    found = {"c64": costs.in_pairs(subjects, 64, rounds),
             "c512": costs.in_pairs(subjects, 512, max(3, rounds // 2)),
             "calls": {n: costs.system_calls(costs.of(costs.REFUSALS, BESIDE[:2]), n) for n in (64, 1)},
             "instructions": costs.instructions(costs.of(costs.REFUSALS, BESIDE[:2]))}
    for load, bound in (("c64", 1.10), ("c512", 1.15)):
        pairs = found[load]
        goals.at_most(f"CPU per refusal, {load[1:]} connections, x limit", figures.median(pairs[OURS]["ratio"]),
                      bound, figures.spread(pairs[OURS]["ratio"]))
        for other in BESIDE[1:]:
            won, of = cheaper_in(pairs, other)
            goals.add(f"cheaper than {other}, {load[1:]} connections", won / of, "every round", won == of,
                      f"{won} of {of}; theirs {figures.spread(pairs[other]['ratio'])}")
    goals.at_most("user instructions per refusal", found["instructions"][OURS], 4000)
    goals.at_most("system calls per refusal, 64 connections", found["calls"][64][OURS], 2.6)
    # Half a percent for the connection itself and what runs beside it.
    goals.at_most("system calls per refusal, 1 connection", found["calls"][1][OURS], 5.03)
    return found


def page(goals, rounds):
    pairs = costs.in_pairs(costs.of(costs.PAGES, ["Spillway", "nginx return"]), 64, rounds,
                           limit=["--ok"], expect=200)
    ratio = pairs[OURS]["ratio"]
    goals.at_most("CPU per /healthz, x limit", figures.median(ratio), 1.15, figures.spread(ratio))
    return pairs


def admit(goals, rounds):
    pairs = costs.in_pairs(costs.of(costs.ADMITTED, ["Spillway"]), 64, rounds, limit=["--ok"], expect=200)
    ratio = pairs[OURS]["ratio"]
    for title, bound in (("", 1.8), (" (stretch)", 1.5)):
        goals.at_most(f"CPU per admitted request with nothing to do, x limit{title}", figures.median(ratio),
                      bound, figures.spread(ratio))
    return pairs


def churn(goals, rounds):
    pairs = costs.in_pairs(costs.of(costs.CHURN, BESIDE), 64, rounds, limit=["--close"], closing=True)
    ratio = pairs[OURS]["ratio"]
    goals.at_most("CPU per connection with one refusal, x limit", figures.median(ratio), 1.10,
                  figures.spread(ratio))
    return pairs


def quiet(goals, _):
    found = idle.peers(["Spillway", "nginx return", "HAProxy return"])
    goals.at_most("resident bytes per idle connection, 10,000 of them", found[OURS]["bytes"], 2048)
    return found


def flatness(goals, rounds):
    found = {"routes": flat.routes(rounds), "connections": flat.connections(rounds), "queue": flat.queue(rounds)}
    for what, unit in (("routes", " routes"), ("connections", " connections"), ("queue", " queue")):
        for title, figure in list(found[what].items())[1:]:
            ratio = figure["to_first"]
            first = next(iter(found[what]))
            goals.add(f"CPU per refusal, {title}{unit} / {first}", ratio, "0.90-1.10", 0.9 <= ratio <= 1.1)
    return found


def scrape(goals, rounds):
    found = flat.scrape(rounds)
    goals.at_most("CPU of 10 scrapes of /metrics a second, % of one", found["share"] * 100, 1,
                  f"{found['share'] * 100:.2f} ({found['us']:.0f} us each)")
    return found


PARTS = {"refuse": refuse, "page": page, "admit": admit, "churn": churn, "idle": quiet,
         "flat": flatness, "scrape": scrape}


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS])
    asked = parser.parse_args(arguments)
    machine.raise_descriptor_limit()
    missed = 0
    for name in asked.part or PARTS:
        print(f"goals: {name}", file=sys.stderr, flush=True)
        goals = figures.Goals()
        found = PARTS[name](goals, asked.rounds)
        path = figures.save("goals", {name: {"figures": found, "goals": goals.rows}})
        print(goals.table(), end="\n\n", flush=True)
        missed += sum(not row["met"] for row in goals.rows)
    print(f"not met: {missed}\nwritten: {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
