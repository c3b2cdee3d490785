#!/usr/bin/env python3
"""The style and the structure of this project as a test: prints each problem as FILE:LINE, exit 1."""
import sys
from pathlib import Path

import docs
import includes
import words
from tree import Tree

MODULES = {"includes": includes, "words": words, "docs": docs}


def main(arguments):
    names = arguments or list(MODULES)
    tree = Tree(Path(__file__).resolve().parents[2])
    checks = [check for name in names for check in MODULES[name].CHECKS]
    problems = [(check.__name__, problem) for check in checks for problem in check(tree)]
    for name, problem in sorted(problems, key=lambda p: p[1]):
        print(f"{problem} [{name.removeprefix('check_')}]")
    print(f"tidy: {len(checks)} checks over {len(tree.paths)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
