#pragma once
// Two distributions of latency as two histograms on one scale.

#include <string>
#include <vector>

#include "generator/result.hpp"

namespace spillway::loadtest {

struct Bucket {
    double low_ms = 0;
    double high_ms = 0;
    double share = 0;  // of all samples, in (low, high]
};

/// The share of samples at or below `ms`, read from the curve of a latency.
[[nodiscard]] double share_up_to(const Latency& latency, double ms);

/// Buckets of 1, 2 and 5 from below `low_ms` to above `high_ms`; their shares add up to 1 when all
/// samples are between the two.
[[nodiscard]] std::vector<Bucket> buckets_of(const Latency& latency, double low_ms, double high_ms);

/// A table whose rows are ranges of latency and whose bars are shares; empty without samples.
[[nodiscard]] std::string distributions(const Latency& a, const Latency& b);

}  // namespace spillway::loadtest
