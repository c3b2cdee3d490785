#include "app/codel_tuner.hpp"

#include "app/queue_setup.hpp"

namespace spillway::app {
namespace {

/// Fewer say little about a 95th percentile.
constexpr std::uint64_t samples_min = 20;

core::HistogramSnapshot service_times(const http::ServerStats& stats, const std::string& limiter) {
    core::HistogramSnapshot sum;
    for (const auto& route : stats.routes) {
        if (route.limiter != limiter) continue;
        for (std::size_t i = 0; i < sum.buckets.size(); ++i)
            sum.buckets[i] += route.service_duration.buckets[i];
        sum.count += route.service_duration.count;
    }
    return sum;
}

core::HistogramSnapshot since(const core::HistogramSnapshot& before,
                              core::HistogramSnapshot after) {
    for (std::size_t i = 0; i < after.buckets.size(); ++i) after.buckets[i] -= before.buckets[i];
    after.count -= before.count;
    return after;
}

}  // namespace

core::Duration quantile(const core::HistogramSnapshot& observed, double part) {
    const double wanted = part * static_cast<double>(observed.count);
    double below = 0;
    double low = 0;
    for (std::size_t i = 0; i < core::histogram_bounds_s.size(); ++i) {
        const double high = core::histogram_bounds_s[i];
        const auto in_bucket = static_cast<double>(observed.buckets[i]);
        if (in_bucket > 0 && below + in_bucket >= wanted) {
            const double at = low + (high - low) * (wanted - below) / in_bucket;
            return std::chrono::duration_cast<core::Duration>(std::chrono::duration<double>(at));
        }
        below += in_bucket;
        low = high;
    }
    if (observed.count == 0) return core::Duration::zero();
    return std::chrono::duration_cast<core::Duration>(std::chrono::duration<double>(low));
}

CodelTuner::CodelTuner(const config::Config& config) {
    for (const auto& [name, limiter] : config.limiters) {
        const auto& codel = limiter.queue.codel;
        if (!codel && limiter.queue.discipline != "adaptive_lifo") continue;
        const config::Codel written = codel.value_or(config::Codel{});
        if (written.target && written.interval) continue;
        tuned_.push_back({.limiter = name, .written = written, .before = {}});
    }
}

std::vector<CodelTuner::Change> CodelTuner::update(const http::ServerStats& stats) {
    std::vector<Change> changes;
    for (Tuned& tuned : tuned_) {
        const core::HistogramSnapshot all = service_times(stats, tuned.limiter);
        const core::HistogramSnapshot recent = since(tuned.before, all);
        if (recent.count < samples_min) continue;
        tuned.before = all;
        const core::CodelTimes measured =
            core::codel_times_for(quantile(recent, 0.5), quantile(recent, 0.95));
        changes.push_back({tuned.limiter, codel_times(tuned.written, measured)});
    }
    return changes;
}

}  // namespace spillway::app
