"""Which room may include what: the floors, the one door of each library, headers nobody uses."""
import re

from tree import Problem

FLOORS = {"core": 0, "async": 1, "replay": 1, "tls": 1, "admission": 2,
          "http": 3, "telemetry": 3, "upstream": 3, "quota": 3,
          "handlers": 4, "config": 4, "scenario": 5, "simulate": 6, "app": 7}

# Library by the head of its include path -> the rooms that it may enter by.
ASYNC_AND_ABOVE = {room for room, floor in FLOORS.items() if floor >= 1}
DOORS = {
    "boost/asio": ASYNC_AND_ABOVE,
    "boost/beast": {"http", "upstream"},
    "prometheus/": {"telemetry"},
    "spdlog/": {"telemetry"},
    "fmt/": {"telemetry"},
    "yaml-cpp/": {"config"},
    "hiredis/": {"quota"},
    "openssl/": {"tls"},
    "vips/": {"handlers"},
    "glib": {"handlers"},
    "CLI/": {"app"},
    "systemd/": {"app"},
    "boost/json": {"replay", "app"},
}

_INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^">]+)[">]')
_ROOM_OF_FILE = re.compile(r"(?:include/spillway|src|tests)/([a-z]+)/")


def includes(tree, path):
    for number, line in tree.code_lines(path):
        match = _INCLUDE.match(line)
        if match:
            yield number, match[1], match[2]


def room_of_file(path):
    if path == "src/main.cpp":
        return "app"
    match = _ROOM_OF_FILE.match(path)
    return match[1] if match and match[1] in FLOORS else None


def room_of_include(name):
    parts = name.removeprefix("spillway/").split("/")
    return parts[0] if len(parts) > 1 and parts[0] in FLOORS else None


def check_floors(tree):
    """No room includes a room above it, or another one on its own floor."""
    for path in tree.select("include/", "src/", "tests/"):
        room = room_of_file(path)
        for number, _, name in includes(tree, path):
            other = room_of_include(name)
            if room is None or other is None or other == room:
                continue
            if FLOORS[other] >= FLOORS[room]:
                way = "sideways" if FLOORS[other] == FLOORS[room] else "upward"
                yield Problem(path, number, f"{way} include: {room} (floor {FLOORS[room]}) may not "
                                            f"know {other} (floor {FLOORS[other]})")


def check_doors(tree):
    """Each third-party library enters by its own rooms only; core has the standard library only."""
    for path in tree.select("include/", "src/", "tests/"):
        room = room_of_file(path)
        if room is None:
            continue
        for number, _, name in includes(tree, path):
            for head, rooms in DOORS.items():
                if name.startswith(head) and room not in rooms:
                    yield Problem(path, number, f"<{name}> enters by {', '.join(sorted(rooms))} only")
            is_core = room == "core" and not path.startswith("tests/")
            if is_core and not name.startswith("spillway/core/") and not re.fullmatch(r"[a-z_]+", name):
                yield Problem(path, number, f"<{name}>: core knows the standard library only")


def check_public(tree):
    """What a user of the library may include does not lead into private headers."""
    for path in tree.select("include/"):
        for number, quote, name in includes(tree, path):
            if quote == '"' and not name.startswith("spillway/"):
                yield Problem(path, number, f'a public header includes the private "{name}"')


def check_resolves(tree):
    """A quoted include names a file of this project."""
    known = set(tree.paths)
    for path in tree.select("include/", "src/", "tests/", "examples/", "loadtest/"):
        here = path.rsplit("/", 1)[0]
        for number, quote, name in includes(tree, path):
            places = (f"include/{name}", f"src/{name}", f"tests/{name}", f"loadtest/{name}",
                      f"{here}/{name}")
            if quote == '"' and not known.intersection(places):
                yield Problem(path, number, f'no such file in this project: "{name}"')


def check_dead(tree):
    """Every header is included by somebody other than the source file of its own name."""
    used = {}
    for path in tree.select():
        here = path.rsplit("/", 1)[0]
        for _, quote, name in includes(tree, path):
            for place in (f"include/{name}", f"src/{name}", f"tests/{name}", f"{here}/{name}"):
                used.setdefault(place, set()).add(path)
    for path in tree.select("include/", "src/", suffixes=(".hpp",)):
        inner = path.removeprefix("include/spillway/").removeprefix("src/")
        own_source = f"src/{inner.removesuffix('.hpp')}.cpp"
        if not used.get(path, set()) - {path, own_source}:
            yield Problem(path, 1, "dead file: nobody includes it")


CHECKS = (check_floors, check_doors, check_public, check_resolves, check_dead)
