#pragma once
// The latency of a percentile against the same percentile measured, from time to time, with next to
// nothing in flight.
//
//     gradient = clamp(rtt_min * (1 + buffer) / rtt, 0.5, 2)
//     L        = clamp(trunc(L * gradient + sqrt(L * gradient)), min, max)
//
// It can double or halve in one update, so it is quick from any start; the square root is the head
// room. What distinguishes it is that the unloaded latency is *measured*: every rtt_min_interval
// the limit is pinned to `min` until rtt_min_requests have been seen (a minimum-rtt window), and
// requests from before are ignored by both. Five updates in a row at the floor measure anew at
// once: the limit is where it has to be anyway. There is no app-limited rule: idle, it climbs to
// max.
//
// What its users suffer from is the pinning: a busy service refuses nearly everything for that
// long. `probe_keeps` is the cure: the share of the limit that a minimum-rtt window leaves.
//
// Source: the gradient controller of Envoy's adaptive concurrency filter, re-expressed; verified by
// vectors that were computed in the same way, five of them on the inputs of its unit tests.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "spillway/core/assert.hpp"
#include "spillway/core/limit/sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

struct GradientStep {
    std::uint32_t limit = 0;
    double gradient = 0;
};

/// One recomputation. Latencies in one unit, whichever it is. *Pure.*
[[nodiscard]] inline GradientStep gradient_step(std::uint32_t limit, double rtt_min, double rtt,
                                                double buffer_pct, std::uint32_t min,
                                                std::uint32_t max) noexcept {
    const double raw = (rtt_min + rtt_min * (buffer_pct / 100.0)) / rtt;
    // In this order a 0 / 0 counts as fast.
    const double gradient = std::max(0.5, std::min(2.0, raw));
    const double x = limit * gradient;
    const auto next = static_cast<std::int64_t>(x + std::sqrt(x));
    return {static_cast<std::uint32_t>(std::clamp<std::int64_t>(next, min, max)), gradient};
}

struct GradientMinRttOptions {
    std::uint32_t min = 3;
    std::uint32_t max = 1000;
    /// Which latency is compared: above 0, at most 1.
    double percentile = 0.5;
    /// How much slower than the minimum is still as fast, in percent.
    double buffer_pct = 25;
    std::uint32_t rtt_min_requests = 50;
    Duration rtt_min_interval = std::chrono::seconds{60};
    Duration update_interval = std::chrono::milliseconds{100};
    /// Share of the limit that a minimum-rtt window leaves; 0: as the reference, only `min`.
    double probe_keeps = 0;
    /// The limit to begin with and to go back to after the first minimum-rtt window; 0: `min`.
    std::uint32_t initial = 0;
    /// Latencies below this are as good as this; zero: off.
    Duration rtt_resolution = Duration::zero();
    /// What latencies are counted in.
    Duration rtt_unit = std::chrono::microseconds{1};
};

/// `Quantile` collects the rtts, in whole units: NearestRank or LogLinearHistogram.
/// *Pure*; a regular value. `now` must not go back; O(1) but for the quantile.
template <class Quantile>
class GradientMinRttLimit {
public:
    using Options = GradientMinRttOptions;

    GradientMinRttLimit(const Options& options, TimePoint start, Quantile quantile) noexcept
        : options_(options),
          rtts_(std::move(quantile)),
          limit_(pinned(options, options.initial)),
          saved_limit_(std::max(options.min, options.initial)),
          epoch_(start),
          update_at_(after(start, options.update_interval)) {
        SPILLWAY_ASSERT(options.min > 0 && options.min <= options.max);
        SPILLWAY_ASSERT(options.update_interval > Duration::zero());
    }

    /// Fires the timers that are due, in the order of their due times, then judges the request. One
    /// that was ignored only lets time pass.
    LimitReason on_sample(TimePoint now, const Sample& sample) noexcept {
        advance(now);
        if (sample.outcome != Outcome::success || now - sample.rtt < epoch_) return reason_;
        rtts_.add(sample.rtt / options_.rtt_unit);
        if (in_window_ && rtts_.count() >= options_.rtt_min_requests) close_window(now);
        return reason_;
    }

    /// The same for what has been collected since the last call, which must not hold requests from
    /// before epoch(). A minimum-rtt window closes with the call that brings enough.
    LimitReason on_window(TimePoint now, const Quantile& collected) noexcept {
        rtts_.merge(collected);
        if (in_window_ && rtts_.count() >= options_.rtt_min_requests) close_window(now);
        advance(now);
        return reason_;
    }

    /// Fires the timers that are due, each at its own time; at equal times the update goes first.
    void advance(TimePoint now) noexcept {
        for (;;) {
            if (update_at_ <= window_at_ && update_at_ <= now) {
                update(now);
            } else if (window_at_ <= now) {
                open_window();
            } else {
                return;
            }
        }
    }

