"""A raw HTTP/1.1 client: sends any bytes, reads exactly one response, forgives nothing.

The usual clients repair what a server gets wrong and cannot be made to misbehave; these tests need
a client that shows every byte and sends what it is told. Not thread-safe: one thread per client.
"""

import json
import re
import socket
import struct

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) ([ -~]*)\Z")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\Z", re.S)


class ConnectionLost(AssertionError):
    """The peer closed before the response was complete; `received` is what had come."""

    def __init__(self, what, received):
        super().__init__(f"{what}; received so far: {received[:200]!r}")
        self.received = received


class Response:
    def __init__(self, status, reason, fields, interim):
        self.status = status
        self.reason = reason
        self.fields = fields      # [(lower-case name, value)], in order
        self.interim = interim    # statuses of the 1xx responses before this one
        self.body = b""

    def header(self, name):
        """The one value of a field, None without it. A repeated field is a failure."""
        values = [v for n, v in self.fields if n == name.lower()]
        assert len(values) <= 1, f"{name} appears {len(values)} times: {values}"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    @property
    def says_close(self):
        return "close" in (self.header("connection") or "").lower()

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:300]!r}>"


def encode_request(method, target, headers=None, body=None, version="HTTP/1.1"):
    """Request bytes with Host, and Content-Length if there is a body, unless `headers` says
    otherwise; a header whose value is None is left out."""
    fields = {"Host": "e2e.localhost"}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    fields.update(headers or {})
    lines = [f"{method} {target} {version}"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


def chunked(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts if p) + b"0\r\n\r\n"


class Client:
    """One connection. `timeout` bounds every socket operation, in seconds."""

    def __init__(self, address, timeout=15.0, source=None, receive_buffer=None):
        host, port = address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(timeout)
            if receive_buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            if source:
                self.socket.bind((source, 0))
            self.socket.connect((host, port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            self.socket.close()
            raise
        self.buffer = b""

    # -- sending -----------------------------------------------------------------------------

    def send(self, data):
        self.socket.sendall(data)

    def start(self, method, target, headers=None, body=None, version="HTTP/1.1"):
        """Send a request and do not wait for its response."""
        self.send(encode_request(method, target, headers, body, version))

    def request(self, method, target, headers=None, body=None, version="HTTP/1.1"):
        self.start(method, target, headers, body, version)
        return self.response(method)

    def get(self, target, **headers):
        return self.request("GET", target, {k.replace("_", "-"): v for k, v in headers.items()})

    # -- receiving ---------------------------------------------------------------------------

    def fill(self, what):
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError) as error:
            raise ConnectionLost(f"{what}: {error}", self.buffer) from None
        except TimeoutError:
            raise AssertionError(f"{what}: nothing came in time; have {self.buffer[:200]!r}") from None
        if not data:
            raise ConnectionLost(f"{what}: end of stream", self.buffer)
        self.buffer += data

    def _take(self, count, what):
        while len(self.buffer) < count:
            self.fill(what)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _take_until(self, mark, what):
        while mark not in self.buffer:
            self.fill(what)
        taken, self.buffer = self.buffer.split(mark, 1)
        return taken

    def head(self):
        """The next response head, interim ones included; its body stays unread."""
        lines = self._take_until(b"\r\n\r\n", "waiting for a response head").split(b"\r\n")
        status = STATUS_LINE.match(lines[0])
        assert status, f"not a status line: {lines[0]!r}"
        fields = []
        for line in lines[1:]:
            field = FIELD_LINE.match(line)
            assert field, f"not a header field: {line!r}"
            fields.append((field[1].decode().lower(), field[2].decode("latin-1")))
        return Response(int(status[1]), status[2].decode(), fields, [])

    def response(self, method="GET"):
        """The next final response, complete."""
        interim = []
        response = self.head()
        while response.status < 200:
            interim.append(response.status)
            response = self.head()
        response.interim = interim
        if method != "HEAD" and response.status not in (204, 304):
            response.body = self.read_body(response)
        return response

    def read_body(self, response):
        coding, length = response.header("transfer-encoding"), response.header("content-length")
        if coding is not None:
            assert coding.lower() == "chunked" and length is None, response.fields
            return self._chunks()
        assert length is not None and length.isdigit(), f"no usable framing: {response.fields}"
        return self._take(int(length), "reading a body")

    def _chunks(self):
        body = []
        while size := int(self._take_until(b"\r\n", "reading a chunk size").split(b";")[0], 16):
            body.append(self._take(size, "reading a chunk"))
            assert self._take(2, "reading a chunk's end") == b"\r\n"
        assert self._take(2, "reading the last chunk's end") == b"\r\n", "unexpected trailers"
        return b"".join(body)

    def is_closed(self, within=5.0):
        """True if the peer closes (FIN or RST) within so many seconds without a further byte."""
        assert not self.buffer, f"unread bytes: {self.buffer[:200]!r}"
        before = self.socket.gettimeout()
        self.socket.settimeout(within)
        try:
            data = self.socket.recv(4096)
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        finally:
            self.socket.settimeout(before)
        assert not data, f"bytes where the end was due: {data[:200]!r}"
        return True

    # -- leaving -----------------------------------------------------------------------------

    def fin(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Leave with an RST instead of a FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()
