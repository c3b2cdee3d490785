#!/usr/bin/env python3
"""scalability.py: fits the Universal Scalability Law to build/bench/micro.json.

    X(N) / X(1) = N / (1 + sigma (N - 1) + kappa N (N - 1))       (N. J. Gunther, 1993 and 2007)

sigma is what must happen one after the other, kappa what each has to agree on with each other. Both
by least squares of N X(1) / X(N) - 1, neither below 0. Prints the fits and what follows for a machine
of 64 cores; writes docs/img/scaling.svg."""
import json
import math
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = pathlib.Path(os.environ.get("BENCH_OUT", ROOT / "build/bench"))
PICTURE = ROOT / "docs/img/scaling.svg"
SERIAL = {"grant and release": "#1f6feb", "stay in line": "#bc4c00", "additions": "#6e7781"}
REQUESTS_US = [10, 100, 1000]
LINES = 4  # that every admitted request writes: docs/scaling.md names them
FURTHER = 10  # how much longer a cache line may take between sockets than on this machine


def usl(n, sigma, kappa):
    return n / (1 + sigma * (n - 1) + kappa * n * (n - 1))


def fit(points):
    """points: {n: X(n) / X(1)}. Two unknowns, no intercept; a negative one is set to 0."""
    rows = [(n - 1, n * (n - 1), n / c - 1) for n, c in points.items() if n > 1]
    aa, ab, bb = (sum(r[i] * r[j] for r in rows) for i, j in ((0, 0), (0, 1), (1, 1)))
    ay, by = (sum(r[i] * r[2] for r in rows) for i in (0, 1))
    det = aa * bb - ab * ab
    sigma, kappa = ((ay * bb - by * ab) / det, (by * aa - ay * ab) / det) if det else (ay / aa, 0)
    if kappa < 0:
        return max(ay / aa, 0), 0.0
    if sigma < 0:
        return 0.0, max(by / bb, 0)
    return sigma, kappa


def predictions(sigma, kappa, one_us):
    """What N shards at one limiter get done, by the CPU time of a request: the time that N threads
    lose to each other over a line is that of a grant and release, the request round it is longer."""
    lost = {factor: LINES * factor * one_us for factor in (1, FURTHER)}
    return {(request, factor): (sigma * us / request, kappa * us / request)
            for request in REQUESTS_US for factor, us in lost.items()}


class Panel:
    """Axes of an SVG, linear or doubly logarithmic."""

    def __init__(self, left, width, x_max, y_max, log):
        self.left, self.width, self.x_max, self.y_max, self.log = left, width, x_max, y_max, log
        self.top, self.height = 50, 250

    def at(self, x, y):
        if self.log:
            across, up = math.log(x) / math.log(self.x_max), math.log(y) / math.log(self.y_max)
        else:
            across, up = x / self.x_max, y / self.y_max
        return self.left + across * self.width, self.top + self.height * (1 - up)

    def axes(self, title, x_title, xs, ys):
        bottom, right = self.top + self.height, self.left + self.width
        yield (f'<text x="{self.left}" y="28" class="title">{title}</text>'
               f'<text x="{self.left + self.width / 2:.1f}" y="{bottom + 38}" text-anchor="middle">{x_title}</text>'
               f'<path d="M{self.left} {self.top}V{bottom}H{right}" class="axis"/>')
        for x in xs:
            px, _ = self.at(x, 1)
            yield f'<text x="{px:.1f}" y="{bottom + 17}" text-anchor="middle">{x}</text>'
        for y in ys:
            _, py = self.at(1, y)
            yield (f'<path d="M{self.left} {py:.1f}H{right}" class="grid"/>'
                   f'<text x="{self.left - 6}" y="{py + 4:.1f}" text-anchor="end">{y}</text>')

    def line(self, curve, color, dashed=False):
        steps = [1 + i * (self.x_max - 1) / 120 for i in range(121)]
        where = "L".join("{:.1f} {:.1f}".format(*self.at(x, curve(x))) for x in steps)
        return f'<path d="M{where}" fill="none" stroke="{color}" stroke-width="2"{dash(dashed)}/>'

    def point(self, x, y, color):
        return '<circle cx="{:.1f}" cy="{:.1f}" r="4" fill="{}"/>'.format(*self.at(x, y), color)


