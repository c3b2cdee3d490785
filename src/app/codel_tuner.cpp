#include "app/codel_tuner.hpp"

#include "app/shadow_setup.hpp"
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
        add(limiter.queue, name, false);
        if (limiter.shadow) add(shadow_queue(limiter), name, true);
    }
}

void CodelTuner::add(const config::Queue& queue, const std::string& limiter, bool is_shadow) {
    if (!queue.codel && queue.discipline != "adaptive_lifo") return;
    const config::Codel written = queue.codel.value_or(config::Codel{});
    if (written.target && written.interval) return;
    tuned_.push_back(
        {.limiter = limiter, .is_shadow = is_shadow, .written = written, .tuning = {}});
}

std::vector<CodelTuner::Change> CodelTuner::update(const http::ServerStats& stats) {
    std::vector<Change> changes;
    for (Tuned& tuned : tuned_) {
        const auto measured = tuned.tuning.update(service_times(stats, tuned.limiter));
        if (!measured) continue;
        changes.push_back({.limiter = tuned.limiter,
                           .is_shadow = tuned.is_shadow,
                           .times = config::codel_times(tuned.written, *measured)});
    }
    return changes;
}

}  // namespace spillway::app
