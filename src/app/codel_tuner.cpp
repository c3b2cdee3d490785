#include "app/codel_tuner.hpp"

#include "config/limiter_options.hpp"

namespace spillway::app {
namespace {

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

}  // namespace

CodelTuner::CodelTuner(const config::Config& config) {
    for (const auto& [name, limiter] : config.limiters) {
        const auto& codel = limiter.queue.codel;
        if (!codel && limiter.queue.discipline != "adaptive_lifo") continue;
        const config::Codel written = codel.value_or(config::Codel{});
        if (written.target && written.interval) continue;
        tuned_.push_back({.limiter = name, .written = written, .tuning = {}});
    }
}

std::vector<CodelTuner::Change> CodelTuner::update(const http::ServerStats& stats) {
    std::vector<Change> changes;
    for (Tuned& tuned : tuned_) {
        const auto measured = tuned.tuning.update(service_times(stats, tuned.limiter));
        if (measured)
            changes.push_back({tuned.limiter, config::codel_times(tuned.written, *measured)});
    }
    return changes;
}

}  // namespace spillway::app
