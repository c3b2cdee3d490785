#pragma once
// Cure for limits that follow latency alone: what does more concurrency buy?
//
//     gain = d ln(throughput) / d ln(limit)       by weighted regression over the latest windows
//
// Gain 1: twice as many at a time, twice as much done; latency does not depend on the limit, and
// lowering it only wastes capacity (a downstream that has become slower, noise of microseconds).
// Gain 0: what is added only waits, and whatever the latency, there is nothing to be had from
// growing. Latency says how the system feels, gain says which side of its knee it is on.
//
// Only windows in which the limit was reached tell anything: below it, throughput is the demand.
// And the limit must have moved: without spread there is no slope, and the verdict is `unknown`. A
// verdict is given only where the slope's standard error leaves no doubt.

#include <cstdint>

namespace spillway::core {

enum class Gain : std::uint8_t { unknown, flat, rising, proportional };

/// *Pure*; a regular value. O(1).
class ConcurrencyGain {
public:
    struct Options {
        /// Below this gain more concurrency is held to be useless; negative: off.
        double flat_max = 0.35;
        /// Above this gain less concurrency is held to be a waste; 1 or more: off.
        double proportional_min = 0.8;
        /// Weight that a window has after the next one, above 0 and below 1: 0.9 remembers
        /// about 20.
        double memory = 0.9;
        /// Least standard deviation of the limit, as a share of it.
        double spread_min = 0.03;
    };

    explicit ConcurrencyGain(const Options& options) noexcept : options_(options) {}

    /// A window in which `limit` was reached, and the successes per second in it. Both above 0.
    void note(double limit, double throughput) noexcept;

    [[nodiscard]] Gain verdict() const noexcept;
    /// More at a time brings less, beyond doubt. Only where the verdict is flat.
    [[nodiscard]] bool is_loss() const noexcept { return slope() + standard_error() < 0; }
    /// The slope as it stands; 0 without spread. For metrics.
    [[nodiscard]] double slope() const noexcept;
    /// Geometric mean of the throughput remembered, per second; 0 without any.
    [[nodiscard]] double usual_throughput() const noexcept;
    [[nodiscard]] bool is_on() const noexcept {
        return options_.flat_max >= 0 || options_.proportional_min < 1;
    }
    /// Forgets everything.
    void clear() noexcept { *this = ConcurrencyGain(options_); }

private:
    [[nodiscard]] double variance_x() const noexcept;
    [[nodiscard]] double covariance() const noexcept;
    [[nodiscard]] double standard_error() const noexcept;

    Options options_;
    // Weighted sums; x is ln(limit), y is ln(throughput).
    double w_ = 0;
    double ww_ = 0;
    double x_ = 0;
    double y_ = 0;
    double xx_ = 0;
    double xy_ = 0;
    double yy_ = 0;
};

}  // namespace spillway::core
