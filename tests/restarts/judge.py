#!/usr/bin/env python3
"""Clients that know what became of each of their requests.

    judge.py HOST PORT KIND CLIENTS

Runs until its standard input ends, lets what is under way come to its end, and prints its account as JSON.
A request is lost if its connection was established and then ended before the whole answer had come, whether
or not a byte of the request was sent: what the kernel has accepted on a listener's behalf has reached the
service. A refused connect loses nothing, nor does a kept connection that the service closed before the next
request was written: such a client looks first, as every client must.
"""

import errno
import heapq
import json
import random
import selectors
import socket
import sys
import time

PATIENCE = 30.0       # seconds for one request; beyond it counts as lost
RETRY = 0.02          # seconds until a refused client tries again
LAST_WORDS = 10.0     # seconds for what is under way when the input ends
LOST_TOLD = 20

BODY = b"x" * 20000


def encode(kind, turn):
    """One request in the pieces in which it is written, a moment apart."""
    closes = "Connection: close\r\n" if kind == "new" and turn % 2 else ""
    if turn % 8 == 7:
        head = (f"POST /v1/drill?sleep_ms=1 HTTP/1.1\r\nHost: judge\r\n{closes}"
                f"Content-Length: {len(BODY)}\r\n\r\n").encode()
        return [head + BODY[:5000], BODY[5000:]]
    if turn % 8 == 3:
        head = f"GET /v1/drill?sleep_ms=20&bytes=100 HTTP/1.1\r\nHost: judge\r\n{closes}\r\n".encode()
        return [head[:25], head[25:]]
    return [f"GET /v1/drill?sleep_ms=2&bytes=3000 HTTP/1.1\r\nHost: judge\r\n{closes}\r\n".encode()]


class Answer:
    """Bytes until one response is complete."""

    def __init__(self):
        self.data = bytearray()
        self.size = None
        self.status = None
        self.says_close = False

    def is_complete(self):
        if self.size is None:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = bytes(self.data[:end]).lower().split(b"\r\n")
            self.status = int(head[0].split()[1])
            fields = dict(line.split(b": ", 1) for line in head[1:])
            self.says_close = b"close" in fields.get(b"connection", b"")
            self.size = end + 4 + int(fields[b"content-length"])
        return len(self.data) >= self.size


