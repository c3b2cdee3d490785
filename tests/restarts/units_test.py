"""The units of config/systemd: what systemd-analyze says of them, and that they agree with the service."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = ROOT / "config" / "systemd"
EXPOSURE_MAX = 1.5   # of 10: below 2 systemd calls it "OK" and smiles

BINARY = pathlib.Path(os.environ.get("SPILLWAY_BINARY", ROOT / "build/release/spillway")).resolve()


def option(unit, name):
    """All values of an option, in order."""
    text = (UNITS / unit).read_text(encoding="utf-8")
    return re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)


class Units(unittest.TestCase):
    def setUp(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        directory = tempfile.TemporaryDirectory(prefix="spillway-units-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        for unit in UNITS.iterdir():
            text = unit.read_text(encoding="utf-8").replace("/usr/local/bin/spillway", str(BINARY))
            (self.directory / unit.name).write_text(text, encoding="utf-8")

    def analyze(self, *arguments):
        return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, "SYSTEMD_UNIT_PATH": f"{self.directory}:"})

    def test_systemd_finds_nothing_wrong_with_them(self):
        done = self.analyze("verify", "--man=no", *[str(self.directory / unit.name) for unit in UNITS.iterdir()])
        # Other units of this machine may be complained of, too.
        ours = [line for line in done.stderr.splitlines() if "spillway" in line]
        self.assertEqual(ours, [], done.stderr)

    def test_the_sandbox_leaves_little_exposed(self):
        done = self.analyze("security", "--offline=yes", "--no-pager", str(self.directory / "spillway.service"))
        found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
        self.assertTrue(found, done.stdout + done.stderr)
        self.assertLessEqual(float(found[1]), EXPOSURE_MAX, done.stdout)


class Agreement(unittest.TestCase):
    def test_addresses_are_the_defaults_of_the_service(self):
        reference = (ROOT / "config" / "spillway.yaml").read_text(encoding="utf-8")
        self.assertIn(f'"{option("spillway.socket", "ListenStream")[0]}"', reference)
        self.assertIn(f'"{option("spillway-control.socket", "ListenStream")[0]}"', reference)

    def test_the_patience_for_a_stop_is_longer_than_the_default_drain(self):
        reference = (ROOT / "config" / "spillway.yaml").read_text(encoding="utf-8")
        drain = re.search(r"^drain:.*?^  timeout: (\d+)s", reference, re.MULTILINE | re.DOTALL)
        self.assertGreater(int(option("spillway.service", "TimeoutStopSec")[0]), int(drain[1]) + 5)

    def test_every_socket_is_passed_to_the_service(self):
        sockets = sorted(unit.name for unit in UNITS.glob("*.socket"))
        self.assertEqual(sorted(option("spillway.service", "Sockets")[0].split()), sockets)
        for unit in sockets:
            self.assertEqual(option(unit, "Service"), ["spillway.service"])


if __name__ == "__main__":
    unittest.main()
