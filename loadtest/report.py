#!/usr/bin/env python3
"""The sums behind the load scripts: samples a running service, reads the generators' output, prints
tables and writes JSON. Standard library only.

  report.py watch PID HOST:PORT FILE     sample until SIGTERM, then write FILE
  report.py normal DIR FILE              sum up DIR/<mode>.*, print the table, write FILE
  report.py drain DIR FILE               likewise; exit 1 if anything was lost
"""

import csv
import http.client
import json
import math
import os
import pathlib
import re
import signal
import sys
import time


def percentile(values, share):
    """The smallest value that at least `share` of the values do not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


# -- the service, from outside --------------------------------------------------------------------

def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch(pid, address, path):
    """Every 100 ms one GET of each page on a kept connection; memory and CPU with it."""
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    begin, cpu = time.monotonic(), cpu_seconds(pid)
    result = {"pages": {"/healthz": [], "/metrics": []}, "failed": 0, "resident": []}
    connection = http.client.HTTPConnection(address, timeout=5)
    while not stop:
        result["resident"].append((time.monotonic() - begin, resident_bytes(pid)))
        for page, took in result["pages"].items():
            started = time.monotonic()
            try:
                connection.request("GET", page)
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    raise http.client.HTTPException(response.status)
                took.append(time.monotonic() - started)
            except (OSError, http.client.HTTPException):
                result["failed"] += 1
                connection.close()
        time.sleep(0.1)
    result["seconds"] = time.monotonic() - begin
    result["cpu_seconds"] = cpu_seconds(pid) - cpu
    pathlib.Path(path).write_text(json.dumps(result), encoding="ascii")


# -- the generators' output -----------------------------------------------------------------------

def read_hey(path):
    """hey's CSV: {status: [seconds, ...]}. Requests without any answer are not in it."""
    by_status = {}
    with open(path, encoding="ascii", newline="") as file:
        for row in csv.DictReader(file):
            by_status.setdefault(int(row["status-code"]), []).append(float(row["response-time"]))
    return by_status


def read_wrk(path):
    text = pathlib.Path(path).read_text(encoding="ascii")
    total, seconds = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    names = ("connect", "read", "write", "timeout")
    return {"requests": int(total), "seconds": float(seconds),
            "refused": int(refused[1]) if refused else 0,
            "errors": dict(zip(names, map(int, errors.groups()))) if errors else dict.fromkeys(names, 0)}


