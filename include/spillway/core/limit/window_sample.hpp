#pragma once
// One shard's part of a window, and the sum of such parts: what the service decides over.

#include <algorithm>
#include <cstdint>

#include "spillway/core/limit/log_linear_histogram.hpp"
#include "spillway/core/limit/sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// Only successes are latencies: service times, or wait and service; requests that ran into
/// congestion are counted, and how long they took is kept apart: a time-out lasts as long as it was
/// given, not as long as the work takes.
///
/// *Shard-local*: whoever sums the parts up takes them from their shards first. Fixed size, 6 KiB.
/// add() is O(1).
class WindowSample {
public:
    /// A request that ended `now`. Ignored ones leave no trace, and of those begun before the
    /// window's epoch successes are throughput and no more.
    void add(TimePoint now, const Sample& sample) noexcept {
        if (sample.outcome == Outcome::success) ++completed_;
        if (sample.outcome == Outcome::ignored || now - sample.rtt < epoch_) return;
        in_flight_max_ = std::max(in_flight_max_, sample.in_flight);
        const std::int64_t rtt_ns = std::max<std::int64_t>(sample.rtt.count(), 0);
        if (sample.outcome == Outcome::overloaded) {
            ++overloaded_;
            overloaded_sum_ns_ += static_cast<double>(rtt_ns);
            return;
        }
        const std::int64_t wait_ns = std::max<std::int64_t>(sample.wait.count(), 0);
        latencies_ns_.add(counts_wait_ ? rtt_ns + wait_ns : rtt_ns);
        sum_ns_ += static_cast<double>(rtt_ns);
        rtt_min_ = std::min(rtt_min_, sample.rtt);
    }

    /// Adds another part of the same window.
    void merge(const WindowSample& other) noexcept {
        latencies_ns_.merge(other.latencies_ns_);
        sum_ns_ += other.sum_ns_;
        rtt_min_ = std::min(rtt_min_, other.rtt_min_);
        completed_ += other.completed_;
        overloaded_ += other.overloaded_;
        overloaded_sum_ns_ += other.overloaded_sum_ns_;
        in_flight_max_ = std::max(in_flight_max_, other.in_flight_max_);
    }

    /// Begins the next window: requests from before `epoch` are not of it, and latencies are
    /// service times, or wait and service.
    void clear(TimePoint epoch = TimePoint::min(), bool counts_wait = false) noexcept {
        *this = {};
        epoch_ = epoch;
        counts_wait_ = counts_wait;
    }

    /// Successes that ended in the window, whenever they began: its throughput.
    [[nodiscard]] std::uint64_t completed() const noexcept { return completed_; }
    /// Those whose latency counts.
    [[nodiscard]] std::uint64_t successes() const noexcept { return latencies_ns_.count(); }
    [[nodiscard]] std::uint64_t overloaded() const noexcept { return overloaded_; }
    [[nodiscard]] std::uint64_t count() const noexcept { return successes() + overloaded_; }
    [[nodiscard]] std::uint32_t in_flight_max() const noexcept { return in_flight_max_; }
    [[nodiscard]] const LogLinearHistogram& latencies_ns() const noexcept { return latencies_ns_; }
    /// Of the successes; zero without any.
    [[nodiscard]] Duration rtt_min() const noexcept {
        return successes() == 0 ? Duration::zero() : rtt_min_;
    }
    [[nodiscard]] Duration rtt_mean() const noexcept { return mean(sum_ns_, successes()); }
    [[nodiscard]] Duration latency_quantile(double p) const noexcept {
        return Duration{static_cast<Duration::rep>(latencies_ns_.quantile(p))};
    }
    /// Of the overloaded ones; zero without any.
    [[nodiscard]] Duration overloaded_mean() const noexcept {
        return mean(overloaded_sum_ns_, overloaded_);
    }

private:
    static Duration mean(double sum_ns, std::uint64_t count) noexcept {
        if (count == 0) return Duration::zero();
        return Duration{static_cast<Duration::rep>(sum_ns / static_cast<double>(count))};
    }

    LogLinearHistogram latencies_ns_;
    double sum_ns_ = 0;
    double overloaded_sum_ns_ = 0;
    std::uint64_t completed_ = 0;
    std::uint64_t overloaded_ = 0;
    Duration rtt_min_ = Duration::max();
    std::uint32_t in_flight_max_ = 0;
    TimePoint epoch_ = TimePoint::min();
    bool counts_wait_ = false;
};

}  // namespace spillway::core
