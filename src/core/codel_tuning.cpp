#include "spillway/core/codel_tuning.hpp"

namespace spillway::core {
namespace {

/// Fewer say little about a 95th percentile.
constexpr std::uint64_t samples_min = 20;

}  // namespace

std::optional<CodelTimes> CodelTuning::update(const HistogramSnapshot& all) noexcept {
    HistogramSnapshot recent = all;
    for (std::size_t i = 0; i < recent.buckets.size(); ++i) recent.buckets[i] -= before_.buckets[i];
    recent.count -= before_.count;
    if (recent.count < samples_min) return std::nullopt;
    before_ = all;
    return codel_times_for(quantile(recent, 0.5), quantile(recent, 0.95));
}

}  // namespace spillway::core
