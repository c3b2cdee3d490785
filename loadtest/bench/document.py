#!/usr/bin/env python3
"""document.py: puts the tables of build/bench/peers.json, goals.json, micro.json and resize.json into
docs/performance.md and README.md, between `<!-- table: NAME -->` and `<!-- end -->`. A table without figures stays."""

import re

import elsewhere
import figures
import goals
import losses
import machine
import overload
import peers


def machine_table(found):
    words = {"cpu": "CPU", "memory": "memory", "kernel": "Linux", "system": "system", "compiler": "GCC",
             "spillway": "measured", "commit": "commit", "nginx": "nginx", "haproxy": "HAProxy", "go": "Go"}
    return figures.table(["", ""], [[words[k], found["machine"][k]] for k in words])


def overload_table(ours):
    """Spillway alone, for the README: a column for each workload."""
    columns = {"sleeping work": ours["sleep"]["figures"]["beside"][goals.OURS],
               "burning work": ours["burn"]["figures"][overload.BURN.title][goals.OURS]}
    lines = {
        "capacity": lambda f: f"{f['capacity_per_s']:.0f}/s",
        "offered": lambda f: f"{f['offered_per_s']:,.0f}/s",
        "goodput": lambda f: f"{f['good_per_s']:.0f}/s ({f['share'] * 100:.0f} % of capacity)",
        "refused, each with a `Retry-After`": lambda f: f"{f['refused_per_s']:,.0f}/s",
        "refused p50 / p99": lambda f: f"{f['refused_p50_ms']:.2f} / {f['refused_p99_ms']:.2f} ms",
        "admitted p50 / p99": lambda f: f"{f['admitted_p50_ms']:.0f} / {f['admitted_p99_ms']:.0f} ms",
        "`/healthz` p99 meanwhile": lambda f: f"{f['page_p99_ms']:.1f} ms",
        "resident memory before, at most": lambda f: f"{f['resident_before'] / 2**20:.0f},"
                                                     f" {f['resident_most'] / 2**20:.0f} MiB",
    }
    return figures.table(["", *columns], [[title, *(of(f) for f in columns.values())] for title, of in lines.items()])


def all_tables():
    ours, theirs = figures.load("goals"), figures.load("peers")
    tables = peers.tables(theirs)
    if ours or theirs:
        tables["machine"] = machine_table(theirs or ours)
    rows = [row | {"by": f"goals {part}"} for part in goals.PARTS if part in ours for row in ours[part]["goals"]]
    rows += elsewhere.rows()
    if rows:
        tables["goals"] = figures.goal_table(rows)
    if theirs:
        tables["losses"] = losses.table(theirs)
    if "sleep" in ours and "burn" in ours:
        tables["spillway_overload"] = overload_table(ours)
    return tables


def rewrite(path, tables):
    text = path.read_text(encoding="utf-8")
    known = set(re.findall(r"<!-- table: (\w+) -->", text))
    for name in known & set(tables):
        text = re.sub(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)",
                      lambda m, name=name: f"{m[1]}\n{tables[name]}\n\n{m[2]}", text, flags=re.S)
    path.write_text(text, encoding="utf-8")
    print(f"{path.name}: rewritten: {', '.join(sorted(known & set(tables))) or 'none'};"
          f" without figures: {', '.join(sorted(known - set(tables))) or 'none'}")


def main():
    tables = all_tables()
    for name in ("docs/performance.md", "README.md"):
        rewrite(machine.ROOT / name, tables)


if __name__ == "__main__":
    main()
