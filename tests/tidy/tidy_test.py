"""Each check finds what it is there for, and says nothing of what is right."""
import tempfile
import unittest
from pathlib import Path

import docs
import includes
import run
import words
from tree import Tree, blank

CORE = "include/spillway/core/a.hpp"
ONCE = "#pragma once\n"


class TidyTest(unittest.TestCase):
    def problems(self, check, files):
        """What `check` says about a tree of these files, as 'path:line'."""
        with tempfile.TemporaryDirectory() as directory:
            for path, text in files.items():
                target = Path(directory, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            return [f"{p.path}:{p.line}" for p in check(Tree(directory))]

    def finds(self, check, path, text, line=1, **others):
        self.assertEqual(self.problems(check, {path: text, **others}), [f"{path}:{line}"])

    def accepts(self, check, path, text, **others):
        self.assertEqual(self.problems(check, {path: text, **others}), [])


class Includes(TidyTest):
    def test_an_upward_include_is_found(self):
        self.finds(includes.check_floors, CORE, ONCE + '#include "spillway/async/gate.hpp"\n', line=2)
        self.finds(includes.check_floors, "src/http/a.cpp", '#include "config/config.hpp"\n')
        self.finds(includes.check_floors, "tests/core/a_test.cpp", '#include "spillway/http/a.hpp"\n')

    def test_a_sideways_include_is_found(self):
        self.finds(includes.check_floors, "src/http/a.cpp", '#include "telemetry/log.hpp"\n')
        self.finds(includes.check_floors, "src/config/a.cpp", '#include "handlers/drill.hpp"\n')

    def test_looking_down_or_into_ones_own_room_is_right(self):
        self.accepts(includes.check_floors, "src/http/a.cpp",
                     '#include "http/a.hpp"\n#include "spillway/core/time.hpp"\n')
        self.accepts(includes.check_floors, "src/main.cpp", '#include "app/app.hpp"\n')

    def test_an_include_in_a_comment_is_none(self):
        self.accepts(includes.check_floors, CORE, '// #include "spillway/http/a.hpp"\n')

    def test_a_library_at_the_wrong_door_is_found(self):
        for path, header in ((CORE, "boost/asio/post.hpp"), ("src/async/a.cpp", "boost/beast/http.hpp"),
                             ("src/http/a.cpp", "prometheus/registry.h"),
                             ("src/app/a.cpp", "spdlog/spdlog.h"), ("src/app/a.cpp", "yaml-cpp/yaml.h"),
                             ("src/http/a.cpp", "vips/vips8"), ("src/config/a.cpp", "CLI/CLI.hpp")):
            self.assertTrue(self.problems(includes.check_doors, {path: f"#include <{header}>\n"}), header)

    def test_core_has_the_standard_library_only(self):
        self.finds(includes.check_doors, CORE, "#include <unistd.h>\n")
        self.accepts(includes.check_doors, CORE, "#include <chrono>\n")

    def test_a_library_at_its_own_door_is_right(self):
        self.accepts(includes.check_doors, "src/telemetry/a.cpp", "#include <spdlog/async.h>\n")
        self.accepts(includes.check_doors, "src/http/a.cpp", "#include <boost/beast/http.hpp>\n")

    def test_a_private_header_in_a_public_one_is_found(self):
        self.finds(includes.check_public, CORE, '#include "core/secret.hpp"\n')
        self.accepts(includes.check_public, CORE, '#include "spillway/core/b.hpp"\n')

    def test_an_include_of_nothing_is_found(self):
        self.finds(includes.check_resolves, "src/http/a.cpp", '#include "http/gone.hpp"\n')
        self.accepts(includes.check_resolves, "src/http/a.cpp", '#include "http/a.hpp"\n',
                     **{"src/http/a.hpp": ""})

    def test_a_header_that_only_its_own_source_includes_is_dead(self):
        files = {"src/http/a.hpp": "", "src/http/a.cpp": '#include "http/a.hpp"\n'}
        self.assertEqual(self.problems(includes.check_dead, files), ["src/http/a.hpp:1"])
        files["tests/http/a_test.cpp"] = '#include "http/a.hpp"\n'
        self.assertEqual(self.problems(includes.check_dead, files), [])


class Words(TidyTest):
    def test_calls_that_sleep_read_the_clock_or_swallow_errors_are_found(self):
        for code in ("std::this_thread::sleep_for(1s);", "::usleep(5);",
                     "auto t = std::chrono::steady_clock::now();", "std::regex r;",
                     "co_spawn(executor, f(), asio::detached);", "thread.detach();"):
            self.finds(words.check_banned, "src/http/a.cpp", "\n" + code + "\n", line=2)

    def test_the_same_in_a_comment_or_a_string_is_not(self):
        self.accepts(words.check_banned, "src/http/a.cpp",
                     '// sleep_for\n/* detached\n */ auto s = "std::regex"; char c = \'"\';\n')

    def test_the_clock_is_read_in_its_one_place(self):
        self.accepts(words.check_banned, words.STEADY, "return steady_clock::now();\n")

    def test_a_header_that_opens_a_namespace_is_found_and_a_source_is_not(self):
        self.finds(words.check_banned, CORE, "using namespace std;\n")
        self.accepts(words.check_banned, "src/core/a.cpp", "using namespace std;\n")

    def test_a_mark_without_an_issue_is_found(self):
        self.finds(words.check_marks, "README.md", "TO" "DO: later\n")
        self.finds(words.check_marks, "src/http/a.cpp", "// FIX" "ME\n")
        self.accepts(words.check_marks, "src/http/a.cpp", "// TO" "DO(#12): later\n")

    def test_a_path_of_one_machine_is_found(self):
        self.finds(words.check_machine_paths, "README.md", "see /ho" "me/me/x\n")
        self.accepts(words.check_machine_paths, "README.md", "GET /homepage, ./work/x\n")

    def test_a_long_line_is_found(self):
        self.finds(words.check_line_length, "src/http/a.cpp", "x" * 101)
        self.accepts(words.check_line_length, "src/http/a.cpp", "é" * 100)

    def test_a_header_without_its_guard_is_found(self):
        self.finds(words.check_headers, CORE, "// what\n#pragma once\n")
        self.accepts(words.check_headers, CORE, ONCE)

    def test_a_long_main_is_found(self):
        self.finds(words.check_main, "src/main.cpp", "\n" * 41, line=41)
        self.accepts(words.check_main, "src/main.cpp", "\n" * 40)


class Docs(TidyTest):
    def test_a_key_that_is_not_explained_is_found(self):
        reference = "config/spillway.yaml"
        yaml = "server:\n  listen: x  # bytes: none\n  - {path: a, pool: b}\n"
        self.assertEqual(
            self.problems(docs.check_config_keys, {reference: yaml, "docs/config.md": "server listen pool"}),
            [f"{reference}:3"])
        self.assertEqual(self.problems(docs.check_config_keys, {reference: yaml}), ["docs/config.md:1"])
        self.accepts(docs.check_config_keys, reference, yaml,
                     **{"docs/config.md": "server.listen, path and pool"})

    def test_a_metric_that_is_only_in_the_code_or_only_in_the_docs_is_found(self):
        code = {"src/app/a.cpp": 'e.counter("spillway_a_total", "A");\ne.gauge("b", "B");\n'}
        self.assertEqual(
            self.problems(docs.check_metrics, {**code, "docs/metrics.md": "`spillway_a_total`\n"}),
            ["src/app/a.cpp:2"])
        self.assertEqual(
            self.problems(docs.check_metrics,
                          {**code, "docs/metrics.md": "`spillway_a_total` `spillway_b`\n`spillway_c{x}`"}),
            ["docs/metrics.md:2"])

    def test_a_link_to_nowhere_is_found(self):
        self.finds(docs.check_links, "docs/a.md", "[b](../b.md)\n")
        self.accepts(docs.check_links, "docs/a.md", "[b](b.md#part) [w](https://x.y/z) [h](#part)\n",
                     **{"docs/b.md": ""})

    def test_a_verb_that_is_not_explained_is_found(self):
        files = {"dev": "readonly verbs=(run test)\n", "CONTRIBUTING.md": "`./dev run`\n"}
        self.assertEqual(self.problems(docs.check_verbs, files), ["CONTRIBUTING.md:1"])
        files["CONTRIBUTING.md"] += "`./dev test`\n"
        self.assertEqual(self.problems(docs.check_verbs, files), [])


class TreeTest(TidyTest):
    def test_blanking_keeps_lines_and_code(self):
        self.assertEqual(blank('a; // b\n"c" d /* e\n f */ g R"x(")" )x" h'),
                         'a;     \n    d     \n      g             h')
        self.assertEqual(blank("1'000'000; x = 'y';"), "1'000'000; x =    ;")

    def test_build_output_is_not_looked_at(self):
        self.accepts(words.check_headers, "build/release/a.hpp", "")

    def test_every_check_is_run(self):
        listed = {check for module in run.MODULES.values() for check in module.CHECKS}
        written = {value for module in run.MODULES.values() for name, value in vars(module).items()
                   if name.startswith("check_")}
        self.assertEqual(listed, written)


if __name__ == "__main__":
    unittest.main()
