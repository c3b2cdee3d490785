"""Words that do not belong into this code, or into any text of this project."""
import re

from tree import TEXT, Problem

CODE = ("include/", "src/", "tests/", "examples/")
STEADY = "include/spillway/async/steady_now.hpp"

# Pattern, why not, and where it is right all the same.
BANNED = (
    (r"\bsleep_(?:for|until)\b|\busleep\b|::sleep\s*\(|\bnanosleep\b",
     "nothing sleeps: wait for the event, or hand in the time", ("tests/e2e/", "examples/")),
    (r"\bsteady_clock::now\b",
     "time is read once at the edge, by async::steady_now(), and handed down", (STEADY, "tests/e2e/")),
    (r"\bdetached\b|\.detach\s*\(\s*\)",
     "asio::detached swallows exceptions, a detached thread outlives what it uses", ("tests/",)),
    (r"\bstd::regex\b", "std::regex recurses on its input and is slow", ()),
    (r"\busing\s+namespace\b", "headers do not open namespaces for others", None),
)

_MARK = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b(?!\s*\(?#\d+)")
_MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:wo" r"rk|ro" r"ot|ho" r"me)/[\w.]")
LINE_LENGTH_MAX = 100
MAIN_LINES_MAX = 40


def check_banned(tree):
    """Calls that hide time, errors or cost."""
    for pattern, why, exempt in BANNED:
        headers_only = exempt is None
        regex = re.compile(pattern)
        for path in tree.select(*CODE, suffixes=(".hpp",) if headers_only else (".cpp", ".hpp")):
            if exempt and path.startswith(exempt):
                continue
            for number, line in tree.code_lines(path):
                match = regex.search(line)
                if match:
                    yield Problem(path, number, f"'{match[0]}': {why}")


def check_marks(tree):
    """Something left to do has the number of its issue: TO" "DO(#12)."""
    for path in tree.select(suffixes=TEXT):
        for number, line in tree.lines(path):
            match = _MARK.search(line)
            if match:
                yield Problem(path, number, f"{match[0]} without the number of an issue")


def check_machine_paths(tree):
    """No path that exists on somebody's machine only."""
    for path in tree.select(suffixes=TEXT):
        for number, line in tree.lines(path):
            match = _MACHINE_PATH.search(line)
            if match:
                yield Problem(path, number, f"a path of one machine: {line.strip()[:60]}")


def check_line_length(tree):
    """C++ lines fit in 100 columns."""
    for path in tree.select():
        for number, line in tree.lines(path):
            if len(line) > LINE_LENGTH_MAX:
                yield Problem(path, number, f"{len(line)} columns, {LINE_LENGTH_MAX} are allowed")


def check_headers(tree):
    """Headers begin with #pragma once."""
    for path in tree.select(suffixes=(".hpp",)):
        if not tree.text(path).startswith("#pragma once\n"):
            yield Problem(path, 1, "does not begin with #pragma once")


def check_main(tree):
    """main.cpp only hands over to the composition root."""
    path = "src/main.cpp"
    if path in tree.paths:
        count = len(tree.lines(path))
        if count > MAIN_LINES_MAX:
            yield Problem(path, count, f"{count} lines, {MAIN_LINES_MAX} are allowed")


CHECKS = (check_banned, check_marks, check_machine_paths, check_line_length, check_headers, check_main)
