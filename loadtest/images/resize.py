#!/usr/bin/env python3
"""resize.py [--rounds N] [--seconds S]: resizes per CPU second, and memory per resize.

The service is asked over HTTP with one worker on one core, client on the other; its CPU time is the
whole process's, HTTP included. `bare` is libvips in a loop in one process. The command lines start
a process for each picture. All scale to the same width and write the format that came in."""
import argparse
import http.client
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import os

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import machine

PHOTOS = machine.ROOT / "tests/support/photos"
# Title, megapixels to make it of (None: the committed picture), format, width of the result.
PICTURES = [("JPEG 0.3 MP", None, "jpg", 200), ("JPEG 1 MP", 1, "jpg", 400), ("JPEG 4 MP", 4, "jpg", 800),
            ("JPEG 12 MP", 12, "jpg", 800), ("PNG 4 MP", 4, "png", 800), ("WebP 4 MP", 4, "webp", 800)]
SAVE = {"jpg": ".jpg[Q=80,strip]", "png": ".png[strip]", "webp": ".webp[Q=80,strip]"}
GOAL = 0.95


def make_pictures(folder):
    """The committed photo enlarged, with noise as of a sensor, so that it does not compress like a
    blurred one."""
    made = []
    for title, megapixels, suffix, width in PICTURES:
        path = folder / f"{title.replace(' ', '-')}.{suffix}"
        if megapixels is None:
            shutil.copy(PHOTOS / "photo.jpg", path)
        else:
            w = round((megapixels * 1e6 * 4 / 3) ** 0.5)
            h = round(w * 3 / 4)
            large, noise, both = (folder / f"{name}.v" for name in ("large", "noise", "both"))
            for step in (["thumbnail", PHOTOS / "photo.jpg", large, w, "--height", h, "--size", "force"],
                         ["gaussnoise", noise, w, h, "--sigma", 6, "--mean", 0, "--seed", 1],
                         ["add", large, noise, both],
                         ["cast", both, f"{path}{'' if suffix == 'png' else '[Q=88]'}", "uchar"]):
                subprocess.run(["vips", *map(str, step)], check=True)
        made.append((title, path, width))
    return made


class Service:
    """The release binary: one shard, one worker, one core."""

    def __init__(self, folder):
        self.port = machine.free_port()
        self.log = open(folder / "service.log", "wb")
        settings = [f"server.listen=127.0.0.1:{self.port}", "control.listen=", "server.shards=1",
                    "pools.cpu.workers=1", "log.access=off", "server.body_memory_max=1GiB",
                    "routes.0.body_bytes_max=100MiB"]
        self.child = subprocess.Popen(
            machine.on_cpu(machine.SERVER_CPU, machine.SPILLWAY, "serve",
                           *(part for one in settings for part in ("--set", one))),
            stdout=self.log, stderr=subprocess.STDOUT)
        for _ in range(100):
            try:
                http.client.HTTPConnection("127.0.0.1", self.port).request("GET", "/healthz")
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("resize: the service did not start")

    def stop(self):
        self.child.terminate()
        self.child.wait()
        self.log.close()

    def memory_kib(self, what):
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"^{what}:\s+(\d+)", status, re.M)[1])

    def ask(self, connection, width, body):
        connection.request("POST", f"/v1/resize?width={width}", body=body)
        reply = connection.getresponse()
        reply.read()
        if reply.status != 200:
            raise SystemExit(f"resize: the service answered {reply.status}")

    def measure(self, path, width, seconds):
        """Two clients, so that the worker finds the next picture waiting."""
        body = path.read_bytes()
        counts = [0, 0]
        until = 0.0

        def client(index):
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
            while time.monotonic() < until:
                self.ask(connection, width, body)
                counts[index] += 1

        before = self.memory_kib("VmRSS")
        pathlib.Path(f"/proc/{self.child.pid}/clear_refs").write_text("5", encoding="ascii")
        cpu = machine.cpu_seconds([self.child.pid])
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=client, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"images": sum(counts), "cpu_s": machine.cpu_seconds([self.child.pid]) - cpu,
                "job_kib": self.memory_kib("VmHWM") - before}


