#!/usr/bin/env python3
"""peers.py [--rounds N] [PART...]: the same load on the bare loop, Spillway, nginx, HAProxy and Go.

Parts: refuse, page, admit, churn, calls, instructions, idle, overload (all of them when none is
named). A part replaces its own figures in build/bench/peers.json, the tables are made from all."""

import argparse
import sys

import costs
import figures
import machine


def refuse(rounds):
    return {"c64": costs.in_pairs(costs.REFUSALS, 64, rounds),
            "c512": costs.in_pairs(costs.REFUSALS, 512, max(1, rounds // 2))}


def page(rounds):
    return costs.in_pairs(costs.PAGES, 64, rounds, limit=["--ok"], expect=200)


def admit(rounds):
    return costs.in_pairs(costs.ADMITTED, 64, rounds, limit=["--ok"], expect=200)


def churn(rounds):
    return costs.in_pairs(costs.CHURN, 64, rounds, limit=["--close"], closing=True)


def calls(_):
    return {"c64": costs.system_calls(costs.REFUSALS, 64), "c1": costs.system_calls(costs.REFUSALS, 1)}


def instructions(_):
    return costs.instructions(costs.REFUSALS)


PARTS = {"refuse": refuse, "page": page, "admit": admit, "churn": churn, "calls": calls,
         "instructions": instructions}


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


TABLES = {
    "refuse": cost_table,
    "page": lambda found: ratio_table("page from the loop", found["page"]),
    "admit": lambda found: ratio_table("admitted, nothing to do", found["admit"]),
    "churn": lambda found: ratio_table("connection for each refusal", found["churn"]),
}


def tables(found):
    return {name: make(found) for name, make in TABLES.items() if name in found}


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS])
    asked = parser.parse_args(arguments)
    machine.raise_descriptor_limit()
    for name in asked.part or PARTS:
        print(f"peers: {name}", file=sys.stderr, flush=True)
        path = figures.save("peers", {name: PARTS[name](asked.rounds)})
    for text in tables(figures.load("peers")).values():
        print(text, end="\n\n")
    print(f"written: {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
