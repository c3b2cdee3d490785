#!/usr/bin/env python3
"""Writes the first inputs of each fuzz target into DIRECTORY/TARGET: what a corpus grew from, and where to
begin when a target reads its input in a new way. Takes vips (Debian: libvips-tools) for the images.

usage: seeds.py DIRECTORY"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MARK = b"\xff"
HOST = b"Host: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def request(method, target, fields=b"", body=b""):
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return b"%s %s HTTP/1.1\r\n%s%s%s\r\n%s" % (method, target, HOST, fields, length, body)


def chunks(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"


CLAIMS = (b"X-Request-Id: id-1\r\nRequest-Timeout: 0.5\r\nPrefer: wait=10, x\r\nPriority: u=1, i\r\n"
          b"X-Tenant: gold\r\nX-Band: 2\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4, 5.6.7.8\r\n")

REQUESTS = [
    request(b"GET", b"/page"),
    request(b"GET", b"/long"),
    request(b"HEAD", b"/page"),
    request(b"GET", b"/nowhere"),
    request(b"PUT", b"/loop"),
    request(b"GET", b"/loop?now"),
    request(b"GET", b"/loop?bad"),
    request(b"GET", b"/loop?fault"),
    request(b"GET", b"/loop?now", CLAIMS),
    request(b"GET", b"/loop?now", b"Connection: close\r\n"),
    request(b"POST", b"/loop?now", b"", b"hello"),
    request(b"POST", b"/loop?now", b"Expect: 100-continue\r\n", b"12345"),
    request(b"GET", b"/loop", b"Expect: nonsense\r\n"),
    request(b"POST", b"/drop?now", CHUNKED) + chunks(b"abc", b"defgh"),
    request(b"POST", b"/drop", CHUNKED) + b'5;a=b;c="d\\"e"\r\nhello\r\n0\r\nX-T: 1\r\n\r\n',
    request(b"POST", b"/stream?now", CHUNKED) + chunks(b"x" * 20, b"y"),
    request(b"POST", b"/loop?now", b"Transfer-Encoding: gzip, chunked\r\n"),
    request(b"POST", b"/loop?now", b"Content-Length: 3\r\nContent-Length: 3\r\n") + b"abc",
    request(b"POST", b"/loop?now", CHUNKED + b"Content-Length: 3\r\n") + b"abc",
    b"GET /page HTTP/1.0\r\n\r\n",
    b"GET /page HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET http://a.b:80/page?x=%20 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a:80\r\n\r\n",
    b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /page HTTP/1.2\r\nHost: a\r\n\r\n",
    request(b"GET", b"https://a/page"),
    request(b"HEAD", b"/page", HOST),
    request(b"HEAD", b"/page", b"Expect: x\r\n"),
    request(b"POST", b"/loop?now", b"Expect: ,100-Continue\r\n", b"12345"),
    request(b"GET", b"/loop?now", b'Prefer: x="a, wait=9"; b=c\r\nPrefer: wait = "0", wait=9\r\n'),
    b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET / 1\r\n\r\n",
    b"GET /page HTTP/1.1\nHost: a\n\n",
    b"GET /page HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
    b"GET /page HTTP/1.1\r\nHost: [v1.a:b]\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
    request(b"GET", b"/" + b"a" * 60),
    request(b"GET", b"/page", b"".join(b"X%d: y\r\n" % i for i in range(101))),
]


# --- the session: options, then bytes and events (session/plan.hpp, session.cpp) ----------------------

OPTIONS = ("mode header target header_timeout body_timeout rate idle write body_memory reply_memory discard "
           "linger linger_time half_close proxies limit capacity discipline bands codel marks wait status "
           "uploads body_max deadline band_from cost_per cost tenant quota limiter_quota").split()
COMPARE, PLAIN, POOL = 0, 1, 17


def options(mode, **set_to):
    values = bytearray(len(OPTIONS))
    values[0] = mode
    for name, value in set_to.items():
        values[OPTIONS.index(name)] = value
    return bytes(values)


def event(name, *numbers):
    return MARK + name + bytes(numbers)


SETTLE = event(b"s")


def session_seeds():
    for i, one in enumerate(REQUESTS):
        middle = len(one) // 2
        yield options(COMPARE) + one[:middle] + MARK + one[middle:] + MARK + REQUESTS[i * 7 % len(REQUESTS)]
        yield options(PLAIN) + one + SETTLE + one
    for ending in range(11):
        for number, route in enumerate((b"/loop", b"/drop", b"/stream", b"/job")):
            yield (options(POOL, capacity=2) + request(b"POST", route, b"", b"hello") + SETTLE
                   + event(b"c", 1) + request(b"GET", route) + SETTLE
                   + event(b"c", 2) + request(b"GET", route) + SETTLE
                   + event(b"l", number % 3, ending) + event(b"j") + event(b"w", 2) + event(b"a", ending))
    waiting = b"".join(event(b"c", i) + request(b"GET", b"/loop", CLAIMS) + SETTLE for i in range(4))
    for happens in (event(b"f"), event(b"r"), event(b"z"), event(b"d"), event(b"m"), event(b"x"),
                    event(b"g", 1, 1, 1, 1), event(b"w", 3), event(b"w", 7)):
        yield options(POOL, capacity=2) + waiting + happens + event(b"w", 4) + event(b"a", 1)
    for discipline in range(5):
        yield (options(PLAIN, capacity=2, discipline=discipline, bands=2, band_from=1, tenant=1, codel=3,
                       marks=3) + waiting + waiting + event(b"w", 1) + event(b"a", 0) + event(b"w", 2))
    for quota in (3, 4, 5):
        again = request(b"GET", b"/loop?now", CLAIMS) * 5
        yield options(PLAIN, quota=quota, tenant=1) + again + event(b"w", 4) + again
        yield options(PLAIN, quota=3, limiter_quota=quota, tenant=2) + again + event(b"w", 4)
    big = request(b"POST", b"/loop", b"Content-Length: 65536\r\n")
    yield options(PLAIN) + big + event(b"b", 15) + event(b"b", 15) + SETTLE + event(b"a", 0)
    yield options(PLAIN, body_memory=1) + big + event(b"b", 16) + SETTLE
    yield options(PLAIN, cost_per=2) + request(b"POST", b"/loop", b"", png(2, 2)) + SETTLE + event(b"a", 0)
    yield options(PLAIN) + request(b"GET", b"/loop?now") * 30
    yield options(COMPARE) + request(b"GET", b"/page") * 20 + MARK + request(b"GET", b"/loop?now") * 10


# --- headers and bodies: kind, limits, repetitions, text (head.cpp) -------------------------------------

def head_seeds():
    for one in REQUESTS:
        for limits in ((0, 0), (1, 0), (2, 1)):
            yield bytes((0, *limits, 0)) + one
    for times in (6, 7, 10, 13):
        yield bytes((0, 0, 0, times)) + b"GET / HTTP/1.1\r\nHost: a\r\n\xffA: b\r\n\xff\r\n"
        yield bytes((0, 0, 0, times)) + b"GET /\xffaa\xff HTTP/1.1\r\nHost: a\r\n\r\n"
    for body in (chunks(b"hello"), b'1a;a=b;c="d\\"e" ; f\r\n' + b"x" * 26 + b"\r\n0\r\nX: y\r\nZ:\r\n\r\nGET",
                 b"ffffffffffffffff\r\n", b"10000000000000000\r\n", b"5 \r\nhello\r\n", b"5;\r\nhello",
                 b'5;a= "b"\r\nhello\r\n0 ;x\r\n\r\n', b"0005\r\nhello\r\n00\r\n\r\n", b"0\r\nA b: c\r\n\r\n",
                 b"0\r\n b\r\n\r\n", b"5\nhello\n0\n\n", b"5\r\nhello0\r\n\r\n", b"0\r\nA: b\n\r\n"):
        yield bytes((1, 0, 0, 0)) + body
    for repeated in (b"\xff1\r\na\r\n\xff0\r\n\r\n", b"1;\xffa\xff\r\nb\r\n0\r\n\r\n", b"\xff0\xff1\r\nb\r\n0\r\n\r\n",
                     b"0\r\n\xffA: b\r\n\xff\r\n", b"1000\r\n\xffabcd\xff\r\n0\r\n\r\n"):
        for times in (8, 13):
            yield bytes((1, 0, 0, times)) + repeated
    for limits in range(4):
        yield bytes((2, limits, 2, 3)) + b"a\xffbcdefghi\xffj"


# --- values: kind, text (fields.cpp) --------------------------------------------------------------------

def fields_seeds():
    values = {
        0: (b"u=3", b'u=1, i, a="b,\\"c", d=(1 2);x', b"i\nu=2;x=1", b"u", b"u=9"),
        1: (b"0.5", b"5", b"86400", b"1.0005", b"", b"99999999999999999999"),
        2: (b"0", b"0018", b"18446744073709551615", b"18446744073709551616"),
        3: (b"\0\0for=1.2.3.4", b'\1\1for="[2001:db8::1]:80";by=x, for=10.0.0.1', b"\0\1 1.2.3.4:5, 10.0.0.2",
            b"\1\0for=_hidden", b"\0\1::ffff:10.0.0.1,2001:db8::5"),
        4: (b"\1\7\2\0\0\0u=0", b"\0\3\1\1\2\1" + b"1", b"\0\0\0\0\1\5gold\ntin"),
        5: (b"an-id_1", b'a"b', b"a" * 129),
        6: (b"\1\2\3\4\5\6\7name", b'\0\0\0\0\0\0\0a"b\\\xe4'),
        7: (b"127.0.0.1:80", b"[::1]:8080", b"localhost:0", b"10.0.0.0/8", b"fd00::/8", b"::/0", b"[fe80::1%eth0]:1"),
        8: (b"/a?b=c", b"http://a:80/b", b"https://[::1]?x", b"*", b"/%41%zz", b"/a/../b"),
        9: (b"width=10&height=20&fit=cover&format=webp&quality=90&enlarge=true", b"cpu_ms=5&sleep_ms=1&bytes=9&fail=0.5",
            b"width=%31%30&width=2", b"a=b&&=c&%zz", b"fail=nan"),
        10: (b"16KiB", b"10TiB", b"200ms", b"24h", b"0.25", b"18446744073709551615", b"9223372036854775807ms"),
        11: tuple(image[:400] for image in images()),
    }
    for kind, texts in values.items():
        for text in texts:
            yield bytes((kind,)) + text


# --- configuration and scenarios ------------------------------------------------------------------------

def config_seeds():
    reference = (ROOT / "config/spillway.yaml").read_bytes()
    bare = b"\n".join(line.split(b"#")[0].rstrip() for line in reference.splitlines()
                      if line.split(b"#")[0].strip())
    yield b"\0\0" + bare
    yield b"\0\0" + bare + MARK + MARK + bare.replace(b"200ms", b"100ms")
    small = (b"server: {listen: ['127.0.0.1:0'], shards: 2, max_connections: 5}\n",
             b"limiters: {resize: {limit: {algorithm: aimd, max: 8, timeout: 1s}, queue: {capacity: 3, discipline: "
             b"fair, codel: {target: 5ms, interval: 100ms}}, tenant: {key: 'header:X-T', shares: {a: 3}}}}\n",
             b"limiters: {drill: {limit: {algorithm: slo, target: 50ms}, rate: {rate: 5, period: 1m, burst: 9}, shadow: "
             b"{limit: {algorithm: gradient2}}, priority: {from: rfc9218, bands: 3, floor: 0.1}}}\n",
             b"routes:\n- {path: /a, methods: [GET], handler: drill, limiter: drill, pool: drill, deadline: 1s}\n",
             b"log: {level: debug}\ndrain: {timeout: 1h}\n", b"server: [1, 2]\nserver: 3\n", b"a: &x [*x]\n",
             b"? {a: b}\n: c\n", b"server: {header_timeout: 99999999999h}\n", b"%YAML 1.2\n--- !!map {}\n...\n--- 2\n")
    for i, text in enumerate(small):
        yield bytes((i, i)) + text
        yield bytes((i, 0)) + text + MARK + b"server.shards=3" + MARK + b"$LOG__LEVEL=warn" + MARK + MARK + small[i - 1]
    for override in (b"routes.0.deadline=2s", b"server.listen=[a:1, 'b:2']", b"limiters.resize.limit.value=auto",
                     b"$LIMITERS__RESIZE__QUEUE={capacity: 9}", b"routes.9.path=/x", b"a.b.c=d", b"=", b"log="):
        yield b"\0\0" + MARK + override + MARK + override


def scenario_seeds():
    for path in sorted((ROOT / "loadtest/scenarios").glob("*.yaml")):
        yield b"\0" + b"\n".join(line.split(b"#")[0].rstrip() for line in path.read_bytes().splitlines())
    for text in (b"0\n0.5\n1.25\n", b"time,status\n0,200\n1,503\n", b"# a\n\n1e9\n", b"2\n1\n", b"-1\n", b"nan\n",
                 b'1.2.3.4 - - [21/Nov/2026:16:58:26 +0100] "GET / HTTP/1.1" 200 5\n' * 3):
        yield b"\1" + text
        yield b"\2" + text
    yield b"\2x [01/Jan/0000:00:00:00 +0000]\nx [31/Dec/9999:23:59:60 -2359]\n"


def replay_seeds():
    """The first samples of each vector, with what is wrong behind them."""
    for path in sorted((ROOT / "tests/data/vectors").glob("*.json")):
        about = json.loads(path.read_text())
        if "algorithm" not in about:
            continue
        header = "algorithm " + about["algorithm"] + " " + json.dumps(about["params"])
        rows = path.with_suffix(".csv").read_text().splitlines()
        inputs = len(about["inputs"])
        samples = [",".join(row.split(",")[:inputs]) for row in rows if row[:1].isdigit()][:12]
        yield "\n".join([header, *samples, "x,1", samples[0] if samples else ""]).encode()
    yield b"algorithm nothing {}\n1,2\nalgorithm aimd {\nalgorithm\n# x\n\n1\r\n"


# --- images ---------------------------------------------------------------------------------------------

def png(width, height, depth=8, colour=2, interlace=0, rows=None):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\0" + bytes(i * 37 & 255 for i in range((width * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] * depth + 7) // 8))
    palette = chunk(b"PLTE", bytes(range(48))) if colour == 3 else b""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))
            + palette + chunk(b"IDAT", zlib.compress(row * (height if rows is None else rows))) + chunk(b"IEND", b""))


def images():
    """Small ones of every kind that is read; from the photos of the tests what takes a camera's fields."""
    photos = ROOT / "tests/support/photos"
    saves = [
        ("photo.jpg", ".jpg[Q=50]"), ("photo.jpg", ".jpg[interlace]"), ("grey.jpg", ".jpg[optimize-coding]"),
        ("profile.jpg", ".jpg[Q=40]"), ("orientation6.jpg", ".jpg[Q=40]"), ("cmyk.jpg", ".jpg[Q=30]"),
        ("rgb.png", ".png[interlace]"), ("rgba.png", ".png"), ("palette.png", ".png[palette]"), ("rgb16.png", ".png"),
        ("photo.jpg", ".webp[Q=40]"), ("rgba.png", ".webp[lossless]"), ("profile.jpg", ".webp[near-lossless]"),
        ("rgb.png", ".gif"), ("rgba.png", ".gif[interlace]"),
        ("photo.jpg", ".tif"), ("photo.jpg", ".tif[compression=jpeg]"), ("rgba.png", ".tif[compression=deflate]"),
        ("rgb16.png", ".tif[compression=lzw,predictor=horizontal]"), ("photo.jpg", ".tif[tile,tile-width=16,tile-height=16]"),
        ("grey.jpg", ".tif[compression=ccittfax4,bitdepth=1]"), ("rgb.png", ".tif[bigtiff]"),
    ]
    with tempfile.TemporaryDirectory() as directory:
        for i, (name, form) in enumerate(saves):
            kind = form.partition("[")[0]
            made = pathlib.Path(directory, f"{i}{kind}")
            # An image that is turned keeps the field that says so.
            subprocess.run(["vips", "thumbnail", photos / name, f"{made}{form[len(kind):]}", "12", "--no-rotate"],
                           check=False, capture_output=True)
            if made.exists():
                yield made.read_bytes()
        for name, kind in (("animated.gif", ".gif"), ("animated.webp", ".webp")):
            made = pathlib.Path(directory, "moving" + kind)
            subprocess.run(["vips", "thumbnail", f"{photos / name}[n=3]", str(made), "10"], check=False,
                           capture_output=True)
            if made.exists():
                yield made.read_bytes()
    for depth, colour, interlace in ((1, 0, 0), (16, 0, 1), (8, 2, 1), (4, 3, 0), (8, 4, 0), (16, 6, 0)):
        yield png(5, 4, depth, colour, interlace)
    yield png(60000, 60000, rows=1)
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    yield b"GIF89a" + struct.pack("<HHBBB", 30000, 2, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * 5 + b"\x3b"


def resize_seeds():
    for i, image in enumerate(images()):
        for asked in (bytes((2, 3, 3, i % 3, i % 4, 79, 0, 0)), bytes((i % 3, 40, 20, 1, (i + 1) % 4, 50, 1, 0))):
            yield asked + image
            yield asked + image[:len(image) * 2 // 3]


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    for target, seeds in (("session", session_seeds), ("head", head_seeds), ("fields", fields_seeds),
                          ("config", config_seeds), ("scenario", scenario_seeds), ("replay", replay_seeds),
                          ("resize", resize_seeds)):
        directory = pathlib.Path(arguments[0], target)
        directory.mkdir(parents=True, exist_ok=True)
        count = 0
        for count, seed in enumerate(seeds(), 1):
            (directory / f"seed-{count:03d}").write_bytes(seed)
        print(f"{target}: {count} seeds")


if __name__ == "__main__":
    main(sys.argv[1:])
