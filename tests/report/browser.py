"""A page as Chromium lays it out and paints it."""
import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from png import Picture

# Told by the browser itself: where every figure, text and mark is, and in which colour.
PROBE = """<script>
const box = e => { const r = e.getBoundingClientRect();
                   return [r.left + scrollX, r.top + scrollY, r.right + scrollX, r.bottom + scrollY]; };
const all = (root, selector) => [...root.querySelectorAll(selector)];
const figures = {};
for (const figure of all(document, 'figure')) {
  const svg = figure.querySelector(':scope > svg');
  figures[figure.id] = {
    box: box(svg),
    texts: all(svg, 'text').map(e => ({text: e.firstChild.data, box: box(e)})),
    marks: all(svg, '.marks > *, rect.area').map(e => { const s = getComputedStyle(e); return {
      classes: e.getAttribute('class'), box: box(e),
      colour: e.classList.contains('area') ? s.fill : s.stroke}; })};
}
const root = document.documentElement;
const told = {figures, background: getComputedStyle(document.body).backgroundColor,
              width: root.scrollWidth, window: root.clientWidth, height: root.scrollHeight};
document.body.innerHTML = '<pre id="probe"></pre>';
document.getElementById('probe').textContent = JSON.stringify(told);
</script>"""
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


def colour(text):
    """rgb(1, 2, 3) as numbers."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


class Browser:
    def __init__(self):
        self.program = shutil.which("chromium")
        if not self.program:
            raise RuntimeError("chromium is missing: the pages are looked at in a real browser")
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name)

    def close(self):
        self.directory.cleanup()

    def _run(self, page, size, *arguments):
        # Without the sandbox, which root and containers do not have; the page is our own.
        # Software rendering and one pixel for each of the page's, wherever it runs.
        command = [self.program, "--headless=new", "--no-sandbox", "--disable-gpu",
                   "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
                   "--hide-scrollbars", "--force-device-scale-factor=1",
                   "--force-color-profile=srgb", f"--user-data-dir={self.path / 'profile'}",
                   f"--window-size={size[0]},{size[1]}", *arguments, page.as_uri()]
        environment = dict(os.environ, HOME=str(self.path))
        done = subprocess.run(command, capture_output=True, text=True, timeout=100,
                              env=environment, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"chromium ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    @staticmethod
    def _scheme(dark):
        return ("--blink-settings=preferredColorScheme=0",) if dark else ()

    def layout(self, page, width=1050, dark=False):
        """What PROBE tells of a copy of the page, which alone may run a script."""
        text = POLICY.sub("", page.read_text(encoding="utf-8"))
        copy = self.path / "probed.html"
        copy.write_text(text.replace("</body>", PROBE + "</body>"), encoding="utf-8")
        dom = self._run(copy, (width, 800), *self._scheme(dark), "--dump-dom")
        match = re.search(r'<pre id="probe">(.*?)</pre>', dom, re.DOTALL)
        if not match:
            raise RuntimeError(f"the page told nothing of itself: {dom[:500]}")
        return json.loads(html.unescape(match[1]))

    def picture(self, page, width=1050, height=800, dark=False):
        shot = self.path / "shot.png"
        shot.unlink(missing_ok=True)
        self._run(page, (width, height), *self._scheme(dark), f"--screenshot={shot}")
        return Picture(shot)
