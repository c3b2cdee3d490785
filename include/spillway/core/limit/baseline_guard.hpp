#pragma once
// Cure for baselines that drift. Whatever an algorithm takes for the latency without load it must
// learn under load, sooner or later: an average follows an overload that lasts, a probe samples it.
// Then slow is the new normal and the limit grows into the overload.
//
//     bound = min(healthy_max, drift_max * shortest window latency of the last one to two spans)
//
// The first is what an operator knows; the second needs no knowledge and forgives in time, so that
// work which has really become slower is accepted, but not within an incident of ordinary length.

#include <algorithm>

#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*; a regular value. `now` must not go back. O(1).
class BaselineGuard {
public:
    struct Options {
        /// The latency that is healthy beyond doubt is not above this; zero: not known.
        Duration healthy_max = Duration::zero();
        /// How far above the shortest seen a baseline may be; zero: any.
        double drift_max = 2;
        /// For how long the shortest is remembered: one to two of these.
        Duration span = std::chrono::minutes{10};
    };

    explicit BaselineGuard(const Options& options) noexcept : options_(options) {}

    /// A window's latency, as the algorithm is told it.
    void note(TimePoint now, Duration latency) noexcept {
        if (now >= turn_at_) {
            // After a long silence both halves are out of date.
            before_ = now >= after(turn_at_, options_.span) ? Duration::max() : shortest_;
            shortest_ = Duration::max();
            turn_at_ = after(now, options_.span);
        }
        shortest_ = std::min(shortest_, latency);
    }

    /// What no baseline may exceed; zero: nothing is known.
    [[nodiscard]] Duration bound() const noexcept {
        Duration bound = Duration::max();
        if (options_.healthy_max > Duration::zero()) bound = options_.healthy_max;
        const Duration seen = std::min(before_, shortest_);
        if (options_.drift_max > 0 && seen != Duration::max()) {
            const double ns = static_cast<double>(seen.count()) * options_.drift_max;
            if (ns < static_cast<double>(bound.count()))
                bound = Duration{static_cast<Duration::rep>(ns)};
        }
        return bound == Duration::max() ? Duration::zero() : bound;
    }

private:
    Options options_;
    TimePoint turn_at_{};
    Duration before_ = Duration::max();    // shortest of the span before
    Duration shortest_ = Duration::max();  // of this span
};

}  // namespace spillway::core
