"""Attacks by connections: too many, too slow, too sudden."""

import random
import resource
import socket
import time

from harness import eventually
from http_client import Client, ConnectionLost, encode_request

HEAD = b"GET /v1/drill?sleep_ms=1 HTTP/1.1\r\nHost: siege\r\n"


def trickle(clients, pieces, pause):
    """One piece after the other to all who still listen."""
    listening = list(clients)
    for piece in pieces:
        for client in list(listening):
            try:
                client.send(piece)
            except OSError:
                listening.remove(client)
        time.sleep(pause)


def answers_of(clients):
    """How often each status was the answer; 0 stands for a connection that was lost without one."""
    seen = {}
    for client in clients:
        try:
            status = client.response().status
        except ConnectionLost:
            status = 0
        seen[status] = seen.get(status, 0) + 1
    return seen


def slow_headers(siege):
    """500 connections that send a header a byte a second."""
    clients = siege.connect_many(500)
    for client in clients:
        client.send(HEAD)
    trickle(clients, [b"X"] * int(siege.seconds(10, 3) * 2), 0.5)
    answers = answers_of(clients)
    assert answers == {408: len(clients)}, answers
    siege.note(f"all {len(clients)} got 408")


def silent_connections(siege):
    """500 connections that say nothing at all."""
    clients = siege.connect_many(500)
    closed = sum(client.is_closed(within=30) for client in clients)
    assert closed == len(clients), f"{closed} of {len(clients)} closed"


def idle_connections(siege):
    """10,000 connections that have asked once and stay."""
    clients = siege.connect_many(9900)
    for client in clients:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: siege\r\n\r\n")
    for client in clients:
        assert client.response().status == 200
    siege.note(f"{siege.memory() >> 20} MiB with {len(clients)}")
    before = siege.server.cpu_seconds()
    time.sleep(siege.seconds(5))
    siege.note(f"{siege.server.cpu_seconds() - before:.2f} s of CPU in {siege.seconds(5):.0f} s, healthy clients' included")


idle_connections.memory_kept = 16 << 20  # Asio keeps the state of a descriptor, a KiB, for the next connection


def flood_beyond_the_cap(siege):
    """Thousands of connections where a hundred are allowed; the control lane answers all the while."""
    answered = refused = 0
    for _ in range(siege.count(40)):
        clients = []
        for _ in range(150):
            try:
                clients.append(Client(siege.server.public, timeout=5))
            except OSError:
                refused += 1
        assert siege.server.get("/healthz", siege.server.control).status == 200
        answered += 1
        for client in clients:
            client.close()
    siege.note(f"the control lane answered {answered} times; {refused} connections were refused")


flood_beyond_the_cap.config = {"server": {"max_connections": 100}}
flood_beyond_the_cap.healthy_may_be_cut = True  # the longest idle connections make room, theirs too


def out_of_descriptors(siege):
    """No descriptor is left: accepting backs off, nothing spins, and all is well when some come back."""
    server = siege.server
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (siege.descriptors(), hard))
    waiting = [socket.create_connection(server.public) for _ in range(64)]
    before, begin = server.cpu_seconds(), time.monotonic()
    time.sleep(siege.seconds(5))
    share = (server.cpu_seconds() - before) / (time.monotonic() - begin)
    siege.note(f"{100 * share:.0f} % of a CPU meanwhile, healthy clients' included")
    assert share < 0.5, f"it spins: {share:.2f} CPUs"
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))
    for connection in waiting:
        connection.close()
    eventually(lambda: server.get("/healthz").status, lambda status: status == 200, 10, "accepting again")


out_of_descriptors.plain_only = True  # UBSan looks at memory through a pipe, and there is no descriptor for one


def one_address_takes_all(siege):
    """One address asks for every connection there is; a cap for each address holds it."""
    kept = closed = 0
    for _ in range(siege.count(1000)):
        client = siege.connect(source="127.0.0.99")
        try:
            client.send(b"GET /healthz HTTP/1.1\r\nHost: siege\r\n\r\n")
            client.response()
            kept += 1
        except (OSError, ConnectionLost):
            closed += 1
    assert kept == 16, f"{kept} connections kept"
    siege.note(f"{kept} kept, {closed} closed")


one_address_takes_all.config = {"server": {"max_connections_per_ip": 16}}


def pipelined_thousands(siege):
    """Connections with 1,000 requests in one go."""
    for _ in range(siege.count(20)):
        client = siege.connect()
        client.send(b"GET /healthz HTTP/1.1\r\nHost: siege\r\n\r\n" * 1000)
        for _ in range(1000):
            assert client.response().status == 200
        client.close()


def one_byte_segments(siege):
    """Requests that come in segments of one byte each."""
    request = encode_request("POST", "/v1/drill?sleep_ms=1", body=b"body " * 20)
    for _ in range(siege.count(50)):
        client = siege.connect()
        for n in range(len(request)):
            client.send(request[n:n + 1])
        assert client.response().status == 200
        client.close()


def resets_in_every_state(siege):
    """Clients that vanish by RST, or leave by FIN: in a header, in a body, waiting, working, being answered."""
    request = {
        "in a header": HEAD,
        "in a body": encode_request("POST", "/v1/drill", {"Content-Length": "100000"}) + b"x" * 1000,
        "working": encode_request("GET", "/v1/drill?sleep_ms=3000"),
        "working, with another request behind": encode_request("GET", "/v1/drill?sleep_ms=3000") * 2,
        "being answered": encode_request("GET", "/v1/drill?bytes=10485760"),
    }
    for name, text in request.items():
        for leave in ("reset", "close"):
            for _ in range(siege.count(30)):
                # More than the permits: some wait when they go.
                clients = [Client(siege.server.public, timeout=30) for _ in range(24)]
                for client in clients:
                    client.send(text)
                for client in clients:
                    getattr(client, leave)()
    siege.note(f"{len(request)} states, RST and FIN, {siege.count(30) * 24} each")


def malformed_flood(siege):
    """Noise, half-requests and other protocols, thousands of times."""
    noise = [random.Random(7).randbytes(200), bytes(range(256)), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
             b"GET / HTTP/1.1\nHost: a\n\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n" * 100, b"GET /\r\n",
             b"POST /v1/drill HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n",
             b"SSH-2.0-OpenSSH_9.2\r\n", b"\0" * 1000, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"]
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


ATTACKS = [slow_headers, silent_connections, idle_connections, flood_beyond_the_cap, out_of_descriptors,
           one_address_takes_all, pipelined_thousands, one_byte_segments, resets_in_every_state, malformed_flood]
