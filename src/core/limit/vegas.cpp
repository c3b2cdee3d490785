#include "spillway/core/limit/vegas.hpp"

#include <algorithm>
#include <cmath>

#include "spillway/core/assert.hpp"

namespace spillway::core {
namespace {

/// max(1, floor(log10 trunc x)), by digits: a logarithm may be off by one at a power of ten.
double lg(double x) noexcept {
    auto rest = static_cast<std::uint64_t>(x) / 100;
    double digits = 1;
    for (; rest > 0; rest /= 10) ++digits;
    return digits;
}

}  // namespace

VegasLimit::VegasLimit(const Options& options) noexcept
    : options_(options), estimate_(options.initial) {
    SPILLWAY_ASSERT(options.max > 0);
    SPILLWAY_ASSERT(options.smoothing > 0 && options.smoothing <= 1);
}

LimitReason VegasLimit::on_sample(TimePoint, const Sample& sample) noexcept {
    const std::int64_t rtt_ns = std::max<std::int64_t>(sample.rtt.count(), 1);
    latency_ = sample.rtt;
    ++since_probe_;
    if (options_.probe_jitter * options_.probe_multiplier * estimate_ <= since_probe_) {
        since_probe_ = 0;
        rtt_min_ns_ = rtt_ns;
        return reason_ = LimitReason::probe;
    }
    if (rtt_min_ns_ == 0 || rtt_ns < rtt_min_ns_) {
        rtt_min_ns_ = rtt_ns;
        return reason_ = LimitReason::steady;
    }
    return reason_ = judge(sample);
}

LimitReason VegasLimit::judge(const Sample& sample) noexcept {
    const double rtt = static_cast<double>(std::max<std::int64_t>(sample.rtt.count(), 1));
    queue_ = std::ceil(estimate_ * (1 - static_cast<double>(rtt_min_ns_) / rtt));
    const double step = lg(estimate_);
    if (sample.outcome == Outcome::overloaded) {
        move_to(estimate_ - step);
        return LimitReason::overload;
    }
    if (2.0 * sample.in_flight < estimate_) return LimitReason::app_limited;
    const double beta = options_.beta.value_or(6 * step);
    if (queue_ <= options_.threshold.value_or(step)) {
        move_to(estimate_ + beta);
        return LimitReason::growth;
    }
    if (queue_ < options_.alpha.value_or(3 * step)) {
        move_to(estimate_ + step);
        return LimitReason::growth;
    }
    if (queue_ > beta) {
        move_to(estimate_ - step);
        return LimitReason::latency;
    }
    return LimitReason::steady;
}

void VegasLimit::move_to(double target) noexcept {
    target = std::max(1.0, std::min<double>(options_.max, target));
    estimate_ = (1 - options_.smoothing) * estimate_ + options_.smoothing * target;
}

LimitMetrics VegasLimit::metrics() const noexcept {
    return {.limit = estimate_,
            .queue = queue_,
            .baseline = Duration{rtt_min_ns_},
            .latency = latency_,
            .reason = reason_};
}

void VegasLimit::cap_baseline(Duration bound) noexcept {
    if (bound.count() > 0) rtt_min_ns_ = std::min(rtt_min_ns_, bound.count());
}

}  // namespace spillway::core
