#pragma once
// The keys of a scenario, bound to the fields of its structs (the tables of config/schema.hpp).

#include <vector>

#include "config/schema.hpp"
#include "scenario/scenario.hpp"

namespace spillway::scenario {

/// Reads `tree` over `scenario`; what is wrong with single keys is added to `problems`.
void read_scenario(const config::Value& tree, Scenario& scenario, config::Problems& problems);

[[nodiscard]] config::Value write_scenario(const Scenario& scenario);

/// Every key there is, sections themselves left out.
[[nodiscard]] std::vector<config::KeyInfo> all_keys();

}  // namespace spillway::scenario
