#!/usr/bin/env python3
"""Every attack against the real binary, one after the other, with healthy traffic beside it.

    run.py [--long] [--json FILE] [ATTACK...]

Prints a table and exits with 1 unless after each attack the service lives, the healthy clients were served,
every request has ended exactly once, and descriptors and memory are back where they were. The short form
is a part of `./dev test`; the long one is the size that each attack's first line says.
"""

import argparse
import json
import pathlib
import resource
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from siege import MIB, Healthy, Siege  # noqa: E402  (first: it finds the others)
from harness import PATIENCE, eventually  # noqa: E402
from http_client import Client  # noqa: E402

import attacks_bodies  # noqa: E402
import attacks_connections  # noqa: E402
import attacks_environment  # noqa: E402
import attacks_images  # noqa: E402
import attacks_tls  # noqa: E402

ROOMS = (attacks_connections, attacks_bodies, attacks_images, attacks_environment, attacks_tls)
SHORT = 0.1

# Requests of healthy clients without which an attack that is over soon proves little.
HEALTHY_MIN = 40


def run(attack, scale):
    """One row of the table; `error` tells what did not hold."""
    row = {"attack": attack.__name__, "what": attack.__doc__.splitlines()[0], "error": None}
    option = lambda name, otherwise: getattr(attack, name, otherwise)  # noqa: E731
    option("before", lambda: None)()
    siege = Siege(option("config", None), scale, option("client", Client), **option("options", dict)())
    healthy, begin = None, time.monotonic()
    try:
        siege.warm_up()
        descriptors, memory = siege.descriptors(), siege.memory()
        healthy = Healthy(siege.server.public, siege.client)
        attack(siege)
        eventually(lambda: healthy.asked >= HEALTHY_MIN, within=30, what="healthy clients go on")
        siege.leave()
        healthy.stop()
        after = siege.await_baseline(descriptors, memory, option("memory_kept", None))
        row.update(asked=healthy.asked, served=healthy.served, worst=healthy.worst,
                   memory_before=memory, memory_after=after, notes=siege.notes)
        assert healthy.served > 0, "no healthy client was served"
        if not option("healthy_may_be_cut", False):
            refused = healthy.refused if option("healthy_may_be_refused", False) else 0
            assert healthy.served + refused == healthy.asked, (
                f"healthy clients: {healthy.served} served, {healthy.refused} refused, {healthy.failures}")
        siege.server.finish()
    except Exception as error:  # whatever it is, the next attack is to be tried
        row["error"] = f"{type(error).__name__}: {error}"
        traceback.print_exc()
        print(siege.server.log_text()[-4000:], file=sys.stderr)
        siege.leave()
        if healthy:
            healthy.stop()
        siege.server.kill()
    finally:
        option("after", lambda: None)()
    row["seconds"] = time.monotonic() - begin
    return row


def show(row):
    if row["error"]:
        print(f"| {row['attack']} | FAILED: {row['error']} | | | | |", flush=True)
        return
    print(f"| {row['attack']} | yes | {row['served']} of {row['asked']}, longest {1000 * row['worst']:.0f} ms "
          f"| {row['memory_before'] / MIB:.0f} to {row['memory_after'] / MIB:.0f} MiB "
          f"| {row['seconds']:.1f} s | {'; '.join(row['notes'])} |", flush=True)


def main():
    attacks = {attack.__name__: attack for room in ROOMS for attack in room.ATTACKS}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--long", action="store_true", help="at full size")
    parser.add_argument("--json", metavar="FILE", help="write the rows there, too")
    parser.add_argument("attack", nargs="*", help="one of " + ", ".join(attacks))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.attack if name not in attacks]
    if unknown:
        parser.error(f"no such attack: {', '.join(unknown)} (allowed: {', '.join(attacks)})")

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print("| attack | survived | healthy clients served | memory before and after | took | what was seen |")
    print("|---|---|---|---|---:|---|", flush=True)
    rows = []
    chosen = arguments.attack or [name for name, attack in attacks.items()
                                  if PATIENCE == 1 or not getattr(attack, "plain_only", False)]
    if "clock_jumps" in chosen and attacks_environment.faketime() is None:
        chosen.remove("clock_jumps")
        print("clock_jumps is not tried: libfaketime is not installed", file=sys.stderr)
    for name in chosen:
        rows.append(run(attacks[name], 1.0 if arguments.long else SHORT))
        show(rows[-1])
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 1 if any(row["error"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
