"""The files that the checks look at, and what a check says about one of them."""
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

CPP = (".cpp", ".hpp")
TEXT = CPP + (".md", ".txt", ".cmake", ".json", ".yaml", ".yml", ".py", ".sh", ".lua", ".supp", "")


class Problem(NamedTuple):
    path: str
    line: int
    what: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}"


class Tree:
    """A source tree: relative paths with '/', and cached text."""

    def __init__(self, root):
        self.root = Path(root)
        self._texts = {}
        self.paths = sorted(p for p in self._list() if (self.root / p).is_file())

    def _list(self):
        """What git knows or would add; without git (an archive), everything but build output."""
        git = ["git", "-C", str(self.root), "ls-files", "--cached", "--others", "--exclude-standard"]
        try:
            top = subprocess.run(["git", "-C", str(self.root), "rev-parse", "--show-toplevel"],
                                 capture_output=True, text=True, check=True).stdout.strip()
            if Path(top) == self.root.resolve():
                done = subprocess.run(git, capture_output=True, text=True, check=True)
                return set(done.stdout.splitlines())
        except (OSError, subprocess.CalledProcessError):
            pass
        files = (p.relative_to(self.root) for p in self.root.rglob("*"))
        return {f.as_posix() for f in files if f.parts[0] not in ("build", ".git", ".cache")}

    def text(self, path):
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return self._texts[path]

    def lines(self, path):
        return list(enumerate(self.text(path).splitlines(), start=1))

    def code_lines(self, path):
        """C++ lines with comments and the insides of literals blanked out."""
        return list(enumerate(blank(self.text(path)).splitlines(), start=1))

    def select(self, *prefixes, suffixes=CPP):
        return [p for p in self.paths
                if p.endswith(tuple(suffixes)) and (not prefixes or p.startswith(prefixes))]


_NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<tag>[^()\s\\]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'", re.DOTALL)


def blank(text):
    """Replaces comments and literals by blanks; line ends stay. Include lines are kept whole."""
    def replace(match):
        line_begin = text.rfind("\n", 0, match.start()) + 1
        if re.match(r"\s*#\s*include\b", text[line_begin:match.start()]) and match[0][0] == '"':
            return match[0]
        return re.sub(r"[^\n]", " ", match[0])
    return _NOT_CODE.sub(replace, text)
