#include "spillway/core/limit/gradient.hpp"

#include <algorithm>
#include <cmath>

#include "spillway/core/assert.hpp"

namespace spillway::core {

GradientLimit::GradientLimit(const Options& options) noexcept
    : options_(options),
      estimate_(options.initial),
      until_probe_(options.probe_countdown.value_or(0)) {
    SPILLWAY_ASSERT(options.min <= options.max);
    SPILLWAY_ASSERT(options.smoothing > 0 && options.smoothing <= 1);
    SPILLWAY_ASSERT(options.probe_keeps >= 0 && options.probe_keeps <= 1);
}

bool GradientLimit::probe_is_due() noexcept {
    if (!options_.probe_countdown) return false;
    if (until_probe_-- > 0) return false;
    until_probe_ = *options_.probe_countdown;
    return true;
}

LimitReason GradientLimit::on_sample(TimePoint, const Sample& sample) noexcept {
    latency_ = sample.rtt;
    const std::int64_t rtt_ns = std::max<std::int64_t>(sample.rtt.count(), 1);
    const double root = std::floor(std::sqrt(std::trunc(estimate_)));
    const double queue = options_.queue_size.value_or(std::max(4.0, root));
    if (probe_is_due()) {
        rtt_min_ns_ = 0;
        estimate_ =
            std::max({static_cast<double>(options_.min), queue, estimate_ * options_.probe_keeps});
        return reason_ = LimitReason::probe;
    }
    if (rtt_min_ns_ == 0 || rtt_ns < rtt_min_ns_) rtt_min_ns_ = rtt_ns;
    const double rtt_min = static_cast<double>(rtt_min_ns_);
    gradient_ = std::max(
        0.5, std::min(1.0, options_.rtt_tolerance * rtt_min / static_cast<double>(rtt_ns)));

    double next = 0;
    const bool failed = sample.outcome == Outcome::overloaded;
    if (failed) {
        next = estimate_ * options_.backoff_ratio;
    } else if (sample.in_flight < estimate_ / 2) {
        return reason_ = LimitReason::app_limited;
    } else {
        next = estimate_ * gradient_ + queue;
    }
    if (next < estimate_) {
        next = std::max<double>(options_.min,
                                estimate_ * (1 - options_.smoothing) + options_.smoothing * next);
    }
    next = std::max(queue, std::min<double>(options_.max, next));
    reason_ = failed             ? LimitReason::overload
              : next > estimate_ ? LimitReason::growth
              : next < estimate_ ? LimitReason::latency
                                 : LimitReason::steady;
    estimate_ = next;
    return reason_;
}

LimitMetrics GradientLimit::metrics() const noexcept {
    return {.limit = estimate_,
            .gradient = gradient_,
            .baseline = Duration{rtt_min_ns_},
            .latency = latency_,
            .reason = reason_};
}

void GradientLimit::cap_baseline(Duration bound) noexcept {
    if (bound.count() > 0) rtt_min_ns_ = std::min(rtt_min_ns_, bound.count());
}

}  // namespace spillway::core
