#!/usr/bin/env python3
"""The sums behind the load scripts: samples a running service, reads the generators' output, prints
tables and writes JSON. Standard library only.

  report.py watch PID HOST:PORT FILE     sample until SIGTERM, then write FILE
  report.py counters HOST:PORT FILE      the request counters of /v1/drill and /v1/resize, now
  report.py capacity CSV SECONDS         requests answered 2xx per second, from hey's CSV
  report.py overload DIR FILE            sum up DIR/<mode>.*, print the table, write FILE
  report.py normal DIR FILE              likewise
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


def counters(address, path):
    connection = http.client.HTTPConnection(address, timeout=5)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    sums = {}
    for name, value in re.findall(r"^spillway_requests_(\w+?)(?:_total)?\{[^}]*\} (\S+)$", text, re.M):
        sums[name] = sums.get(name, 0) + float(value)
    pathlib.Path(path).write_text(json.dumps(sums), encoding="ascii")


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


def capacity(path, seconds):
    return split(read_hey(path), seconds)["good_per_s"]


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


def server_rates(folder, name, seconds):
    before, after = (json.loads((folder / f"{name}.{when}").read_text()) for when in ("before", "after"))
    return {key: (after.get(key, 0) - before.get(key, 0)) / seconds
            for key in ("received", "accepted", "rejected", "dropped")}


def overload(folder, path):
    """Per mode: <mode>.json (parameters), <mode>.capacity.csv, <mode>.hey.csv, <mode>.wrk, and
    the samples and counters of the two runs."""
    results = {}
    for parameters in sorted(folder.glob("*.mode.json")):
        mode, asked = parameters.name.split(".")[0], json.loads(parameters.read_text())
        most = capacity(folder / f"{mode}.capacity.csv", asked["capacity_seconds"])
        hey = split(read_hey(folder / f"{mode}.hey.csv"), asked["seconds"])
        hey.update(summary_of_watch(folder / f"{mode}.hey.watch"),
                   server=server_rates(folder, f"{mode}.hey", asked["seconds"]))
        wrk = read_wrk(folder / f"{mode}.wrk")
        good = (wrk["requests"] - wrk["refused"]) / wrk["seconds"]
        loop = {"offered_per_s": wrk["requests"] / wrk["seconds"], "good_per_s": good,
                "refused_per_s": wrk["refused"] / wrk["seconds"], "socket_errors": wrk["errors"],
                "server": server_rates(folder, f"{mode}.wrk", wrk["seconds"])}
        loop.update(summary_of_watch(folder / f"{mode}.wrk.watch"))
        share = asked["workers"] / (asked["workers"] + 1)   # workers beside one event loop
        for name, run in ((f"{mode} 10x", hey), (f"{mode} wrk", loop)):
            run.update(capacity_per_s=most, ratio=run["good_per_s"] / most if most else None,
                       offered_times=run["offered_per_s"] / most if most else None)
            results[name] = run
        loop["bar"] = 0.5 * share
        hey["bar"] = 0.9
    transposed(results, (
        ("capacity, replies/s", lambda r: r["capacity_per_s"]),
        ("offered, requests/s", lambda r: r["offered_per_s"]),
        ("  times capacity", lambda r: r["offered_times"]),
        ("goodput, replies/s", lambda r: r["good_per_s"]),
        ("  of capacity", lambda r: r["ratio"]),
        ("  wanted at least", lambda r: r["bar"]),
        ("refused/s", lambda r: r["refused_per_s"]),
        ("dropped/s, by the service", lambda r: r["server"]["dropped"]),
        ("admitted p50, ms", lambda r: r.get("good_p50_ms")),
        ("admitted p99, ms", lambda r: r.get("good_p99_ms")),
        ("refused p50, ms", lambda r: r.get("refused_p50_ms")),
        ("refused p99, ms", lambda r: r.get("refused_p99_ms")),
        ("/healthz p50, ms", lambda r: r["healthz_p50_ms"]),
        ("/healthz p99, ms", lambda r: r["healthz_p99_ms"]),
        ("/metrics p50, ms", lambda r: r["metrics_p50_ms"]),
        ("/metrics p99, ms", lambda r: r["metrics_p99_ms"]),
        ("failed page reads", lambda r: r["page_failures"]),
        ("resident before, MiB", mebibytes("resident_before")),
        ("resident after 5 s, MiB", mebibytes("resident_5s")),
        ("resident at the end, MiB", mebibytes("resident_end")),
        ("CPU seconds", lambda r: r["cpu_seconds"])))
    save(path, {"runs": results})


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
        case ["counters", address, path]:
            counters(address, path)
        case ["capacity", path, seconds]:
            print(f"{capacity(path, float(seconds)):.1f}")
        case ["overload" | "normal" | "drain" as what, folder, path]:
            return {"overload": overload, "normal": normal, "drain": drain}[what](pathlib.Path(folder), path)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