def service(path, width, seconds, folder):
    """A fresh process each time: what a picture took stays in the allocator for the next one."""
    one = Service(folder)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", one.port)
        one.ask(connection, 16, (PHOTOS / "photo.jpg").read_bytes())  # libvips' own start
        connection.close()
        return one.measure(path, width, seconds)
    finally:
        one.stop()


def bare(path, width, seconds, folder):
    out = subprocess.run(machine.on_cpu(machine.SERVER_CPU, machine.BUILD / "spillway-vips-loop", path,
                                        width, SAVE[path.suffix[1:]], seconds),
                         check=True, capture_output=True).stdout
    return json.loads(out)


def by_processes(command, seconds):
    images, cpu, peak = 0, 0.0, 0
    until = time.monotonic() + seconds
    environment = dict(os.environ, VIPS_CONCURRENCY="1", MAGICK_THREAD_LIMIT="1")
    while images == 0 or time.monotonic() < until:
        child = subprocess.Popen(machine.on_cpu(machine.SERVER_CPU, *command), env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise SystemExit(f"resize: {command[0]} failed")
        images += 1
        cpu += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss)
    return {"images": images, "cpu_s": cpu, "job_kib": peak}


def vips(path, width, seconds, folder):
    out = f"{folder}/out{SAVE[path.suffix[1:]]}"
    return by_processes(["vips", "thumbnail", path, out, width, "--height", 10_000_000,
                         "--size", "down"], seconds)


def vipsthumbnail(path, width, seconds, folder):
    out = f"{folder}/out{SAVE[path.suffix[1:]]}"
    return by_processes(["vipsthumbnail", path, "--size", f"{width}x>", "-o", out], seconds)


def convert(path, width, seconds, folder):
    hint = ["-define", f"jpeg:size={2 * width}x"]  # lets libjpeg shrink while it decodes
    return by_processes(["/usr/bin/convert", *hint, path, "-auto-orient", "-thumbnail", f"{width}x>",
                         "-quality", 80, folder / f"out{path.suffix}"], seconds)


SUBJECTS = {"service": service, "bare": bare, "vips": vips, "vipsthumbnail": vipsthumbnail,
            "convert": convert}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        os.sched_setaffinity(0, {int(machine.LOAD_CPU)})
        print("| picture | images/s of a core: service | bare libvips | service / bare | vips thumbnail "
              "| vipsthumbnail | convert | memory MiB: service | bare | vips | convert |\n|---|"
              + "---:|" * 10)
        for title, path, width in make_pictures(folder):
            found = {name: [] for name in SUBJECTS}
            for _ in range(options.rounds):
                for name, measure in SUBJECTS.items():
                    found[name].append(measure(path, width, options.seconds, folder))
            rate = {name: [f["images"] / f["cpu_s"] for f in runs] for name, runs in found.items()}
            ratios = [s / b for s, b in zip(rate["service"], rate["bare"])]
            row = {"picture": title, "bytes": path.stat().st_size, "width": width,
                   "per_cpu_second": {n: statistics.median(r) for n, r in rate.items()},
                   "service_of_bare": statistics.median(ratios), "service_of_bare_all": ratios,
                   "memory_mib": {n: max(f["job_kib"] for f in runs) / 1024
                                  for n, runs in found.items()}}
            rows.append(row)
            speed, memory = row["per_cpu_second"], row["memory_mib"]
            print(f"| {title} to {width} px | {speed['service']:.1f} | {speed['bare']:.1f} | "
                  f"{row['service_of_bare']:.2f} ({min(ratios):.2f}-{max(ratios):.2f}) | "
                  f"{speed['vips']:.1f} | {speed['vipsthumbnail']:.1f} | {speed['convert']:.1f} | "
                  f"{memory['service']:.1f} | {memory['bare']:.1f} | {memory['vips']:.1f} | "
                  f"{memory['convert']:.1f} |", flush=True)
    print(f"\ngoal: service / bare at least {GOAL}. Memory: what a resize adds to service and loop; of "
          "the command lines the whole process.")
    machine.OUT.mkdir(parents=True, exist_ok=True)
    (machine.OUT / "resize.json").write_text(json.dumps({"goal": GOAL, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
