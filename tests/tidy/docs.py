"""What the documentation must know of the code: keys, metrics, verbs; and that its links lead somewhere."""
import re

from tree import Problem

_KEY = re.compile(r"(?:^|[{,]|-)\s*([a-z][a-z0-9_]*)\s*:(?:\s|$)")
_METRIC = re.compile(r'\b(?:counter|gauge|histogram)\(\s*"([a-z][a-z0-9_]*)"|"(spillway_[a-z0-9_]+)"')
_DOCUMENTED = re.compile(r"`((?:spillway|process)_[a-z0-9_]+)[`{]")
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
_VERBS = re.compile(r"^readonly verbs=\(([^)]*)\)", re.MULTILINE)


def config_keys(text):
    """Key names of a commented YAML file, by line; flow maps included."""
    for number, line in enumerate(text.splitlines(), start=1):
        code = re.sub(r'"[^"]*"', '""', line).split("#", 1)[0]
        for match in _KEY.finditer(code):
            yield number, match[1]


def check_config_keys(tree):
    """Every key of the reference configuration is explained in docs/config.md."""
    reference, page = "config/spillway.yaml", "docs/config.md"
    if reference not in tree.paths:
        return
    if page not in tree.paths:
        yield Problem(page, 1, f"missing: it explains the keys of {reference}")
        return
    known = set(re.findall(r"[a-z][a-z0-9_]*", tree.text(page)))
    for number, key in config_keys(tree.text(reference)):
        if key not in known:
            yield Problem(reference, number, f"key '{key}' is not in {page}")


def check_metrics(tree):
    """Metrics in the code are in docs/metrics.md, and the other way round."""
    page = "docs/metrics.md"
    in_code = {}
    for path in tree.select("src/"):
        for match in _METRIC.finditer(tree.text(path)):
            number = tree.text(path).count("\n", 0, match.start()) + 1
            in_code.setdefault(match[1] or match[2], (path, number))
    if not in_code:
        return
    if page not in tree.paths:
        yield Problem(page, 1, "missing: it explains the metrics")
        return
    text = tree.text(page)
    for name, (path, number) in in_code.items():
        if not re.search(rf"\b(?:spillway_)?{name}\b", text):
            yield Problem(path, number, f"metric '{name}' is not in {page}")
    code = "\n".join(tree.text(p) for p in tree.select("src/"))
    for number, line in tree.lines(page):
        for name in _DOCUMENTED.findall(line):
            base = re.sub(r"_(?:bucket|sum|count)$", "", name)
            short = {n.removeprefix("spillway_") for n in (name, base)}
            if not any(re.search(rf'"(?:spillway_)?{n}"', code) for n in short):
                yield Problem(page, number, f"no metric '{name}' in the code")


def check_links(tree):
    """Relative links of Markdown pages lead to files."""
    for path in tree.select(suffixes=(".md",)):
        here = (tree.root / path).parent
        for number, line in tree.lines(path):
            for target in _LINK.findall(line):
                if "://" not in target and not target.startswith("mailto:") and \
                        not (here / target).exists():
                    yield Problem(path, number, f"the link leads nowhere: {target}")


def check_verbs(tree):
    """Every verb of ./dev is in CONTRIBUTING.md."""
    page = "CONTRIBUTING.md"
    if "dev" not in tree.paths or page not in tree.paths:
        return
    match = _VERBS.search(tree.text("dev"))
    for verb in match[1].split() if match else ():
        if f"./dev {verb}" not in tree.text(page):
            yield Problem(page, 1, f"verb './dev {verb}' is missing")


CHECKS = (check_config_keys, check_metrics, check_links, check_verbs)
