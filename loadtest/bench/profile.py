#!/usr/bin/env python3
"""profile.py [refused|page|drill] [ROWS]: where the user-mode instructions of one answer go.

Instructions per function and answer by callgrind, as the difference of two runs of a fixed number
of requests at 64 connections, so that start and end cancel out."""

import re
import subprocess
import sys
import tempfile

import clients
import costs
import figures
import machine
from servers import Spillway

FEW, MANY = 2048, 22528
MAKE = {"refused": (Spillway, ""), "page": (Spillway, ""),
        "drill": (lambda **options: Spillway(costs.IDLE_DRILL, **options), "?sleep_ms=0")}


def functions(what, requests):
    """{function: instructions of its own} of one run."""
    make, query = MAKE[what]
    with tempfile.NamedTemporaryFile() as out:
        server = make(wrapper=["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}"])
        with server, clients.Holders() as holders:
            if what == "refused":
                server.hold(holders)
            clients.sequence(server.port, server.paths[what] + query, requests)
        text = subprocess.run(["callgrind_annotate", "--threshold=100", out.name], capture_output=True,
                              text=True, check=True).stdout
    found = {}
    for count, name in re.findall(r"^\s*([\d,]+) \([ \d.]+%\)\s+\S*?:(.*?)(?: \[\S+\])?$", text, re.M):
        found[name] = found.get(name, 0) + int(count.replace(",", ""))
    return found


def main(arguments):
    what = arguments[0] if arguments else "refused"
    if what not in MAKE:
        sys.exit(__doc__)
    machine.prepare()
    few, many = functions(what, FEW), functions(what, MANY)
    each = {name: (many[name] - few.get(name, 0)) / (MANY - FEW) for name in many}
    most = sorted(each.items(), key=lambda item: -item[1])[:int(arguments[1]) if len(arguments) > 1 else 40]
    rows = [[name if len(name) <= 110 else name[:107] + "...", value] for name, value in most]
    print(figures.table(["function", f"instructions per answer ({what})"], [["all", sum(each.values())], *rows]))


if __name__ == "__main__":
    main(sys.argv[1:])
