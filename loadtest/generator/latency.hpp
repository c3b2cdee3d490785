#pragma once
// From a histogram to the figures that people read.

#include "generator/histogram.hpp"
#include "generator/result.hpp"

namespace spillway::loadtest {

/// Pure. Percentiles and curve are empty where nothing was recorded.
[[nodiscard]] Latency latency_of(const Histogram& histogram);

/// Whether so many samples have one above this percentile: else it is their maximum by another
/// name.
[[nodiscard]] inline bool has_percentile(const Latency& latency, double fraction) noexcept {
    return (1 - fraction) * static_cast<double>(latency.count) > 1 - 1e-6;
}

/// The value of a percentile that latency_of() gives (0.99), 0 without samples.
[[nodiscard]] double percentile_ms(const Latency& latency, double fraction);

[[nodiscard]] inline double to_ms(core::Duration d) {
    return static_cast<double>(d.count()) * 1e-6;
}

}  // namespace spillway::loadtest
