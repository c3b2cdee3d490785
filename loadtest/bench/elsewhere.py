"""Goals whose figures belong to other benchmarks: `micro` (decisions, contention) and `resize`."""

import figures

DECISIONS = {"grant_and_release": "decision alone: permit granted and given back, ns",
             "refuse": "decision alone: refused, ns",
             "enqueue_and_expire_behind_0": "decision alone: into the queue and out by its deadline, ns",
             "enqueue_and_expire_behind_64": "the same behind 64 waiters, ns"}
CONTENDED = {"grant_and_release": "granted and released", "stay_in_line": "into the queue and out of it"}


def micro(goals, found):
    for row in found.get("decisions", []):
        if row["name"] in DECISIONS:
            shown = f"{row['ns']:.1f} ({row['ns_min']:.1f}-{row['ns_max']:.1f})"
            counted = row["instructions"]
            goals.at_most(DECISIONS[row["name"]], row["ns"], row["goal_ns"],
                          shown + (f"; {counted:.0f} instructions" if counted else ""))
    for row in found.get("contention", []):
        if row["threads"] == 8 and row["name"] in CONTENDED:
            goals.at_least(f"8 threads, throughput of one's: {CONTENDED[row['name']]}", row["of_one"], 0.5)


def resize(goals, found):
    rows = found.get("rows", [])
    if rows:
        worst = min(rows, key=lambda row: row["service_of_bare"])
        most = max(rows, key=lambda row: row["memory_mib"]["service"])
        goals.at_least("images a second of a core, share of bare libvips", worst["service_of_bare"], found["goal"],
                       f"{figures.spread([row['service_of_bare'] for row in rows])} over {len(rows)} pictures;"
                       f" a job takes at most {most['memory_mib']['service']:.0f} MiB ({most['picture']})")


def rows():
    """Those that have been measured, each with its command."""
    found = []
    for name, judge in (("micro", micro), ("resize", resize)):
        goals = figures.Goals()
        judge(goals, figures.load(name))
        found += [row | {"by": name} for row in goals.rows]
    return found
