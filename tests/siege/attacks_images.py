"""Attacks by what images claim and contain. The corpus is made here, from the photos of the tests."""

import pathlib
import random
import struct
import zlib

from pictures import _png_chunk as png_chunk, png
from siege import photo

PHOTOS = pathlib.Path(__file__).resolve().parent.parent / "support" / "photos"
STATUSES = (200, 415, 422)


def black_png(width, height):
    """All black and well-formed: a thousand times as large once unpacked."""
    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(b"\0" * (width + 1)) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", data)
            + png_chunk(b"IEND", b""))


def gif(width, height, frames):
    """An animation of one-pixel frames on a canvas as large as you like."""
    frame = (b"\x21\xf9\x04\x00\x01\x00\x00\x00" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0)
             + b"\x02\x02\x44\x01\x00")
    return (b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
            + frame * frames + b"\x3b")


def tiff(width, height, strip=b"\0" * 1000):
    """One strip that is said to hold all of it."""
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8),
               (277, 3, 1), (278, 4, height), (279, 4, len(strip))]
    table = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries) + b"\0\0\0\0"
    return b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + table


def with_segment(jpeg, marker, payload, times=1):
    block = bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload
    return jpeg[:2] + block * times + jpeg[2:]


def claiming(jpeg, width, height):
    """The JPEG with another size in its frame header."""
    at = next(n for n in range(2, len(jpeg)) if jpeg[n] == 0xFF and jpeg[n + 1] in (0xC0, 0xC2))
    return jpeg[:at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9:]


def webp_claiming(width, height):
    body = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (width - 1).to_bytes(3, "little") \
        + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def bombs():
    jpeg = photo("photo.jpg")
    return {
        "png, 49 million black pixels": black_png(7000, 7000),
        "png, 4 billion pixels claimed": png(65535, 65535, b"\0"),
        "png, one row of 2 billion": png(2**31 - 1, 1, b"\0"),
        "png, text of 20 MiB when unpacked": png(8, 8, b"\0" * 72).replace(
            png_chunk(b"IEND", b""),
            png_chunk(b"zTXt", b"k\0\0" + zlib.compress(b"t" * (20 << 20))) + png_chunk(b"IEND", b"")),
        "png, profile of 20 MiB when unpacked": png(8, 8, b"\0" * 72).replace(
            png_chunk(b"IEND", b""),
            png_chunk(b"iCCP", b"p\0\0" + zlib.compress(b"\0" * (20 << 20))) + png_chunk(b"IEND", b"")),
        "gif, 10,000 frames": gif(1000, 1000, 10_000),
        "gif, 65535 x 65535": gif(65535, 65535, 1),
        "tiff, 65535 x 65535": tiff(65535, 65535),
        "tiff, a directory that is its own next": tiff(8, 8)[:-4] + struct.pack("<I", 1008),
        "jpeg, 65535 x 65535 claimed": claiming(jpeg, 65535, 65535),
        "jpeg, 7000 x 7000 claimed": claiming(jpeg, 7000, 7000),
        "jpeg, 100 EXIF blocks": with_segment(jpeg, 0xE1, b"Exif\0\0II*\0" + b"\xff" * 60000, 100),
        "jpeg, 100 profile parts": with_segment(jpeg, 0xE2, b"ICC_PROFILE\0\x01\x64" + b"\0" * 60000, 100),
        "webp, 16384 x 16384 claimed": webp_claiming(16384, 16384),
        "progressive jpeg, 7000 x 7000 claimed": claiming(photo("progressive.jpg"), 7000, 7000),
    }


def ask(siege, name, body, statuses=STATUSES):
    client = siege.connect()
    response = client.request("POST", "/v1/resize?width=32&height=32", body=body)
    assert response.status in statuses, f"{name}: {response}"
    client.close()
    return response.status


def image_bombs(siege):
    """Small files of every format that claim or unpack to gigabytes."""
    most, seen = 0, {}
    for _ in range(siege.count(5)):
        for name, body in bombs().items():
            status = ask(siege, name, body)
            seen[status] = seen.get(status, 0) + 1
            most = max(most, siege.memory())
    siege.note(f"answers {seen}, at most {most >> 20} MiB resident")


image_bombs.config = {"routes": [
    {"path": "/v1/drill", "methods": ["GET", "POST"], "handler": "drill", "limiter": "drill", "pool": "drill",
     "deadline": "15s"},
    {"path": "/v1/resize", "methods": ["POST"], "handler": "resize", "limiter": "resize", "pool": "cpu",
     "deadline": "30s"}]}


def truncated_images(siege):
    """Every photo of the tests, cut off at many places."""
    seen = {}
    for path in sorted(PHOTOS.iterdir()):
        if path.suffix in (".md", ".sh"):
            continue
        data = path.read_bytes()
        for n in range(siege.count(60)):
            status = ask(siege, path.name, data[:len(data) * (n + 1) // (siege.count(60) + 2)])
            seen[status] = seen.get(status, 0) + 1
    siege.note(f"answers {seen}")


def corrupted_images(siege):
    """Every photo with bytes changed at random; the seed is fixed."""
    dice, seen = random.Random(5), {}
    for path in sorted(PHOTOS.iterdir()):
        if path.suffix in (".md", ".sh"):
            continue
        for _ in range(siege.count(60)):
            data = bytearray(path.read_bytes())
            for _ in range(dice.choice((1, 4, 32))):
                data[dice.randrange(min(len(data), dice.choice((64, 1024, 1 << 20))))] = dice.randrange(256)
            status = ask(siege, path.name, bytes(data))
            seen[status] = seen.get(status, 0) + 1
    siege.note(f"answers {seen}")


ATTACKS = [image_bombs, truncated_images, corrupted_images]
