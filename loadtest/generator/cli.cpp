#include "generator/cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/nearest.hpp"
#include "config/units.hpp"
#include "generator/cli_report.hpp"
#include "generator/compare.hpp"
#include "generator/quick.hpp"
#include "generator/report.hpp"
#include "generator/report_compare.hpp"
#include "generator/result_json.hpp"
#include "generator/run.hpp"
#include "generator/summary.hpp"

namespace spillway::loadtest {

namespace {

constexpr int exit_ok = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

struct Arguments {
    bool compares = false;
    std::string what;  // a scenario file or a URL
    Quick quick;
    std::string target;
    std::vector<std::string> sets;
    std::uint32_t closed = 0;
    std::string connection_wait = "100ms";
    std::string json_file;
    std::string html_file;
    bool is_quiet = false;
};

int complain(const std::string& text, int code = exit_usage) {
    std::cerr << "spillway-load: " << text << '\n';
    return code;
}

void describe(CLI::App& app, Arguments& arguments) {
    app.add_option("what", arguments.what, "scenario file, or http://host:port/path");
    app.add_option("--target", arguments.target, "http://host:port, instead of the scenario's");
    app.add_option("--set", arguments.sets, "key.path=value of the scenario, once per key")
        ->allow_extra_args(false);
    app.add_option("--rate", arguments.quick.rate, "requests per second (with a URL)");
    app.add_option("--for", arguments.quick.length, "how long, as 10s (with a URL)");
    app.add_flag("--poisson", arguments.quick.is_poisson,
                 "arrivals independent of each other (with a URL)");
    app.add_option("--connections", arguments.quick.connections, "at most so many at once");
    app.add_option("--connection-wait", arguments.connection_wait,
                   "how long an arrival waits for a connection before it is unsent (100ms)");
    app.add_option("--slo", arguments.quick.slo, "an answer after this is late");
    app.add_option("--timeout", arguments.quick.timeout, "without an answer by then: failed");
    app.add_option("--closed", arguments.closed,
                   "closed loop with so many connections, for comparison");
    app.add_option("--json", arguments.json_file, "write the result there");
    app.add_option("--html", arguments.html_file, "write a page with charts there");
    app.add_flag("--quiet", arguments.is_quiet, "no progress");
}

/// What CLI11 did not know, with the nearest thing that it would have known.
int complain_of(const std::string& word, const CLI::App& app) {
    if (word.rfind('-', 0) != 0) return complain("unexpected argument " + word);
    std::vector<std::string> known;
    for (const auto* option : app.get_options())
        for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    const std::string bare = word.substr(0, word.find('='));
    return complain("unknown flag " + bare + config::did_you_mean(bare, known) +
                    " (see spillway-load --help)");
}

bool is_url(const std::string& text) { return text.rfind("http://", 0) == 0; }

/// Nothing, after a complaint, when what was said is no scenario.
std::optional<scenario::Scenario> scenario_of(const Arguments& arguments) {
    const Quick& quick = arguments.quick;
    std::vector<config::Override> overrides;
    for (const auto& set : arguments.sets) {
        auto parsed = config::parse_set(set);
        if (!parsed) {
            complain("--set " + set + ": expected key.path=value");
            return std::nullopt;
        }
        overrides.push_back(*std::move(parsed));
    }
    scenario::Loaded loaded;
    if (is_url(arguments.what)) {
        Quick asked = quick;
        asked.url = arguments.what;
        if (arguments.closed > 0 && asked.rate.empty()) asked.rate = "1/s";  // nobody looks at it
        if (asked.rate.empty() || asked.length.empty()) {
            complain("a URL needs --rate and --for, as in --rate 1000 --for 10s");
            return std::nullopt;
        }
        if (!arguments.target.empty()) {
            complain("--target goes with a scenario file, not with a URL");
            return std::nullopt;
        }
        loaded = quick_scenario(asked, overrides);
    } else {
        if (!quick.rate.empty() || !quick.length.empty() || quick.is_poisson) {
            complain("--rate, --for and --poisson go with a URL; a scenario has phases");
            return std::nullopt;
        }
        for (auto& override : overrides_of(quick, arguments.target))
            overrides.push_back(std::move(override));
        loaded = scenario::load(arguments.what, overrides);
    }
    for (const auto& problem : loaded.problems)
        complain(problem.origin.empty() ? problem.key_path + ": " + problem.message
                                        : config::to_string(problem));
    if (!loaded.problems.empty()) return std::nullopt;
    return std::move(loaded.scenario);
}

int write_file(const std::string& path, const std::string& text) {
    if (path.empty()) return exit_ok;
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    return file ? exit_ok : complain(path + ": cannot be written", exit_failed);
}

int write_files(const Arguments& arguments, const std::string& json, const std::string& html) {
    return std::max(write_file(arguments.json_file, json), write_file(arguments.html_file, html));
}

/// Prints and writes one run.
int tell(const Arguments& arguments, const Result& result) {
    std::cout << summary_text(result);
    const int written = write_files(arguments, to_json(result), report_html(result));
    return result.server.agrees() ? written : exit_failed;
}

int run_once(const Arguments& arguments, scenario::Scenario scenario, RunOptions options) {
    options.engine.closed = arguments.closed > 0;
    if (arguments.closed > 0) scenario.connections = arguments.closed;
    std::string why;
    const auto result = run(scenario, options, why);
    if (!result) return complain(why, exit_failed);
    return tell(arguments, *result);
}

int run_both(const Arguments& arguments, const scenario::Scenario& scenario,
             const RunOptions& options) {
    std::string why;
    const auto both = compare(scenario, options, arguments.closed, why);
    if (!both) return complain(why, exit_failed);
    const Result& open = both->open;
    if (!both->closed) return std::max(tell(arguments, open), complain(why, exit_failed));
    const Result& closed = *both->closed;
    std::cout << summary_text(open) << summary_text(closed) << comparison_text(open, closed);
    const int written = write_files(arguments, to_json(open, closed), compare_html(open, closed));
    return open.server.agrees() && closed.server.agrees() ? written : exit_failed;
}

int parse_and_run(int argc, char** argv) {
    Arguments arguments;
    if (argc > 1 && std::string_view(argv[1]) == "report") return run_report(argc - 1, argv + 1);
    if (argc > 1 && std::string_view(argv[1]) == "compare") {
        arguments.compares = true;
        --argc;
        ++argv;
    }
    CLI::App app{
        "spillway-load [compare] SCENARIO.yaml | --rate N --for TIME URL\n"
        "spillway-load report RESULT.json [RESULT.json] --html PAGE.html\n\n"
        "Sends what a schedule asks for, whether or not the server keeps up, and gives an account "
        "of every\nrequest. compare: an open loop, then a closed one at the same server. report: a "
        "page of one\nresult, or of two side by side.",
        "spillway-load"};
    app.allow_extras();
    describe(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        return complain(error.what());
    }
    if (const auto extras = app.remaining(); !extras.empty())
        return complain_of(extras.front(), app);
    if (arguments.what.empty())
        return complain("nothing to do: name a scenario file or a URL (see spillway-load --help)");
    if (app.count("--closed") > 0 &&
        (arguments.closed == 0 || arguments.closed > scenario::connections_max))
        return complain("--closed: expected a number from 1 to " +
                        std::to_string(scenario::connections_max));
    const auto wait = config::parse_duration(arguments.connection_wait);
    if (!wait || *wait > std::chrono::minutes{1})
        return complain("--connection-wait: expected a duration up to 1m, as 100ms");
    const auto scenario = scenario_of(arguments);
    if (!scenario) return exit_usage;
    RunOptions options;
    options.shows_progress = !arguments.is_quiet;
    options.engine.connection_wait = *wait;
    return arguments.compares ? run_both(arguments, *scenario, options)
                              : run_once(arguments, *scenario, options);
}

}  // namespace

int run_cli(int argc, char** argv) noexcept {
    try {
        return parse_and_run(argc, argv);
    } catch (const std::exception& error) {
        return complain(error.what(), exit_failed);
    }
}

}  // namespace spillway::loadtest
