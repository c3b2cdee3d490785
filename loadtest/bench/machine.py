"""The machine from outside: CPU time and memory of processes, free ports, what runs where."""

import os
import pathlib
import platform
import re
import resource
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = pathlib.Path(os.environ.get("BENCH_OUT", ROOT / "build/bench"))
BUILD = ROOT / "build/release"
SPILLWAY = pathlib.Path(os.environ.get("SPILLWAY_BINARY", BUILD / "spillway"))
SERVER_CPU = os.environ.get("SERVER_CPU", "0")
LOAD_CPU = os.environ.get("LOAD_CPU", "1")

CPU_CLOCK_OF_PROCESS = 2  # CPUCLOCK_SCHED of the kernel's clock ids: what the scheduler accounts


def cpu_seconds(pids):
    """User and system time of all threads, also of those that have ended. The figure of
    /proc/PID/stat without its rounding to 10 ms."""
    return sum(time.clock_gettime((~pid << 3) | CPU_CLOCK_OF_PROCESS) for pid in pids)


def resident_bytes(pids):
    """Proportional set size, so that processes which share pages are not counted twice."""
    total = 0
    for pid in pids:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) * 1024
    return total


def mapped_bytes(pids):
    """Resident set size, shared pages counted in each process: less exact than resident_bytes(), but
    to be had without a walk through the tables of a process whose latency is being measured."""
    pages = sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * resource.getpagesize()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def on_cpu(cpus, *command):
    return ["taskset", "-c", str(cpus), *map(str, command)]


def prepare():
    """The driver itself keeps off the servers' CPU."""
    os.sched_setaffinity(0, {int(LOAD_CPU)})
    raise_descriptor_limit()


def raise_descriptor_limit(wanted=65536):
    """For this process and all that it starts: 10,000 connections are two descriptors each in a
    proxy. Without root the hard limit is what there is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in (max(wanted, hard), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            return
        except (ValueError, OSError):
            continue


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "-"
    return (done.stdout or done.stderr).splitlines()[0].strip()


def description():
    """What a reader needs to judge the figures; nothing that names the machine."""
    cpu = re.search(r"^model name\s*:\s*(.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = re.search(r"^MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)
    flags = re.search(r"^flags\s*:.*\bhypervisor\b", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    os_release = pathlib.Path("/etc/os-release").read_text()
    return {
        "cpu": f"{os.cpu_count()} x {cpu[1] if cpu else platform.machine()}"
               + (", virtual" if flags else ""),
        "memory": f"{int(memory[1]) >> 20} GiB",
        "kernel": platform.release().split("-")[0],
        "system": re.search(r'PRETTY_NAME="(.+)"', os_release)[1],
        "spillway": ", ".join(first_line(SPILLWAY, "version").split()[:2]),
        "commit": first_line("git", "-C", ROOT, "rev-parse", "--short", "HEAD"),
        "nginx": first_line("nginx", "-v").removeprefix("nginx version: nginx/"),
        "haproxy": first_line("haproxy", "-v").split()[2] if first_line("haproxy", "-v") != "-" else "-",
        "go": first_line("go", "version").removeprefix("go version go").split()[0],
        "compiler": first_line("g++", "--version").rsplit(" ", 1)[-1],
    }