    [[nodiscard]] std::uint32_t limit() const noexcept { return limit_; }
    [[nodiscard]] bool in_rtt_min_window() const noexcept { return in_window_; }
    /// In rtt_unit.
    [[nodiscard]] std::int64_t rtt_min() const noexcept { return rtt_min_; }
    [[nodiscard]] std::int64_t rtt() const noexcept { return rtt_; }
    /// When the latest minimum-rtt window opened.
    [[nodiscard]] TimePoint epoch() const noexcept { return epoch_; }
    /// When the next timer is due; never inside a minimum-rtt window.
    [[nodiscard]] TimePoint next_deadline() const noexcept {
        return std::min(update_at_, window_at_);
    }
    /// What has been collected for the next update or the end of the minimum-rtt window.
    [[nodiscard]] const Quantile& rtts() const noexcept { return rtts_; }
    [[nodiscard]] LimitMetrics metrics() const noexcept {
        return {.limit = static_cast<double>(limit_),
                .gradient = gradient_,
                .queue = std::sqrt(static_cast<double>(limit_) * gradient_),
                .baseline = rtt_min_ * options_.rtt_unit,
                .latency = rtt_ * options_.rtt_unit,
                .reason = reason_};
    }

    /// Goes on from this limit; inside a minimum-rtt window, after it.
    void set_limit(double limit) noexcept {
        (in_window_ ? saved_limit_ : limit_) = static_cast<std::uint32_t>(
            std::lround(std::clamp<double>(limit, options_.min, options_.max)));
    }
    /// The unloaded latency is known not to be above this.
    void cap_baseline(Duration bound) noexcept {
        if (bound.count() > 0) rtt_min_ = std::min(rtt_min_, bound / options_.rtt_unit);
    }

private:
    static std::uint32_t pinned(const Options& options, std::uint32_t limit) noexcept {
        return std::max(options.min, static_cast<std::uint32_t>(limit * options.probe_keeps));
    }

    static constexpr std::uint32_t updates_at_floor_max = 5;

    void update(TimePoint now) noexcept {
        const TimePoint at = update_at_;
        if (in_window_) {
            update_at_ = never;
            return;
        }
        if (rtts_.count() == 0) {
            // Nothing changes until the next sample: past all the idle intervals in one step.
            const Duration idle = now - at;
            update_at_ = after(at, idle - idle % options_.update_interval);
            update_at_ = after(update_at_, options_.update_interval);
            return;
        }
        update_at_ = after(at, options_.update_interval);
        rtt_ = take_quantile();
        recompute(at);
    }

    void recompute(TimePoint at) noexcept {
        const std::uint32_t old = limit_;
        const auto step =
            gradient_step(old, static_cast<double>(rtt_min_), static_cast<double>(rtt_),
                          options_.buffer_pct, options_.min, options_.max);
        limit_ = step.limit;
        gradient_ = step.gradient;
        reason_ = limit_ > old   ? LimitReason::growth
                  : limit_ < old ? LimitReason::latency
                                 : LimitReason::steady;
        const bool is_at_floor = old == options_.min && limit_ == options_.min;
        updates_at_floor_ = is_at_floor ? updates_at_floor_ + 1 : 0;
        if (updates_at_floor_ >= updates_at_floor_max) window_at_ = at;
    }

    void open_window() noexcept {
        epoch_ = window_at_;
        window_at_ = never;
        in_window_ = true;
        updates_at_floor_ = 0;
        saved_limit_ = limit_;
        limit_ = pinned(options_, limit_);
        reason_ = LimitReason::probe;
        rtts_.clear();
    }

    void close_window(TimePoint now) noexcept {
        in_window_ = false;
        rtt_min_ = take_quantile();
        limit_ = saved_limit_;
        reason_ = LimitReason::steady;
        window_at_ = after(now, options_.rtt_min_interval);
        update_at_ = after(now, options_.update_interval);
    }

    std::int64_t take_quantile() noexcept {
        const auto rtt = static_cast<std::int64_t>(rtts_.quantile(options_.percentile));
        rtts_.clear();
        return std::max(rtt, options_.rtt_resolution / options_.rtt_unit);
    }

    Options options_;
    Quantile rtts_;
    std::uint32_t limit_;
    std::uint32_t saved_limit_;  // what a minimum-rtt window goes back to
    bool in_window_ = true;
    TimePoint epoch_;              // requests begun before it are not looked at
    TimePoint update_at_;          // or never: inside a minimum-rtt window
    TimePoint window_at_ = never;  // when the next minimum-rtt window opens
    std::uint32_t updates_at_floor_ = 0;
    std::int64_t rtt_min_ = 0;
    std::int64_t rtt_ = 0;
    double gradient_ = 0;
    LimitReason reason_ = LimitReason::initial;
};

}  // namespace spillway::core
