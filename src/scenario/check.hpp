#pragma once
// What no single key of a scenario can know: references, sums, combinations that make no sense.

#include "config/problem.hpp"
#include "config/value.hpp"
#include "scenario/scenario.hpp"

namespace spillway::scenario {

/// Adds what is wrong with `scenario` as a whole. `tree` is what it was read from. Keys that
/// `problems` already has are left alone. Pure.
void check(const Scenario& scenario, const config::Value& tree, config::Problems& problems);

}  // namespace spillway::scenario
