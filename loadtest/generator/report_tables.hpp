#pragma once
// Latencies and the generator's own figures as tables.

#include <string>
#include <vector>

#include "generator/result.hpp"

namespace spillway::loadtest {

struct LatencyRow {
    std::string name;
    std::string css_class;  // colour of its key
    const Latency* latency;
};

/// Rows without samples are left out. A percentile beyond the last sample is left blank.
[[nodiscard]] std::string latency_table(const std::vector<LatencyRow>& rows);

[[nodiscard]] std::string generator_table(const Generator& generator);

}  // namespace spillway::loadtest
