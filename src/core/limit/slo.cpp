#include "spillway/core/limit/slo.hpp"

#include <algorithm>
#include <cmath>

#include "spillway/core/assert.hpp"

namespace spillway::core {
namespace {

/// Samples beyond the percentile without which it is a guess.
constexpr double tail_min = 2;

/// A shrink that leaves at most this much is large enough to be seen in the next percentile ...
constexpr double large_shrink = 0.7;
/// ... and has helped if latency fell by this share of what Little's law promises.
constexpr double helped_min = 0.25;
/// Latency that has risen so far since is another matter, to be met by another shrink.
constexpr double worse_min = 1.25;

}  // namespace

SloLimit::SloLimit(const Options& options) noexcept
    : options_(options), estimate_(options.initial) {
    SPILLWAY_ASSERT(options.min > 0 && options.min <= options.max);
    SPILLWAY_ASSERT(options.percentile > 0 && options.percentile < 1);
    SPILLWAY_ASSERT(options.target > Duration::zero());
    SPILLWAY_ASSERT(options.margin >= 0 && options.margin < 1);
    set_limit(options.initial);
}

bool SloLimit::is_enough(std::uint64_t successes) const noexcept {
    const auto n = static_cast<double>(successes);
    const double tail = n * (1 - options_.percentile);
    return successes >= options_.samples_min && tail > tail_min - 1e-6;
}

LimitReason SloLimit::on_window(TimePoint now, const WindowSample& window) noexcept {
    const bool has_failed = options_.overload.applies(window.overloaded(), window.count());
    if (has_failed && window.count() >= options_.samples_min) {
        const double factor = options_.overload.factor(window.overloaded(), window.count());
        return move_to(now, estimate_ * factor, LimitReason::overload);
    }
    if (!is_enough(window.successes())) return reason_ = LimitReason::too_few;

    const double p = options_.percentile;
    const double chance = std::sqrt(p * (1 - p) / static_cast<double>(window.successes()));
    latency_ = window.latency_quantile(p);
    const double u = of_target(latency_);
    gradient_ = 1 / u;
    if (u > 1) {
        const Duration low = window.latency_quantile(p - chance);
        if (of_target(low) <= 1) return reason_ = LimitReason::too_few;
        const double factor = std::max(1 / u, options_.shrink_min);
        if (factor < large_shrink) {
            if (is_useless(low)) return reason_ = LimitReason::floor;
            shrunk_at_ = latency_;
            shrunk_by_ = factor;
        }
        return move_to(now, estimate_ * factor, LimitReason::latency);
    }
    shrunk_at_ = Duration::zero();
    if (u > 1 - options_.margin) return reason_ = LimitReason::steady;
    if (2.0 * window.in_flight_max() < estimate_) return reason_ = LimitReason::app_limited;
    const double u_high = of_target(window.latency_quantile(std::min(p + chance, 1.0)));
    if (u_high > 1 - options_.margin) return reason_ = LimitReason::too_few;
    return move_to(now, estimate_ * (1 + options_.growth * (1 - u_high)), LimitReason::growth);
}

double SloLimit::of_target(Duration latency) const noexcept {
    return std::max(static_cast<double>(latency.count()), 1.0) /
           static_cast<double>(options_.target.count());
}

/// The last large shrink has not made anything faster.
bool SloLimit::is_useless(Duration low) const noexcept {
    if (shrunk_at_ == Duration::zero()) return false;
    const auto then = static_cast<double>(shrunk_at_.count());
    const bool has_helped =
        static_cast<double>(latency_.count()) <= then * (1 - helped_min * (1 - shrunk_by_));
    return !has_helped && static_cast<double>(low.count()) < then * worse_min;
}

LimitReason SloLimit::move_to(TimePoint now, double limit, LimitReason reason) noexcept {
    const auto before = this->limit();
    set_limit(limit);
    // What the shell does not see has not changed anything.
    if (this->limit() != before) epoch_ = now;
    return reason_ = reason;
}

void SloLimit::set_limit(double limit) noexcept {
    estimate_ = std::clamp<double>(limit, options_.min, options_.max);
}

LimitMetrics SloLimit::metrics() const noexcept {
    return {.limit = estimate_, .gradient = gradient_, .latency = latency_, .reason = reason_};
}

}  // namespace spillway::core
