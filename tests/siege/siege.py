"""One service under one attack, with well-behaved clients beside it that must not notice."""

import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from harness import PATIENCE, Server, eventually, merged  # noqa: E402
from http_client import Client, ConnectionLost  # noqa: E402

MIB = 1 << 20

# Memory that the allocator keeps after an attack, for whoever comes next. Sanitizers keep all of it.
MEMORY_KEPT = 8 * MIB if PATIENCE == 1 else None

CONFIG = {
    "server": {"shards": 2, "header_timeout": "2s", "body_timeout": "4s", "write_timeout": "3s"},
    "limiters": {"drill": {"limit": {"value": 16}, "queue": {"capacity": 256, "wait_timeout": "5s"}},
                 "resize": {"queue": {"capacity": 64, "wait_timeout": "5s"}}},
}


def photo(name):
    return (pathlib.Path(__file__).resolve().parent.parent / "support" / "photos" / name).read_bytes()


class Healthy:
    """Clients as they should be: keep-alive, one request at a time, a body now and then."""

    def __init__(self, address, connect=Client, count=4):
        self.address = address
        self.connect = connect
        self.served = self.refused = self.asked = 0
        self.worst = 0.0
        self.failures = []
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def _run(self, number):
        # Addresses of their own: what is capped per address is somebody else's.
        client, turn = None, 0
        while not self._ends.is_set():
            turn += 1
            begin = time.monotonic()
            try:
                if client is None:
                    client = self.connect(self.address, timeout=30, source=f"127.0.0.{10 + number}")
                if turn % 4 == 0:
                    response = client.request("POST", "/v1/drill?sleep_ms=1", body=b"x" * 20000)
                else:
                    response = client.get("/v1/drill?sleep_ms=1")
                self._note(begin, response)
                if response.says_close:
                    client.close()
                    client = None
            except (OSError, AssertionError, ConnectionLost) as error:
                self._note(begin, None, repr(error))
                client = None
            self._ends.wait(0.02)

    def _note(self, begin, response, failure=None):
        is_served = response is not None and response.status == 200
        # Told at once, why, and when to come back: what a bound owes to whoever is in its way.
        is_refused = (response is not None and response.status == 503
                      and response.header("retry-after") is not None and response.json()["reason"])
        with self._lock:
            self.asked += 1
            self.served += is_served
            self.refused += bool(is_refused)
            self.worst = max(self.worst, time.monotonic() - begin)
            if not is_served and not is_refused and len(self.failures) < 5:
                self.failures.append(failure or repr(response))

    def stop(self):
        self._ends.set()
        for thread in self._threads:
            thread.join(35)


class Siege:
    """What an attack is given: the service, its scale, and what to do again and again."""

    def __init__(self, config=None, scale=1.0, client=Client, **options):
        self.scale = scale
        self.client = client        # how the well-behaved speak
        self.server = Server(merged(CONFIG, config or {}), **options)
        self.attackers = []
        self.notes = []

    def count(self, most):
        """`most` of the long form, a part of it in the short one."""
        return max(int(most * self.scale), 1)

    def seconds(self, most, least=1.0):
        return max(most * self.scale, least)

    def connect(self, **options):
        client = self.client(self.server.public, timeout=30, **options)
        self.attackers.append(client)
        return client

    def connect_many(self, most, **options):
        return [self.connect(**options) for _ in range(self.count(most))]

    def connect_plain(self, most):
        """Sockets without TLS, also where it is spoken."""
        clients = [Client(self.server.public, timeout=30) for _ in range(self.count(most))]
        self.attackers += clients
        return clients

    @staticmethod
    def send_some(client, data):
        """As much of it as the service reads before it closes."""
        try:
            client.send(data)
        except OSError:
            pass

    @staticmethod
    def status_of(client):
        """Of the answer that it has by now; None: there was none, or the connection is gone."""
        try:
            client.socket.settimeout(1.0)
            return client.response().status
        except (OSError, ConnectionLost, AssertionError):
            return None

    def leave(self):
        for client in self.attackers:
            client.close()
        self.attackers.clear()

    def note(self, text):
        self.notes.append(text)

    # -- what must come back to where it was -------------------------------------------------

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.server.pid}/fd"))

    def memory(self):
        with open(f"/proc/{self.server.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def warm_up(self):
        """Arenas, buffers and pools as they are after some work of every kind."""
        body = photo("photo.jpg")
        for _ in range(8):
            client = self.client(self.server.public, timeout=30)
            assert client.request("POST", "/v1/resize?width=64", body=body).status == 200
            assert client.get("/v1/drill?bytes=100000").status == 200
            client.close()
        self.server.settle()

    def await_baseline(self, descriptors, memory, kept):
        """Descriptors to the last one; memory but for what the allocator keeps."""
        self.server.settle()
        eventually(self.descriptors, lambda n: n <= descriptors, 10, "descriptors closed again")
        if MEMORY_KEPT is None:
            return self.memory()
        # Within some seconds: the service gives memory back when work is over.
        return eventually(self.memory, lambda now: now <= memory + (kept or MEMORY_KEPT), 20,
                          f"memory back at {memory} bytes, or {kept or MEMORY_KEPT} more")
