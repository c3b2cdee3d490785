"""The pages of spillway-load in a real browser: everything is drawn, in its place and its colours."""
import math
import os
import re
import subprocess
import unittest
from pathlib import Path

from browser import POLICY, Browser, colour


def overlap(a, b, slack=1):
    return (min(a[2], b[2]) - max(a[0], b[0]) > slack and
            min(a[3], b[3]) - max(a[1], b[1]) > slack)


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        subprocess.run([os.environ["MAKE_PAGES"], str(cls.browser.path)], check=True, timeout=100)
        cls.told = cls.browser.layout(Path(cls.browser.path, "report.html"))

    def page(self, name):
        return Path(self.browser.path, name)

    def assert_legible(self, told):
        """Every text is inside its picture, and none lies on another."""
        self.assertLessEqual(told["width"], told["window"], "the page is wider than the window")
        for name, figure in told["figures"].items():
            left, top, right, bottom = figure["box"]
            texts = figure["texts"]
            self.assertGreater(len(texts), 0, name)
            for i, one in enumerate(texts):
                x1, y1, x2, y2 = one["box"]
                self.assertTrue(left - 1 <= x1 and x2 <= right + 1 and top - 1 <= y1 and
                                y2 <= bottom + 1, f"{name}: {one['text']} is cut off")
                for other in texts[:i]:
                    self.assertFalse(overlap(one["box"], other["box"]),
                                     f"{name}: {one['text']} lies on {other['text']}")

    def drawn(self, told, picture):
        """By figure and class: how many pixels of a mark's box have its colour."""
        pixels = {}
        for name, figure in told["figures"].items():
            for mark in figure["marks"]:
                if mark["box"][3] > picture.height:
                    continue
                # A line across has a box without a height: its stroke reaches 1 px to both sides.
                left, top, right, bottom = mark["box"]
                box = (left - 2, math.floor(top) - 2, right + 2, math.ceil(bottom) + 2)
                key = name, mark["classes"]
                pixels[key] = pixels.get(key, 0) + picture.count(box, colour(mark["colour"]), 24)
        return pixels

    def assert_drawn(self, told, picture, wanted):
        pixels = self.drawn(told, picture)
        for key, least in wanted.items():
            self.assertGreaterEqual(pixels.get(key, 0), least, f"{key}: of {pixels}")

    def test_the_report_shows_all_that_happened(self):
        told = self.told
        # The second limiter had nothing to do, and no picture.
        self.assertEqual(list(told["figures"]), ["endings", "goodput", "latency-over-time",
                                                 "limiter-0", "latency", "account"])
        self.assert_legible(told)
        for name, figure in told["figures"].items():
            left, top, right, bottom = figure["box"]
            self.assertGreater(right - left, 900, name)
            self.assertGreater(bottom - top, 120, name)
        picture = self.browser.picture(self.page("report.html"), height=told["height"])
        self.assertEqual(picture.pixel(5, 5), (255, 255, 255))
        self.assert_drawn(told, picture, {
            ("endings", "area rejected"): 30_000, ("endings", "area good"): 2_000,
            ("endings", "line offered"): 300,
            ("goodput", "area good"): 20_000, ("goodput", "area late"): 20_000,
            ("latency-over-time", "line good"): 500, ("latency-over-time", "line rejected"): 300,
            ("latency-over-time", "line slo"): 200,
            ("limiter-0", "line limit"): 200, ("limiter-0", "line good"): 300,
            ("limiter-0", "line queue"): 150,
            ("latency", "line good"): 300, ("latency", "line rejected"): 300,
            ("latency", "dot rejected"): 100,
            ("account", "area good"): 20_000, ("account", "area rejected"): 20_000,
            ("account", "area late"): 1_000})

    def test_the_dark_report_is_dark(self):
        told = self.browser.layout(self.page("report.html"), dark=True)
        height = int(told["figures"]["goodput"]["box"][3])
        picture = self.browser.picture(self.page("report.html"), height=height, dark=True)
        self.assertLess(max(picture.pixel(5, 5)), 60)
        self.assertEqual(picture.pixel(5, 5), colour(told["background"]))
        self.assert_drawn(told, picture, {("endings", "area rejected"): 30_000,
                                          ("endings", "line offered"): 300,
                                          ("goodput", "area late"): 20_000})

    def test_a_report_without_its_curves_is_found_out(self):
        """The checks above can fail: here is a page on which they do."""
        whole = self.page("report.html")
        bare = self.page("bare.html")
        bare.write_text(re.sub(r'<g class="marks">.*?</g>', "", whole.read_text(encoding="utf-8")),
                        encoding="utf-8")
        height = int(self.told["figures"]["goodput"]["box"][3])
        pixels = self.drawn(self.told, self.browser.picture(bare, height=height))
        self.assertIn(("goodput", "area good"), pixels)
        for key, count in pixels.items():
            self.assertLess(count, 500, key)

    def test_the_comparison_has_both_runs_in_each_picture(self):
        told = self.browser.layout(self.page("compare.html"))
        self.assertEqual(list(told["figures"]), ["latency", "goodput", "account"])
        self.assert_legible(told)
        picture = self.browser.picture(self.page("compare.html"), height=told["height"])
        self.assert_drawn(told, picture, {
            ("latency", "line run-a"): 500, ("latency", "line run-b"): 300,
            ("goodput", "line run-a"): 300, ("goodput", "line run-b"): 200,
            ("account", "area good"): 10_000, ("account", "area late"): 300})

    def test_a_run_without_answers_has_no_empty_pictures(self):
        told = self.browser.layout(self.page("failed.html"))
        self.assertEqual(list(told["figures"]), ["endings", "account"])
        self.assert_legible(told)

    def test_a_narrow_window_is_not_outgrown(self):
        for name in ("report.html", "compare.html"):
            told = self.browser.layout(self.page(name), width=520)
            self.assertLessEqual(told["width"], told["window"], name)

    def test_pages_need_nothing_but_themselves(self):
        for name in ("report.html", "compare.html", "failed.html"):
            text = self.page(name).read_text(encoding="utf-8")
            self.assertRegex(text, POLICY)
            self.assertIn("default-src 'none'", text)
            for word in ("<script", "<link", "<img", "<iframe", "@import", "url(", " src=",
                         'href="http', "javascript:"):
                self.assertNotIn(word, text, name)

    def test_names_are_text_and_never_markup(self):
        text = self.page("report.html").read_text(encoding="utf-8")
        self.assertNotIn("<b>& back", text)
        self.assertNotIn("<now>", text)
        self.assertIn("step &lt;b&gt;&amp; back&lt;/b&gt;", text)


if __name__ == "__main__":
    unittest.main()
