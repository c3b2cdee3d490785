#include "app/cli.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "app/probe.hpp"
#include "app/serve.hpp"
#include "app/simulate.hpp"
#include "app/version.hpp"
#include "config/load.hpp"
#include "config/machine.hpp"
#include "config/nearest.hpp"
#include "config/print.hpp"
#include "replay/session.hpp"

namespace spillway::app {
namespace {

constexpr int exit_ok = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

struct Arguments {
    std::string config_file;
    std::vector<std::string> sets;
    std::string url;
    SimulateArguments simulate;
};

int complain(const std::string& text) {
    std::cerr << "spillway: " << text << '\n';
    return exit_usage;
}

/// Environment, then --set, on top of the file; nothing when a --set has no `=`.
std::optional<Source> source_of(const Arguments& arguments) {
    Source source{.file = std::nullopt,
                  .overrides = config::overrides_from_environment(environ),
                  .machine = config::this_machine()};
    for (const auto& set : arguments.sets) {
        auto parsed = config::parse_set(set);
        if (!parsed) {
            complain("--set " + set + ": expected key.path=value");
            return std::nullopt;
        }
        source.overrides.push_back(std::move(*parsed));
    }
    if (!arguments.config_file.empty()) {
        source.file = arguments.config_file;
    } else if (const char* named = std::getenv("SPILLWAY_CONFIG"); named != nullptr && *named) {
        source.file = named;
    }
    return source;
}

std::optional<config::Loaded> load(const Arguments& arguments, config::NamedFiles files) {
    const auto source = source_of(arguments);
    if (!source) return std::nullopt;
    return config::load(source->file, source->overrides, source->machine, files);
}

/// True if the configuration can be used; otherwise every problem is on stderr.
bool is_usable(const std::optional<config::Loaded>& loaded) {
    if (!loaded) return false;
    for (const auto& problem : loaded->problems) std::cerr << config::to_string(problem) << '\n';
    return loaded->problems.empty();
}

int run_serve(const Arguments& arguments) {
    auto source = source_of(arguments);
    if (!source) return exit_usage;
    const std::optional loaded = config::load(source->file, source->overrides, source->machine);
    if (!is_usable(loaded)) return exit_usage;
    return serve(*loaded, std::move(*source));
}

int run_check(const Arguments& arguments) {
    const auto loaded = load(arguments, config::NamedFiles::checked);
    if (!is_usable(loaded)) return exit_usage;
    for (const auto& warning : loaded->warnings) std::cerr << "warning: " << warning << '\n';
    std::cout << arguments.config_file << ": ok\n";
    return exit_ok;
}

int run_print(const Arguments& arguments) {
    const auto loaded = load(arguments, config::NamedFiles::unread);
    if (!is_usable(loaded)) return exit_usage;
    std::cout << config::to_yaml(loaded->config);
    return exit_ok;
}

int run_probe(const Arguments& arguments) {
    std::string url = arguments.url;
    if (url.empty()) {
        const auto loaded = load(arguments, config::NamedFiles::unread);
        if (!is_usable(loaded)) return exit_failed;
        url = own_health_url(loaded->config);
    }
    return probe(url) ? exit_ok : exit_failed;
}

int run_version(const Arguments&) {
    std::cout << version_text();
    return exit_ok;
}

int run_replay(const Arguments&) {
    return replay::replay(std::cin, std::cout) ? exit_ok : exit_usage;
}

int run_simulate(const Arguments& arguments) {
    SimulateArguments simulated = arguments.simulate;
    simulated.sets = arguments.sets;
    return simulate(simulated);
}

struct Command {
    const char* name;
    const char* help;
    bool takes_config;
    bool takes_sets;
    bool takes_url;
    int (*run)(const Arguments&);
};

constexpr Command commands[] = {
    {"serve", "run until SIGTERM or SIGINT, then drain", true, true, false, run_serve},
    {"check-config", "report every problem of a configuration", true, true, false, run_check},
    {"print-config", "print the effective configuration", true, true, false, run_print},
    {"replay", "replay samples through one algorithm", false, false, false, run_replay},
    {"simulate", "run a scenario in virtual time", false, true, false, run_simulate},
    {"probe", "one GET, exit 0 on a 2xx (default: this service's own /healthz)", false, false, true,
     run_probe},
    {"version", "print versions", false, false, false, run_version},
};

void add_simulate_options(CLI::App& command, SimulateArguments& arguments) {
    command.add_option("scenario", arguments.scenario_file, "YAML file, see docs/load.md");
    command.add_option("--csv", arguments.csv_file, "write the time series to this file");
    command.add_option("--seed", arguments.seed, "instead of the scenario's");
    command.add_flag("--json", arguments.as_json, "print the result as JSON");
}

/// What CLI11 did not know, with the nearest thing that it would have known.
int complain_of(const std::string& word, const CLI::App& app, bool is_command) {
    std::vector<std::string> known;
    if (word.rfind('-', 0) == 0) {
        for (const auto* option : app.get_options())
            for (const auto& name : option->get_lnames()) known.push_back("--" + name);
        const std::string bare = word.substr(0, word.find('='));
        return complain("unknown flag " + bare + config::did_you_mean(bare, known) +
                        " (see spillway " + app.get_name() + " --help)");
    }
    if (!is_command) return complain("unexpected argument " + word);
    for (const auto& command : commands) known.emplace_back(command.name);
    return complain("unknown command " + word + config::did_you_mean(word, known) +
                    " (see spillway --help)");
}

int parse_and_run(int argc, char** argv) {
    Arguments arguments;
    CLI::App app{"Spillway: an HTTP service that keeps answering under overload"};
    app.require_subcommand(0, 1);
    app.allow_extras();
    bool wants_version = false;
    app.add_flag("--version", wants_version, "print versions");
    std::map<const CLI::App*, const Command*> by_app;
    for (const auto& command : commands) {
        auto* sub = app.add_subcommand(command.name, command.help);
        sub->allow_extras();
        by_app[sub] = &command;
        if (command.takes_config)
            sub->add_option("-c,--config", arguments.config_file,
                            "YAML file (default: $SPILLWAY_CONFIG, else built-in defaults)");
        if (command.takes_sets)
            sub->add_option("--set", arguments.sets, "key.path=value, once per key")
                ->allow_extra_args(false);
        if (command.run == run_simulate) add_simulate_options(*sub, arguments.simulate);
        if (command.takes_url) sub->add_option("url", arguments.url, "http://host:port/path");
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        return complain(error.what());
    }
    if (wants_version) return run_version(arguments);
    const auto chosen = app.get_subcommands();
    if (chosen.empty()) {
        if (const auto extras = app.remaining(); !extras.empty())
            return complain_of(extras.front(), app, true);
        std::cerr << app.help();
        return exit_usage;
    }
    const CLI::App& sub = *chosen.front();
    const Command& command = *by_app.at(&sub);
    if (const auto extras = sub.remaining(); !extras.empty())
        return complain_of(extras.front(), sub, false);
    if (std::string_view(command.name) == "check-config" && arguments.config_file.empty())
        return complain("check-config needs -c FILE");
    return command.run(arguments);
}

}  // namespace

int run_cli(int argc, char** argv) noexcept {
    try {
        return parse_and_run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "spillway: " << error.what() << '\n';
        return exit_failed;
    }
}

}  // namespace spillway::app
