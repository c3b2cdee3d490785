#!/usr/bin/env python3
"""run.py BINARY KIND allocations|instructions [BUDGETS COMPILER]: counts what one request costs.

Allocations must be none. Instructions are counted by callgrind within Loop::run; they may exceed
the budget of this compiler and architecture by 5 %, and without a budget they are printed only.
Neither depends on how busy the machine is.

Asio keeps eight blocks for coroutine frames and operations: enough for one admitted request in each
turn of the loop. When many begin in the same turn, those behind take some twelve small blocks each
from malloc's own cache; that shows in the instructions, and not in the allocations counted here.
"""

import pathlib
import platform
import re
import subprocess
import sys
import tempfile

CONNECTIONS, ROUNDS = 64, 50
ONE_AT_A_TIME = ("admitted", "within_quota")  # whose allocations are counted
SLACK = 1.05


def run(binary, kind, connections, prefix=()):
    command = [*prefix, binary, kind, str(connections), str(ROUNDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def allocations(binary, kind):
    connections = 1 if kind in ONE_AT_A_TIME else CONNECTIONS
    found = re.search(r"requests (\d+) allocations (\d+)", run(binary, kind, connections))
    print(f"{kind}: {found[2]} allocations in {found[1]} requests")
    if int(found[2]) != 0:
        sys.exit("a request of this kind must not allocate")


def count(binary, kind):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind"
        run(binary, kind, CONNECTIONS,
            ["valgrind", "--tool=callgrind", "--collect-atstart=no",
             "--toggle-collect=*Loop::run*", f"--callgrind-out-file={out}"])
        # The dump that the program asks for when it has warmed up and measured.
        text = pathlib.Path(f"{out}.1").read_text(encoding="ascii", errors="replace")
    return int(re.search(r"^summary: (\d+)", text, re.MULTILINE)[1]) / (CONNECTIONS * ROUNDS)


def budget_of(path, machine, kind):
    for line in pathlib.Path(path).read_text(encoding="ascii").splitlines():
        words = line.split("#")[0].split()
        if words[:2] == [machine, kind]:
            return int(words[2])
    return None


def instructions(binary, kind, budgets, compiler):
    machine = f"{compiler}-{platform.machine()}"
    counted = count(binary, kind)
    budget = budget_of(budgets, machine, kind)
    print(f"{kind}: {counted:.0f} instructions per request; budget of {machine}: {budget or 'none'}")
    if budget is None:
        return
    if counted > budget * SLACK:
        sys.exit(f"over the budget by {counted / budget - 1:.1%}: find out why, or raise it in "
                 f"{budgets} and say in the commit what it buys")
    if counted < budget / SLACK:
        print(f"that is {1 - counted / budget:.1%} less than the budget: lower it")


if __name__ == "__main__":
    if sys.argv[3] == "allocations":
        allocations(sys.argv[1], sys.argv[2])
    else:
        instructions(sys.argv[1], sys.argv[2], *sys.argv[4:])