def dash(dashed):
    return ' stroke-dasharray="5 4"' if dashed else ""


def legend(x, y, rows):
    for i, (text, color, dashed) in enumerate(rows):
        at = y + 17 * i
        yield (f'<path d="M{x} {at - 4}h22" stroke="{color}" stroke-width="2"{dash(dashed)}/>'
               f'<text x="{x + 28}" y="{at}">{text}</text>')


def picture(measured, fits, predicted):
    left = Panel(50, 340, 8, 1.2, False)
    right = Panel(470, 340, 64, 64, True)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 840 420" font-family="sans-serif" '
             'font-size="12" fill="#24292f"><style>.title{font-size:14px;font-weight:bold}'
             '.axis{stroke:#24292f;fill:none}.grid{stroke:#d0d7de;fill:none}</style>'
             '<rect width="840" height="420" fill="#ffffff"/>',
             *left.axes("Nothing but the limiter, of one thread", "threads on two CPUs",
                        range(1, 9), [0.25, 0.5, 0.75, 1])]
    for name, color in SERIAL.items():
        parts.append(left.line(lambda n, f=fits[name]: usl(n, *f), color, dashed=name == "additions"))
        parts += [left.point(n, ratio, color) for n, ratio in measured[name].items()]
    parts += legend(60, 362, [(f"{name}, fit and measured", color, name == "additions")
                              for name, color in SERIAL.items()])
    parts += right.axes("Requests, speed-up predicted", "shards, a core each",
                        [1, 2, 4, 8, 16, 32, 64], [1, 2, 4, 8, 16, 32, 64])
    colors = dict(zip(REQUESTS_US, ("#cf222e", "#8250df", "#1a7f37")))
    for (request, factor), found in predicted.items():
        parts.append(right.line(lambda n, f=found: usl(n, *f), colors[request], dashed=factor > 1))
    parts += legend(480, 362, [(f"{request} us per request", colors[request], False)
                               for request in REQUESTS_US])
    parts += legend(640, 362, [(f"lines take {FURTHER} x as long", "#24292f", True)])
    return "\n".join(parts) + "\n</svg>\n"


def main():
    rows = json.loads((OUT / "micro.json").read_text())["contention"]
    measured, one = {}, {}
    for row in rows:
        name = row["name"].replace("_", " ")
        measured.setdefault(name, {})[row["threads"]] = row["of_one"]
        if row["threads"] == 1:
            one[name] = 1e6 / row["per_second"]
    fits = {name: fit(measured[name]) for name in SERIAL}
    print("| nothing but | us alone | sigma | kappa | predicted peak |\n|---|---:|---:|---:|---|")
    for name, (sigma, kappa) in fits.items():
        peak = f"at {math.sqrt((1 - sigma) / kappa):.0f}" if kappa > 0 and sigma < 1 else (
            f"levels off at {1 / sigma:.2f} of one" if kappa == 0 else "at 1")
        print(f"| {name} | {one[name]:.4f} | {sigma:.3f} | {kappa:.4f} | {peak} |")
    predicted = predictions(*fits["grant and release"], one["grant and release"])
    print("\n| CPU per request | cache line | sigma | kappa | speed-up at 16 | at 64 | of linear at 64 |\n"
          "|---:|---|---:|---:|---:|---:|---:|")
    for (request, factor), found in predicted.items():
        way = "as here" if factor == 1 else f"{factor} x as long"
        print(f"| {request} us | {way} | {found[0]:.6f} | {found[1]:.7f} | {usl(16, *found):.1f} | "
              f"{usl(64, *found):.1f} | {usl(64, *found) / 64:.2f} |")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture(measured, fits, predicted))


if __name__ == "__main__":
    main()
