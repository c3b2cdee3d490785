#pragma once
// A result as people read it, as programs do, and as a table over time. Pure.

#include <iosfwd>
#include <string>

#include "scenario/scenario.hpp"
#include "simulate/result.hpp"

namespace spillway::simulate {

/// The account and the figures, for people.
[[nodiscard]] std::string to_text(const scenario::Scenario& scenario, const Result& result);

/// The same as one JSON object; times in seconds, work in units.
[[nodiscard]] std::string to_json(const scenario::Scenario& scenario, const Result& result);

/// The time series: a line of names, then one for each interval.
void write_csv(std::ostream& out, const scenario::Scenario& scenario, const Result& result);

}  // namespace spillway::simulate
