#pragma once
// The sampling window: requests are collected, and the algorithm inside is told one thing of them
// all. A single latency is noise; a window of them, with the largest number in flight, says how the
// system is doing.
//
//     a sample with rtt < rtt_min is ignored; any other joins the window
//     when now > next:   next = now + clamp(2 * shortest rtt, window_min, window_max)
//                        samples >= samples_min:  the inner limit gets {tracked rtt, most in
//                        flight,
//                                                 overloaded if any was}
//                        the window is emptied in any case
//
// Two round trips, so that the answer to a change is seen before the next one. A window with too
// few is thrown away, not kept: what it holds was caused by the limit before the last.
//
// A decorator round any of the per-sample algorithms. It is one object that sees every sample; the
// service instead collects in parts, one a shard, and decides over their sum (limit_policy.hpp).
//
// Source: WindowedLimit of Netflix concurrency-limits (commit 78a74b98), verified by its samples.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "spillway/core/assert.hpp"
#include "spillway/core/limit/sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

struct WindowOptions {
    Duration window_min = std::chrono::seconds{1};
    Duration window_max = std::chrono::seconds{1};
    std::uint32_t samples_min = 10;
    /// What is faster than this did no work and is no sample.
    Duration rtt_min = std::chrono::microseconds{100};
};

/// When a window that closes `now` with this shortest rtt is followed by the next end.
[[nodiscard]] constexpr TimePoint next_window_end(TimePoint now, Duration rtt_min,
                                                  const WindowOptions& options) noexcept {
    const Duration twice = rtt_min > Duration::max() / 2 ? Duration::max() : 2 * rtt_min;
    return after(now, std::min(std::max(twice, options.window_min), options.window_max));
}

/// What every tracker of a window counts. *Pure*; a regular value.
struct WindowExtremes {
    std::uint64_t count = 0;
    Duration rtt_min = Duration::max();
    std::uint32_t in_flight_max = 0;
    bool any_overloaded = false;

    void add(const Sample& sample) noexcept {
        ++count;
        rtt_min = std::min(rtt_min, sample.rtt);
        in_flight_max = std::max(in_flight_max, sample.in_flight);
        any_overloaded = any_overloaded || sample.outcome == Outcome::overloaded;
    }
};

/// The window's rtt is its mean, in whole nanoseconds. *Pure*; a regular value.
class AverageTracker {
public:
    void add(const Sample& sample) noexcept {
        extremes_.add(sample);
        sum_ns_ += static_cast<std::uint64_t>(sample.rtt.count());
    }
    void clear() noexcept { *this = {}; }
    [[nodiscard]] const WindowExtremes& extremes() const noexcept { return extremes_; }
    /// With at least one sample.
    [[nodiscard]] Duration rtt() const noexcept {
        return Duration{static_cast<Duration::rep>(sum_ns_ / extremes_.count)};
    }

private:
    WindowExtremes extremes_;
    std::uint64_t sum_ns_ = 0;
};

/// The window's rtt is its k-th smallest, k = floor(count * percentile + 0.5). Exact, hence bounded
/// by a capacity: what comes when it is full is ignored in every respect. Allocates at
/// construction. *Pure*; a regular value. add() is O(1), rtt() O(n).
class PercentileTracker {
public:
    /// `percentile` above 0, at most 1; `capacity` at least 1.
    PercentileTracker(double percentile, std::size_t capacity)
        : percentile_(percentile), capacity_(capacity) {
        SPILLWAY_ASSERT(percentile > 0 && percentile <= 1 && capacity > 0);
        rtts_.reserve(capacity);
    }

    void add(const Sample& sample) noexcept {
        if (rtts_.size() == capacity_) return;
        extremes_.add(sample);
        rtts_.push_back(sample.rtt);
    }
    void clear() noexcept {
        extremes_ = {};
        rtts_.clear();
    }
    [[nodiscard]] const WindowExtremes& extremes() const noexcept { return extremes_; }
    /// With at least one sample. Reorders what is stored, nothing else.
    [[nodiscard]] Duration rtt() noexcept {
        const double rank = std::floor(static_cast<double>(rtts_.size()) * percentile_ + 0.5);
        const auto k = std::clamp<std::size_t>(static_cast<std::size_t>(rank), 1, rtts_.size());
        const auto kth = rtts_.begin() + static_cast<std::ptrdiff_t>(k - 1);
        std::nth_element(rtts_.begin(), kth, rtts_.end());
        return *kth;
    }

private:
    double percentile_;
    std::size_t capacity_;
    std::vector<Duration> rtts_;
    WindowExtremes extremes_;
};

/// *Pure*; a regular value.
template <class Limit, class Tracker>
class WindowedLimit {
public:
    WindowedLimit(Limit inner, Tracker tracker, const WindowOptions& options) noexcept
        : inner_(std::move(inner)), tracker_(std::move(tracker)), options_(options) {
        SPILLWAY_ASSERT(options.window_min <= options.window_max);
    }

    LimitReason on_sample(TimePoint now, const Sample& sample) noexcept {
        if (sample.rtt < options_.rtt_min) return inner_.metrics().reason;
        tracker_.add(sample);
        if (now > next_end_) close(now);
        return inner_.metrics().reason;
    }

    [[nodiscard]] std::uint32_t limit() const noexcept { return inner_.limit(); }
    [[nodiscard]] LimitMetrics metrics() const noexcept { return inner_.metrics(); }

private:
    void close(TimePoint now) noexcept {
        const WindowExtremes window = tracker_.extremes();
        next_end_ = next_window_end(now, window.rtt_min, options_);
        if (window.count >= options_.samples_min) {
            inner_.on_sample(
                now, {.rtt = tracker_.rtt(),
                      .in_flight = window.in_flight_max,
                      .outcome = window.any_overloaded ? Outcome::overloaded : Outcome::success});
        }
        tracker_.clear();
    }

    Limit inner_;
    Tracker tracker_;
    WindowOptions options_;
    TimePoint next_end_{};
};

}  // namespace spillway::core
