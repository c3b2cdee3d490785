#pragma once
// A scenario file to a checked scenario, as strict as the service's own configuration.

#include <string>
#include <vector>

#include "config/override.hpp"
#include "config/problem.hpp"
#include "scenario/scenario.hpp"

namespace spillway::scenario {

struct Loaded {
    Scenario scenario;                      // to be used only when there are no problems
    std::vector<config::Problem> problems;  // all of them, those of the file first, by line
};

/// Reads the scenario and the files that it names: relative names are beside it. `overrides`
/// (--set) win over the file, and do not excuse it. config::to_string() makes FILE:LINE:COL of a
/// problem. Never throws but bad_alloc.
[[nodiscard]] Loaded load(const std::string& file_path,
                          const std::vector<config::Override>& overrides = {});

/// The same with the text at hand; `name` is what the problems call it, and what files are beside.
[[nodiscard]] Loaded load_text(const std::string& text, const std::string& name,
                               const std::vector<config::Override>& overrides = {});

/// The whole scenario as YAML, defaults included.
[[nodiscard]] std::string to_yaml(const Scenario& scenario);

}  // namespace spillway::scenario
