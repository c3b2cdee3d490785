#pragma once
// What no single key can know: references between sections, sums, and combinations that cannot
// work.

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/problem.hpp"
#include "config/value.hpp"

namespace spillway::config {

/// Adds what is wrong with `config` as a whole. `tree` is what it was read from: it knows where
/// each value was written. Keys that `problems` already has are left alone.
void check(const Config& config, const Value& tree, const Machine& machine, Problems& problems);

/// What will run, but perhaps not as meant. Pre: `config` has no problems.
[[nodiscard]] std::vector<std::string> warnings(const Config& config, const Machine& machine);

}  // namespace spillway::config
