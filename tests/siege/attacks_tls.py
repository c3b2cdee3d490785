"""Attacks on TLS: handshakes that are begun and not ended, and too many of those that are."""

import atexit
import pathlib
import shutil
import tempfile
import threading
import time

from certificates import Pair, SecureClient, hello
from harness import eventually
from http_client import Client

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="spillway-siege-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def make_pair():
    Pair(FOLDER)


def over_tls(attack, **tls):
    attack.before = make_pair
    attack.client = SecureClient
    attack.config = {"server": {"tls": {"certificate": str(FOLDER / "server.pem"),
                                        "key": str(FOLDER / "server.key"), **tls}}}
    return attack


def outcomes(siege):
    metrics = siege.server.scrape()
    return {outcome: int(metrics.value("tls_handshakes_total", listener="public", outcome=outcome))
            for outcome in ("done", "failed", "timeout", "no_place", "gave_way", "client_gone")}


def told(siege, before):
    return ", ".join(f"{n - before[outcome]} {outcome}" for outcome, n in outcomes(siege).items()
                     if n > before[outcome])


def half_hellos(siege):
    """1,000 connections that send half a hello, a byte more now and then, and nothing else."""
    before, (first, *_) = outcomes(siege), hello()
    clients = siege.connect_plain(1000)
    for client in clients:
        client.send(first[:len(first) // 2])
    for n in range(int(siege.seconds(4, 2) * 4)):
        at = len(first) // 2 + n
        for client in clients[::10]:
            try:
                client.send(first[at:at + 1])
            except OSError:
                pass
        time.sleep(0.25)
    eventually(lambda: outcomes(siege)["timeout"] - before["timeout"], lambda n: n == len(clients), 10,
               "all have timed out")
    siege.note(told(siege, before))


over_tls(half_hellos)


def unanswered_handshakes(siege):
    """2,000 clients with a whole hello that never answer ours, where 64 handshakes may be under way."""
    before, (first, *_) = outcomes(siege), hello()
    clients = siege.connect_plain(2000)
    for client in clients:
        client.send(first)
    ended = ("timeout", "no_place", "gave_way")
    eventually(lambda: sum(outcomes(siege)[o] - before[o] for o in ended), lambda n: n == len(clients), 20,
               "all have ended")
    siege.note(told(siege, before))


over_tls(unanswered_handshakes, handshakes_max=64)


def handshake_flood(siege):
    """Six clients that shake hands anew as quickly as they can."""
    before, begin, ends = outcomes(siege), time.monotonic(), threading.Event()
    counts = []

    def shake():
        done = 0
        while not ends.is_set():
            SecureClient(siege.server.public, timeout=30).close()
            done += 1
        counts.append(done)
    threads = [threading.Thread(target=shake) for _ in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(siege.seconds(10, 2))
    ends.set()
    for thread in threads:
        thread.join()
    rate = sum(counts) / (time.monotonic() - begin)
    siege.note(f"{rate:.0f} handshakes a second; {told(siege, before)}")


over_tls(handshake_flood)


def noise_for_tls(siege):
    """Plain HTTP, broken records and other protocols on a port that speaks TLS, thousands of times."""
    first, *_ = hello()
    noise = [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 300, bytes(range(256)),
             first[:5] + bytes(len(first) - 5), first[:-1] + b"\xff", first + b"\x17\x03\x03\x00\x10" + b"y" * 16,
             b"\x15\x03\x01\x00\x02\x02\x28", b"\x80\x2e\x01\x00\x02", b"SSH-2.0-OpenSSH_9.2\r\n", first * 3]
    for n in range(siege.count(3000)):
        client = Client(siege.server.public, timeout=30)
        try:
            client.send(noise[n % len(noise)])
            client.fin()
            while client.socket.recv(65536):
                pass
        except OSError:
            pass
        client.close()


over_tls(noise_for_tls)

ATTACKS = [half_hellos, unanswered_handshakes, handshake_flood, noise_for_tls]
