#include "app/simulate.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <utility>

#include "config/override.hpp"
#include "scenario/load.hpp"
#include "simulate/report.hpp"
#include "simulate/simulation.hpp"

namespace spillway::app {

namespace {

constexpr int exit_ok = 0;
constexpr int exit_usage = 2;

int complain(const std::string& text) {
    std::cerr << "spillway: " << text << '\n';
    return exit_usage;
}

}  // namespace

int simulate(const SimulateArguments& arguments) {
    if (arguments.scenario_file.empty()) return complain("simulate needs a scenario's file");
    std::vector<config::Override> overrides;
    for (const std::string& set : arguments.sets) {
        auto parsed = config::parse_set(set);
        if (!parsed) return complain("--set " + set + ": expected key.path=value");
        overrides.push_back(std::move(*parsed));
    }
    scenario::Loaded loaded = scenario::load(arguments.scenario_file, overrides);
    for (const auto& problem : loaded.problems) std::cerr << config::to_string(problem) << '\n';
    if (!loaded.problems.empty()) return exit_usage;
    if (arguments.seed) loaded.scenario.seed = *arguments.seed;

    std::ofstream csv;
    if (!arguments.csv_file.empty()) {
        csv.open(arguments.csv_file);
        if (!csv) return complain(arguments.csv_file + ": " + std::strerror(errno));
    }
    const simulate::Result result = simulate::simulate(loaded.scenario);
    if (csv.is_open()) {
        write_csv(csv, loaded.scenario, result);
        csv.flush();
        if (!csv) return complain(arguments.csv_file + ": " + std::strerror(errno));
    }
    std::cout << (arguments.as_json ? to_json(loaded.scenario, result)
                                    : to_text(loaded.scenario, result));
    return exit_ok;
}

}  // namespace spillway::app