class Slot:
    """One client. What it waits for is an event of its socket, or `at`."""

    def __init__(self, judge, number):
        self.judge, self.number = judge, number
        self.socket = None
        self.turn = number
        self.state = "away"
        self.began = 0.0

    # -- a connection ------------------------------------------------------------------------

    def connect(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Addresses of their own: there are more ports that way.
        self.socket.bind((f"127.0.1.{1 + self.number % 250}", 0))
        self.began = time.monotonic()
        self.state = "connecting"
        code = self.socket.connect_ex(self.judge.address)
        if code not in (0, errno.EINPROGRESS):
            return self.refused()
        self.judge.selector.register(self.socket, selectors.EVENT_WRITE, self)

    def leave(self):
        if self.socket is not None:
            try:
                self.judge.selector.unregister(self.socket)
            except KeyError:
                pass
            self.socket.close()
        self.socket = None
        self.state = "away"

    def refused(self):
        self.leave()
        self.judge.refused += 1
        self.judge.later(RETRY, self)

    def lost(self, why):
        moment = round(time.monotonic() - self.began, 3)
        self.judge.note_lost(f"{why} {moment} s after request {self.turn} of client {self.number} began, "
                             f"{len(self.answer.data)} bytes of the answer received")
        self.leave()
        self.judge.later(RETRY, self)

    # -- a request ---------------------------------------------------------------------------

    def begin(self):
        """On a connection that is established."""
        self.turn += 1
        self.pieces = encode(self.judge.kind, self.turn)
        self.answer = Answer()
        self.began = time.monotonic()
        self.judge.sent += 1
        self.state = "waiting"
        self.judge.selector.modify(self.socket, selectors.EVENT_READ, self)
        self.write()

    def write(self):
        piece = self.pieces.pop(0)
        try:
            while piece:
                piece = piece[self.socket.send(piece):]
        except BlockingIOError:
            self.pieces.insert(0, piece)
        except OSError as error:
            return self.lost(errno.errorcode.get(error.errno, str(error)))
        if self.pieces:
            self.judge.later(0.002, self)

    def on_time(self):
        if self.state == "away":
            if not self.judge.is_ending:
                self.connect()
        elif self.state == "waiting" and self.pieces:
            self.write()
        elif self.state == "thinking":
            if self.judge.is_ending or self.was_closed():
                return self.again()
            self.begin()

    def was_closed(self):
        try:
            data = self.socket.recv(1)
            if data:
                self.judge.note_lost("bytes came that belong to no request")
            return True
        except BlockingIOError:
            return False
        except OSError:
            return True

    def again(self):
        self.leave()
        if not self.judge.is_ending:
            self.connect()

    def on_event(self):
        if self.state == "connecting":
            code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            return self.begin() if code == 0 else self.refused()
        if self.state == "thinking":
            return self.again()    # closed while nothing was asked
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return None
        except OSError as error:
            return self.lost(errno.errorcode.get(error.errno, str(error)))
        if not data:
            return self.lost("end of stream")
        self.answer.data += data
        if self.answer.is_complete():
            self.answered()

    def answered(self):
        judge = self.judge
        took = time.monotonic() - self.began
        judge.longest = max(judge.longest, took)
        judge.answers[self.answer.status] = judge.answers.get(self.answer.status, 0) + 1
        if judge.kind == "new" or self.answer.says_close or judge.is_ending:
            return self.again()
        self.state = "thinking"
        # Half of them at once, the others after a pause that is shorter than the drain's idle_grace.
        judge.later(0 if self.number % 2 else random.uniform(0, 0.2), self)

    def check(self, now):
        if self.state == "waiting" and now - self.began > PATIENCE:
            self.lost("no answer in time")


class Judge:
    def __init__(self, address, kind, count):
        self.address, self.kind = address, kind
        self.selector = selectors.DefaultSelector()
        self.sent = self.refused = self.lost = 0
        self.answers = {}
        self.losses = []
        self.longest = 0.0
        self.is_ending = False
        self._due, self._number = [], 0
        self.slots = [Slot(self, number) for number in range(count)]

    def later(self, seconds, slot):
        self._number += 1
        heapq.heappush(self._due, (time.monotonic() + seconds, self._number, slot))

    def note_lost(self, why):
        self.lost += 1
        if len(self.losses) < LOST_TOLD:
            self.losses.append(f"{why} (at {time.time():.3f})")

    def run(self):
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)
        for slot in self.slots:
            slot.connect()
        until, looked = None, time.monotonic()
        while until is None or (time.monotonic() < until and any(s.state == "waiting" for s in self.slots)):
            pause = max(0.0, self._due[0][0] - time.monotonic()) if self._due else 0.1
            for key, _ in self.selector.select(min(pause, 0.1)):
                if key.data is None:
                    self.selector.unregister(sys.stdin)
                    self.is_ending, until = True, time.monotonic() + LAST_WORDS
                else:
                    key.data.on_event()
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                heapq.heappop(self._due)[2].on_time()
            if now - looked > 1:
                looked = now
                for slot in self.slots:
                    slot.check(now)
        for slot in self.slots:
            if slot.state == "waiting":
                slot.lost("no answer until the end")
        return {"sent": self.sent, "answers": self.answers, "refused": self.refused, "lost": self.lost,
                "losses": self.losses, "longest": round(self.longest, 3)}


if __name__ == "__main__":
    host, port, kind, clients = sys.argv[1:]
    print(json.dumps(Judge((host, int(port)), kind, int(clients)).run()))
