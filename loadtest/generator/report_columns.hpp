#pragma once
// A run's bins as the columns of a picture: as many as it has room for.

#include <cstddef>
#include <vector>

#include "generator/result.hpp"

namespace spillway::loadtest {

/// Several bins that follow each other. Percentiles cannot be added up: the highest of the bins.
struct Column {
    double begin_s = 0;
    double end_s = 0;
    Counts counts;
    double admitted_p50_ms = 0;
    double admitted_p99_ms = 0;
    double refused_p99_ms = 0;
    double generator_delay_p99_ms = 0;
    std::vector<LimiterSample> limiters;  // the last seen; empty: none

    [[nodiscard]] double per_s(std::uint64_t count) const {
        return static_cast<double>(count) / (end_s - begin_s);
    }
};

[[nodiscard]] std::vector<Column> columns_of(const TimeSeries& series, std::size_t columns_max);

}  // namespace spillway::loadtest
