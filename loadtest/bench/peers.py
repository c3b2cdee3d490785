#!/usr/bin/env python3
"""peers.py [OPTIONS] [PART...]: the same load on the bare loop, Spillway, nginx, HAProxy and Go.

Parts: refuse, calls, instructions, page, admit, churn, idle, overload (all of them when none is
named). A part replaces its own figures in build/bench/peers.json, the tables are made from all."""

import argparse
import sys

import costs
import figures
import idle
import machine
import overload


def overloaded(asked):
    """Everybody where there is one CPU for all; the gates alone where there are two."""
    return {w.title: overload.peers(w, asked.overload_rounds, asked.seconds, titles)
            for w, titles in ((overload.SLEEP, None), (overload.BURN, None), (overload.BURN_BOTH, overload.GATES))}


PARTS = {"refuse": lambda asked: costs.refusals(costs.REFUSALS, asked.rounds),
         "calls": lambda _: costs.calls(costs.REFUSALS),
         "instructions": lambda _: costs.instructions(costs.REFUSALS),
         "page": lambda asked: costs.pages(costs.PAGES, asked.rounds),
         "admit": lambda asked: costs.pages(costs.ADMITTED, asked.rounds),
         "churn": lambda asked: costs.churn(costs.CHURN, asked.rounds),
         "idle": lambda _: idle.peers(),
         "overload": overloaded}


def cost_table(found):
    """Everything about a refusal, a row for each subject."""
    c64, c512 = (found.get("refuse", {}).get(c, {}) for c in ("c64", "c512"))
    calls_ = found.get("calls", {})
    titles = ["limit", *c64]
    limit_us = [us for f in c64.values() for us in f["limit_us"]]
    limit_us_512 = [us for f in c512.values() for us in f["limit_us"]]
    rows = []
    for title in titles:
        if title == "limit":
            row = [title, "1", figures.median(limit_us), "1", figures.median(limit_us_512)]
        else:
            row = [title]
            for of_title in (c64.get(title, {}), c512.get(title, {})):
                row += [figures.spread(of_title.get("ratio")), figures.median(of_title.get("us"))]
        count = found.get("instructions", {}).get(title)
        rows.append(row + [None if count is None else round(count),
                           calls_.get("c64", {}).get(title), calls_.get("c1", {}).get(title)])
    return figures.table(["refusal", "x limit, 64 connections", "us", "x limit, 512", "us",
                          "user instructions", "calls, 64", "calls, 1"], rows)


def ratio_table(name, pairs):
    limit_us = [us for f in pairs.values() for us in f["limit_us"]]
    rows = [["limit", "1", figures.median(limit_us)]]
    rows += [[title, figures.spread(f["ratio"]), figures.median(f["us"])] for title, f in pairs.items()]
    return figures.table([name, "x limit", "us"], rows)


def idle_table(found):
    return figures.table(["10,000 idle connections", "bytes each", "MiB without any"],
                         [[title, round(f["bytes"]), f["resident_before"] / 2**20]
                          for title, f in found["idle"].items()])


def overload_table(workload, subjects):
    head = [f"ten times the capacity, {workload}", "capacity, /s", "goodput, share", "admitted p50, ms", "p99",
            "refused p50, ms", "p99", "generator's part, p99", "/healthz p99, ms", "memory, + MiB", "lost", "unsent"]
    rows = []
    for title, f in subjects.items():
        # Who refuses everything has no capacity, and no goodput, of its own.
        own = [None, None] if title.startswith("limit") else [
            round(f["capacity_per_s"]), figures.spread([r["share"] for r in f["rounds"]])]
        rows.append([title, *own, f["admitted_p50_ms"], f["admitted_p99_ms"], f["refused_p50_ms"],
                     figures.spread([r["refused_p99_ms"] for r in f["rounds"]]),
                     text_with_mark(f["generator_delay_p99_ms"], f["is_bottleneck"]), f["page_p99_ms"],
                     (f["resident_most"] - f["resident_before"]) / 2**20, round(f["lost"]), round(f["unsent"])])
    return figures.table(head, rows)


def text_with_mark(value, marked):
    return figures.text_of(value) + (" (!)" if marked else "")


TABLES = {
    "refuse": cost_table,
    "page": lambda found: ratio_table("page from the loop", found["page"]),
    "admit": lambda found: ratio_table("admitted, nothing to do", found["admit"]),
    "churn": lambda found: ratio_table("connection for each refusal", found["churn"]),
    "idle": idle_table,
    "overload": lambda found: "\n\n".join(overload_table(w, s) for w, s in found["overload"].items()),
}


def tables(found):
    return {name: make(found) for name, make in TABLES.items() if name in found}


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each run under overload")
    parser.add_argument("--overload-rounds", type=int, default=3)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS])
    asked = parser.parse_args(arguments)
    machine.prepare()
    for name in asked.part or PARTS:
        print(f"peers: {name}", file=sys.stderr, flush=True)
        path = figures.save("peers", {name: PARTS[name](asked)})
    for text in tables(figures.load("peers")).values():
        print(text, end="\n\n")
    print(f"written: {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
