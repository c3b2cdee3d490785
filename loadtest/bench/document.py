#!/usr/bin/env python3
"""document.py [FILE]: puts the tables of build/bench/peers.json and goals.json into
docs/performance.md, between `<!-- table: NAME -->` and `<!-- end -->`. A table without figures stays."""

import pathlib
import re
import sys

import figures
import goals
import machine
import peers


def machine_table(found):
    words = {"cpu": "CPU", "memory": "memory", "kernel": "Linux", "system": "system", "compiler": "GCC",
             "spillway": "measured", "commit": "commit", "nginx": "nginx", "haproxy": "HAProxy", "go": "Go"}
    return figures.table(["", ""], [[words[k], found["machine"][k]] for k in words])


def all_tables():
    ours, theirs = figures.load("goals"), figures.load("peers")
    tables = peers.tables(theirs)
    if theirs:
        tables["machine"] = machine_table(theirs)
    rows = [row for part in goals.PARTS if part in ours for row in ours[part]["goals"]]
    if rows:
        tables["goals"] = figures.goal_table(rows)
    return tables


def main(arguments):
    path = pathlib.Path(arguments[0]) if arguments else machine.ROOT / "docs/performance.md"
    text, tables = path.read_text(encoding="utf-8"), all_tables()
    known = set(re.findall(r"<!-- table: (\w+) -->", text))
    for name in sorted(known & set(tables)):
        text = re.sub(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)",
                      lambda m, name=name: f"{m[1]}\n{tables[name]}\n\n{m[2]}", text, flags=re.S)
    path.write_text(text, encoding="utf-8")
    print(f"{path}: rewritten: {', '.join(sorted(known & set(tables))) or 'nothing'};"
          f" without figures: {', '.join(sorted(known - set(tables))) or 'none'}")


if __name__ == "__main__":
    main(sys.argv[1:])
