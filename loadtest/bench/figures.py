"""Medians, spreads, tables and goals. Prints Markdown, so that a table can stand in a document."""

import json
import math
import statistics
import time

import machine


def percentile(values, share):
    """The smallest value that at least `share` of the values do not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values):
    return statistics.median(values) if values else None


def text_of(value, digits=2):
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 or isinstance(value, int) else f"{value:.{digits}f}"


def spread(values, digits=2):
    """`median (min-max)`, or a dash."""
    values = [value for value in values or () if value is not None]
    if not values:
        return "-"
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def table(head, rows):
    cells = [list(head)] + [[text_of(cell) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = []
    for number, row in enumerate(cells):
        lines.append("| " + " | ".join(
            c.rjust(w) if n else c.ljust(w) for n, (c, w) in enumerate(zip(row, widths))) + " |")
        if number == 0:
            lines.append("|" + "|".join(
                "-" * (w + 1) + (":" if n else "-") for n, w in enumerate(widths)) + "|")
    return "\n".join(lines)


class Goals:
    """Claims, each judged on figures of one run."""

    def __init__(self):
        self.rows = []

    def at_most(self, title, value, bound, shown=None, unit=""):
        self.add(title, value, f"<= {bound}{unit}", value is not None and value <= bound, shown, unit)

    def at_least(self, title, value, bound, shown=None, unit=""):
        self.add(title, value, f">= {bound}{unit}", value is not None and value >= bound, shown, unit)

    def add(self, title, value, wanted, is_met, shown=None, unit=""):
        self.rows.append({"goal": title, "wanted": wanted, "value": value, "met": bool(is_met),
                          "shown": shown or (text_of(value) + (unit if value is not None else ""))})


def goal_table(rows):
    """With the command of each when the rows name it."""
    head, cells = ["goal", "wanted", "measured", ""], []
    for r in rows:
        verdict = "met" if r["met"] else "**not met**"
        cells.append([r["goal"], r["wanted"], r["shown"], verdict] + ([f"`{r['by']}`"] if "by" in r else []))
    if rows and "by" in rows[0]:
        head.append("`./dev bench`")
    return table(head, cells)


def save(name, value):
    """Merges `value` into build/bench/NAME.json, so that a part that was run again replaces its own
    figures only."""
    machine.OUT.mkdir(parents=True, exist_ok=True)
    path = machine.OUT / f"{name}.json"
    whole = json.loads(path.read_text(encoding="ascii")) if path.exists() else {}
    for key, part in value.items():
        whole[key] = part
    whole["at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    whole["machine"] = machine.description()
    path.write_text(json.dumps(whole, indent=1) + "\n", encoding="ascii")
    return path


def load(name):
    path = machine.OUT / f"{name}.json"
    return json.loads(path.read_text(encoding="ascii")) if path.exists() else {}
