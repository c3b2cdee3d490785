"""What a peer does better than Spillway, from the peers' figures."""

import figures

OURS = "Spillway"


def medians(pairs):
    return {title: figures.median(f["ratio"]) for title, f in pairs.items()}


def comparisons(found):
    """(what, {title: figure}, whether less is better) for all that is compared."""
    for what, title in (("c64", "refusal, 64 connections, x limit"), ("c512", "refusal, 512 connections, x limit")):
        yield title, medians(found.get("refuse", {}).get(what, {})), True
    yield "user instructions per refusal", found.get("instructions", {}), True
    for what, title in (("c64", "system calls per refusal, 64 connections"), ("c1", "system calls per refusal, 1 connection")):
        yield title, found.get("calls", {}).get(what, {}), True
    for what, title in (("page", "page, x limit"), ("admit", "admitted with nothing to do, x limit"),
                        ("churn", "connection for each refusal, x limit")):
        yield title, medians(found.get(what, {})), True
    yield "bytes per idle connection", {t: f["bytes"] for t, f in found.get("idle", {}).items()}, True
    for load, subjects in found.get("overload", {}).items():
        # Who has no gate refuses nobody and makes everybody wait, or needs none: no peer in this.
        gated = {t: f for t, f in subjects.items() if " no " not in t}
        for key, title, less in (("good_per_s", "goodput at 10x, /s", False),
                                 ("admitted_p99_ms", "admitted p99 at 10x, ms", True),
                                 ("refused_p50_ms", "refused p50 at 10x, ms", True),
                                 ("refused_p99_ms", "refused p99 at 10x, ms", True)):
            yield f"{title}, {load}", {t: f[key] for t, f in gated.items()}, less


def table(found):
    rows = []
    for what, by_title, less in comparisons(found):
        own = by_title.get(OURS)
        peers = {t: v for t, v in by_title.items() if not t.startswith((OURS, "limit")) and v is not None}
        better = {t: v for t, v in peers.items() if own is not None and (v < own if less else v > own)}
        if better:
            rows.append([what, own, ", ".join(f"{t} {figures.text_of(v)}" for t, v in
                                              sorted(better.items(), key=lambda item: item[1], reverse=not less))])
    return figures.table(["", OURS, "better"], rows)
