#pragma once
// What happened when: endings, goodput, latencies, and what the server said of its limiters.

#include <string>
#include <vector>

#include "generator/report_columns.hpp"
#include "generator/result.hpp"

namespace spillway::loadtest {

/// All charts over time that the run has data for, as figures.
[[nodiscard]] std::string time_charts(const Result& result);

/// Goodput of two runs on one scale.
[[nodiscard]] std::string goodput_comparison(const Result& a, const Result& b);

}  // namespace spillway::loadtest
