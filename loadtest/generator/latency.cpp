#include "generator/latency.hpp"

#include <array>
#include <cmath>

namespace spillway::loadtest {

namespace {

constexpr std::array fractions{0.50, 0.75, 0.90, 0.95, 0.99, 0.999, 0.9999};

/// Each halving of what is left up to 1 gets five points, as long as a sample more is above them.
constexpr int points_per_halving = 5;
constexpr std::size_t points_max = 128;

}  // namespace

Latency latency_of(const Histogram& histogram) {
    Latency latency;
    latency.count = histogram.count();
    latency.min_ms = to_ms(histogram.min());
    latency.mean_ms = to_ms(histogram.mean());
    latency.max_ms = to_ms(histogram.max());
    if (latency.count == 0) return latency;
    for (const double f : fractions) latency.percentiles.push_back({f, to_ms(histogram.at(f))});
    const auto count = static_cast<double>(latency.count);
    for (int i = 0; latency.curve.size() + 1 < points_max; ++i) {
        const double left = std::exp2(-static_cast<double>(i) / points_per_halving);
        if (left * count < 1) break;
        latency.curve.push_back({1 - left, to_ms(histogram.at(1 - left))});
    }
    latency.curve.push_back({1, latency.max_ms});
    return latency;
}

double percentile_ms(const Latency& latency, double fraction) {
    for (const auto& percentile : latency.percentiles)
        if (percentile.fraction == fraction) return percentile.ms;
    return 0;
}

}  // namespace spillway::loadtest