def read_hey_errors(path):
    """{message: count} of the error distribution in hey's summary."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    part = text.split("Error distribution:")
    found = re.findall(r"^\s*\[(\d+)\]\s+(.+)$", part[1], re.M) if len(part) > 1 else []
    return {message: int(count) for count, message in found}


def split(by_status, seconds):
    good = [t for s, ts in by_status.items() if 200 <= s < 300 for t in ts]
    refused = [t for s, ts in by_status.items() if s in (429, 503) for t in ts]
    other = {s: len(ts) for s, ts in by_status.items() if not (200 <= s < 300 or s in (429, 503))}
    return {"offered_per_s": (len(good) + len(refused) + sum(other.values())) / seconds,
            "good_per_s": len(good) / seconds, "refused_per_s": len(refused) / seconds,
            "good_p50_ms": ms(percentile(good, .5)), "good_p99_ms": ms(percentile(good, .99)),
            "refused_p50_ms": ms(percentile(refused, .5)), "refused_p99_ms": ms(percentile(refused, .99)),
            "other_statuses": other}


def summary_of_watch(path):
    seen = json.loads(pathlib.Path(path).read_text(encoding="ascii"))
    resident = seen["resident"]
    at_5s = next((bytes_ for at, bytes_ in resident if at >= 5), resident[-1][1])
    result = {"resident_before": resident[0][1], "resident_5s": at_5s, "resident_end": resident[-1][1],
              "cpu_seconds": seen["cpu_seconds"], "page_failures": seen["failed"]}
    for page, took in seen["pages"].items():
        result[f"{page[1:]}_p50_ms"] = ms(percentile(took, .5))
        result[f"{page[1:]}_p99_ms"] = ms(percentile(took, .99))
    return result


# -- tables ---------------------------------------------------------------------------------------

def ms(seconds):
    return None if seconds is None else round(seconds * 1e3, 2)


def text_of(value):
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) and value < 100 else f"{value:.0f}"


def table(head, rows):
    cells = [head] + [[c if isinstance(c, str) else text_of(c) for c in row] for row in rows]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    for number, row in enumerate(cells):
        print("| " + " | ".join(c.rjust(w) if n else c.ljust(w)
                                for n, (c, w) in enumerate(zip(row, widths))) + " |")
        if number == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")


def transposed(results, lines):
    """One row per quantity, one column per result."""
    table([""] + list(results), [[title] + [get(r) for r in results.values()] for title, get in lines])


def mebibytes(key):
    return lambda result: round(result[key] / 2**20, 1) if result.get(key) is not None else None


def save(path, value):
    value = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **value}
    pathlib.Path(path).write_text(json.dumps(value, indent=1) + "\n", encoding="ascii")
    print(f"\nwritten: {path}")


def normal(folder, path):
    results = {}
    for csv_file in sorted(folder.glob("*.hey.csv")):
        name = csv_file.name[:-len(".hey.csv")]
        asked = json.loads((folder / f"{name}.mode.json").read_text())
        results[name] = {**split(read_hey(csv_file), asked["seconds"]),
                         **summary_of_watch(folder / f"{name}.watch")}
    transposed(results, (
        ("replies/s", lambda r: r["good_per_s"]), ("refused/s", lambda r: r["refused_per_s"]),
        ("p50, ms", lambda r: r["good_p50_ms"]), ("p99, ms", lambda r: r["good_p99_ms"]),
        ("/metrics p99, ms", lambda r: r["metrics_p99_ms"]),
        ("resident before, MiB", mebibytes("resident_before")),
        ("resident at the end, MiB", mebibytes("resident_end")),
        ("CPU seconds", lambda r: r["cpu_seconds"])))
    save(path, {"runs": results})


def drain(folder, path):
    """Per round: N.wrk and N.hey (summaries), N.strict (JSON), N.exit (code and milliseconds)."""
    rounds = []
    for file in sorted(folder.glob("*.exit"), key=lambda f: int(f.stem)):
        code, took = file.read_text().split()
        hey_text = (folder / f"{file.stem}.hey").read_text()
        errors = read_hey_errors(folder / f"{file.stem}.hey")
        strict = json.loads((folder / f"{file.stem}.strict").read_text())
        rounds.append({
            "round": file.stem, "exit": int(code), "drain_ms": int(took),
            "wrk_replies": read_wrk(folder / f"{file.stem}.wrk")["requests"],
            "hey_replies": sum(map(int, re.findall(r"\[\d{3}\]\s+(\d+) responses", hey_text))),
            "hey_lost": sum(n for message, n in errors.items() if "connection refused" not in message),
            "hey_errors": errors, "strict_replies": strict["answered"],
            "strict_lost": strict["lost"], "strict_errors": strict["errors"]})
    table(["round", "replies: wrk", "hey", "strict", "lost: hey", "strict", "drain, ms", "exit"],
          [[r["round"], r["wrk_replies"], r["hey_replies"], r["strict_replies"], r["hey_lost"],
            r["strict_lost"], r["drain_ms"], r["exit"]] for r in rounds])
    lost = sum(r["hey_lost"] + r["strict_lost"] for r in rounds)
    bad_exits = sum(r["exit"] != 0 for r in rounds)
    print(f"\nrounds = {len(rounds)}, lost = {lost}, exits other than 0 = {bad_exits}")
    save(path, {"lost": lost, "bad_exits": bad_exits, "rounds": rounds})
    return 1 if lost or bad_exits else 0


def main(args):
    match args:
        case ["watch", pid, address, path]:
            watch(int(pid), address, path)
        case ["normal" | "drain" as what, folder, path]:
            return {"normal": normal, "drain": drain}[what](pathlib.Path(folder), path)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
