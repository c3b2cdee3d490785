#include "spillway/core/limit/gradient2.hpp"

#include <algorithm>

#include "spillway/core/assert.hpp"

namespace spillway::core {
namespace {

constexpr std::uint32_t warm_up_samples = 10;

}  // namespace

Gradient2Limit::Gradient2Limit(const Options& options) noexcept
    : options_(options), estimate_(options.initial) {
    SPILLWAY_ASSERT(options.min <= options.max);
    SPILLWAY_ASSERT(options.smoothing > 0 && options.smoothing <= 1);
}

double Gradient2Limit::add_to_long(double rtt) noexcept {
    if (warm_up_count_ < warm_up_samples) {
        ++warm_up_count_;
        warm_up_sum_ns_ += rtt;
        long_ns_ = warm_up_sum_ns_ / warm_up_count_;
    } else {
        const double factor = 2.0 / (options_.long_window + 1.0);
        long_ns_ = long_ns_ * (1 - factor) + rtt * factor;
    }
    return long_ns_;
}

LimitReason Gradient2Limit::on_sample(TimePoint, const Sample& sample) noexcept {
    latency_ = sample.rtt;
    const double rtt = static_cast<double>(std::max<std::int64_t>(sample.rtt.count(), 1));
    const double long_ns = add_to_long(rtt);
    // Back from an overload the average follows quickly; this sample is still judged by the old
    // one.
    if (long_ns / rtt > 2) long_ns_ *= 0.95;
    if (sample.in_flight < estimate_ / 2) return reason_ = LimitReason::app_limited;

    gradient_ = std::max(0.5, std::min(1.0, options_.rtt_tolerance * long_ns / rtt));
    double next = estimate_ * gradient_ + options_.queue_size;
    next = estimate_ * (1 - options_.smoothing) + next * options_.smoothing;
    next = std::max<double>(options_.min, std::min<double>(options_.max, next));
    reason_ = next > estimate_   ? LimitReason::growth
              : next < estimate_ ? LimitReason::latency
                                 : LimitReason::steady;
    estimate_ = next;
    return reason_;
}

LimitMetrics Gradient2Limit::metrics() const noexcept {
    return {.limit = estimate_,
            .gradient = gradient_,
            .queue = options_.queue_size,
            .baseline = Duration{static_cast<Duration::rep>(long_ns_)},
            .latency = latency_,
            .reason = reason_};
}

void Gradient2Limit::cap_baseline(Duration bound) noexcept {
    const auto bound_ns = static_cast<double>(bound.count());
    if (bound_ns <= 0 || long_ns_ <= bound_ns) return;
    long_ns_ = bound_ns;
    warm_up_sum_ns_ = bound_ns * warm_up_count_;
}

}  // namespace spillway::core
