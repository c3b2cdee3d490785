#pragma once
// Is it slower than it has been for long? The limit follows the ratio of the long-term to the
// present latency, with room for a small queue.
//
//     long     = mean of the first 10 samples, then long * (1 - f) + rtt * f, f = 2 / (long_window
//     + 1) gradient = clamp(tolerance * long / rtt, 0.5, 1) L        = clamp(L * (1 - s) + s * (L *
//     gradient + queue_size), min, max)
//
// No minimum, hence no probe: a shift of the latency is accepted in the time of the long average,
// and while recovering (long / rtt > 2) that average loses 5 % a sample. That is also its weakness:
// an overload that lasts becomes the new normal, and requests that all time out alike look normal
// at once. The shipped rule does not look at failures at all. Cures: BaselineGuard,
// OverloadBackoff. It grows by smoothing * queue_size a sample at most, so it climbs slowly.
//
// Source: Gradient2Limit of Netflix concurrency-limits (commit 78a74b98), verified by its samples.

#include <cstdint>

#include "spillway/core/limit/sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*; a regular value. O(1).
class Gradient2Limit {
public:
    struct Options {
        std::uint32_t initial = 20;
        std::uint32_t min = 20;
        std::uint32_t max = 200;
        /// Weight of the newest value, above 0 and at most 1.
        double smoothing = 0.2;
        /// Requests that may wait where everything is well.
        double queue_size = 4;
        /// Samples.
        std::uint32_t long_window = 600;
        /// How much slower than the long term is still as fast.
        double rtt_tolerance = 1.5;
    };

    explicit Gradient2Limit(const Options& options) noexcept;

    /// Judges one request, or one window of them; an rtt of 0 counts as 1 ns.
    LimitReason on_sample(TimePoint now, const Sample& sample) noexcept;

    [[nodiscard]] std::uint32_t limit() const noexcept {
        return static_cast<std::uint32_t>(estimate_);
    }
    [[nodiscard]] LimitMetrics metrics() const noexcept;

    /// Goes on from this limit.
    void set_limit(double limit) noexcept { estimate_ = limit; }
    /// The unloaded latency is known not to be above this.
    void cap_baseline(Duration bound) noexcept;

private:
    double add_to_long(double rtt) noexcept;

    Options options_;
    double estimate_;
    double long_ns_ = 0;
    double warm_up_sum_ns_ = 0;
    std::uint32_t warm_up_count_ = 0;
    double gradient_ = 0;
    Duration latency_ = Duration::zero();
    LimitReason reason_ = LimitReason::initial;
};

}  // namespace spillway::core
