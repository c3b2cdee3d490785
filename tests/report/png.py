"""Pixels of a PNG as a browser writes them: 8 bits, RGB or RGBA, not interlaced."""
import struct
import zlib


def _chunks(data):
    at = 8
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8:at + 8 + size]
        at += 12 + size


def _paeth(line, above, step):
    out = bytearray(len(line))
    for i, value in enumerate(line):
        left = out[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        up = above[i]
        guess = left + up - corner
        far_left, far_up, far_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
        if far_left <= far_up and far_left <= far_corner:
            nearest = left
        else:
            nearest = up if far_up <= far_corner else corner
        out[i] = (value + nearest) & 255
    return out


def _unfiltered(kind, line, above, step):
    if kind == 0:
        return bytearray(line)
    if kind == 2:
        return bytearray((a + b) & 255 for a, b in zip(line, above))
    if kind == 4:
        return _paeth(line, above, step)
    out = bytearray(line)
    for i in range(len(out)):
        left = out[i - step] if i >= step else 0
        out[i] = (out[i] + (left if kind == 1 else (left + above[i]) // 2)) & 255
    return out


class Picture:
    def __init__(self, path):
        chunks = list(_chunks(path.read_bytes()))
        header = dict(chunks)[b"IHDR"]
        self.width, self.height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
        if depth != 8 or colour not in (2, 6) or interlaced:
            raise ValueError(f"{path}: a PNG of another kind: {depth} {colour} {interlaced}")
        self.step = 3 if colour == 2 else 4
        data = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
        stride = self.width * self.step
        line = bytearray(stride)
        self.lines = []
        for y in range(self.height):
            at = y * (stride + 1)
            line = _unfiltered(data[at], data[at + 1:at + 1 + stride], line, self.step)
            self.lines.append(line)

    def pixel(self, x, y):
        at = int(x) * self.step
        return tuple(self.lines[int(y)][at:at + 3])

    def count(self, box, colour, tolerance=6):
        """How many pixels of `box` (left, top, right, bottom) are of `colour` (r, g, b)."""
        left, top, right, bottom = (max(0, round(edge)) for edge in box)
        found = 0
        for line in self.lines[top:min(bottom, self.height)]:
            reds = line[left * self.step:right * self.step:self.step]
            for i, red in enumerate(reds):
                at = (left + i) * self.step
                found += (abs(red - colour[0]) <= tolerance and
                          abs(line[at + 1] - colour[1]) <= tolerance and
                          abs(line[at + 2] - colour[2]) <= tolerance)
        return found
