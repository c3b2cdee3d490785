"""Attacks by what is sent and what is not read: slow bodies, bombs of framing, responses left lying."""

import itertools
import time

from attacks_connections import answers_of, trickle
from http_client import Client, encode_request

CHUNKED = b"POST /v1/drill HTTP/1.1\r\nHost: siege\r\nTransfer-Encoding: chunked\r\n\r\n"


def slow_bodies(siege):
    """500 uploads of a byte a second: healthy uploads go on, slots and memory come back."""
    clients = siege.connect_many(500)
    for client in clients:
        client.start("POST", "/v1/drill", {"Content-Length": "1000000"})
    # A byte a second is let pass for 5 s: any client may stumble.
    trickle(clients, [b"x"] * int(siege.seconds(10, 7)), 1.0)
    answers = answers_of(clients)
    assert answers == {408: len(clients)}, answers
    siege.note(f"all {len(clients)} got 408")


slow_bodies.config = {"server": {"body_timeout": "30s"}}


def more_uploads_than_slots(siege):
    """Uploads that hold every slot there is: the slowest makes room for the next."""
    clients = siege.connect_many(200)
    for client in clients:
        client.start("POST", "/v1/drill", {"Content-Length": "1000000"})
    trickle(clients, [b"x"] * int(siege.seconds(6, 3)), 1.0)
    assert siege.server.value("requests_pending", route="/v1/drill") <= 8 + 16


more_uploads_than_slots.config = {"routes": [
    {"path": "/v1/drill", "methods": ["GET", "POST"], "handler": "drill", "limiter": "drill", "pool": "drill",
     "uploads_max": 8, "deadline": "15s"},
    {"path": "/v1/resize", "methods": ["POST"], "handler": "resize", "limiter": "resize", "pool": "cpu"}]}
more_uploads_than_slots.healthy_may_be_refused = True  # an upload of theirs is as young as an attacker's


def slow_readers(siege):
    """Responses of 10 MiB to clients that do not read; beyond the budget new work is refused."""
    clients = siege.connect_many(400, receive_buffer=4096)
    for client in clients:
        client.start("GET", "/v1/drill?bytes=10485760")
    time.sleep(1)  # none of them has been given up yet
    siege.note(f"{siege.server.value('response_memory_bytes') / 2**20:.1f} MiB unsent of 2 allowed, "
               f"{siege.memory() >> 20} MiB resident")
    time.sleep(siege.seconds(4))


slow_readers.config = {"server": {"response_memory_max": "2MiB"}}
slow_readers.healthy_may_be_refused = True  # that is what the budget does: egress_full


def header_bombs(siege):
    """Headers without end, in one field, in many, and in a target."""
    endless = {"one field": (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"x" * 65536),
               "many fields": (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n" * 10000),
               "a target": (b"GET /", b"a" * 65536),
               "empty lines": (b"", b"\r\n" * 30000)}
    most = 0
    for begin, more in endless.values():
        clients = siege.connect_many(50)
        for client in clients:
            client.send(begin)
        trickle(clients, [more] * 16, 0)
        most = max(most, siege.memory())
    siege.note(f"at most {most >> 20} MiB resident")


def chunk_bombs(siege):
    """Bodies that are all framing: tiny chunks, zeros, extensions, quotes that never end, endless trailers."""
    endless = {"tiny chunks": (b"", b"1\r\nx\r\n" * 10000),
               "zeros": (b"", b"0" * 65536),
               "an extension": (b"1;", b"x" * 65536),
               "a quoted extension": (b'1;x="', b"x\r\n" * 20000),
               "a trailer": (b"0\r\nX: ", b"y" * 65536),
               "trailers": (b"0\r\n", b"X: y\r\n" * 10000),
               "a size": (b"F" * 15, b"\r\n" + b"x" * 65536)}
    most = 0
    for begin, more in endless.values():
        clients = siege.connect_many(30)
        for client in clients:
            client.send(CHUNKED + begin)
        trickle(clients, [more] * 32, 0)
        most = max(most, siege.memory())
    siege.note(f"{len(endless)} kinds, at most {most >> 20} MiB resident")


def more_bodies_than_memory(siege):
    """Uploads that together promise and send more than may be held: told so, and the budget comes back."""
    body = b"x" * 500_000
    clients = siege.connect_many(100)
    for client in clients:
        client.start("POST", "/v1/resize?width=10", {"Content-Length": "5000000"})
    trickle(clients, [body] * 4, 0.1)
    siege.note(f"{siege.server.value('body_memory_bytes') / 2**20:.1f} MiB held of 8 allowed")


more_bodies_than_memory.config = {"server": {"body_memory_max": "8MiB"},
                                  "routes": [
    {"path": "/v1/drill", "methods": ["GET", "POST"], "handler": "drill", "limiter": "drill", "pool": "drill",
     "deadline": "15s"},
    {"path": "/v1/resize", "methods": ["POST"], "handler": "resize", "limiter": "resize", "pool": "cpu",
     "body_bytes_max": "6MiB"}]}
more_bodies_than_memory.healthy_may_be_refused = True  # ingest_full, while it is full


def queue_stuffing(siege):
    """Ten times what permits and queue hold, by clients that never read the answers."""
    wave = encode_request("GET", "/v1/drill?sleep_ms=50")
    clients = siege.connect_many(600)
    end = time.monotonic() + siege.seconds(5)
    for client in itertools.cycle(clients):
        if time.monotonic() > end:
            break
        try:
            client.send(wave)
        except OSError:
            pass


queue_stuffing.healthy_may_be_refused = True  # first come, first served: they stand in the same queue


def expect_and_leave(siege):
    """Clients that ask for 100-continue and never send the body, or send it anyway."""
    for n in range(siege.count(200)):
        client = Client(siege.server.public, timeout=30)
        client.start("POST", "/v1/drill", {"Content-Length": "100", "Expect": "100-continue"})
        if n % 2:
            client.send(b"x" * 100)
            assert client.response().status == 200
        client.close()


ATTACKS = [slow_bodies, more_uploads_than_slots, slow_readers, header_bombs, chunk_bombs, more_bodies_than_memory,
           queue_stuffing, expect_and_leave]
