"""A crash leaves a trace that can be read, and the exit status that it always had."""

import signal
import unittest

from harness import PATIENCE, ServiceTest, drill, eventually


@unittest.skipIf(PATIENCE > 1, "sanitizers have a trace of their own")
class Crash(ServiceTest):
    def crashed(self, number):
        server = self.start(drill())
        server.terminate(number)
        self.assertEqual(server.process.wait(15), -number)
        return eventually(lambda: server.log_text(), lambda text: "by function" in text,
                          what="the trace")

    def test_the_trace_names_signal_thread_and_functions(self):
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
            text = self.crashed(number)
            self.assertRegex(text, rf"crashed: {number.name}.*, thread \S+, pid \d+")
            self.assertRegex(text, r"#\d+ 0x[0-9a-f]+ \S+\+0x[0-9a-f]+")
            self.assertIn("spillway::app::serve", text)
            self.assertIn("main.cpp", text)
