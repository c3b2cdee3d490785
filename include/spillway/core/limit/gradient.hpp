#pragma once
// The older gradient: the ratio of the shortest to the present latency, with room for a queue of
// the limit's square root.
//
//     q        = queue_size, or max(4, floor sqrt(trunc L))
//     gradient = clamp(tolerance * rtt_min / rtt, 0.5, 1)
//     new      = L * backoff_ratio (failed)   or   L * gradient + q
//     new < L:   new = max(min, L * (1 - s) + s * new)            growth is not smoothed
//     L        = max(q, min(max, new))
//
// The square root makes growth quick when far below and small beside the limit when there. The
// minimum only falls; so every probe_countdown samples L drops to max(min, q) and the minimum is
// forgotten. That drop refuses requests for no reason of load: in a service it is replaced by a
// shallow one (see ProbeDepth), or left out where BaselineGuard watches.
//
// Source: GradientLimit of Netflix concurrency-limits (commit 78a74b98), verified by its samples.
// There a random share is added to the countdown; core draws nothing.

#include <cstdint>
#include <optional>

#include "spillway/core/limit/sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*; a regular value. O(1).
class GradientLimit {
public:
    struct Options {
        std::uint32_t initial = 50;
        std::uint32_t min = 1;
        std::uint32_t max = 1000;
        /// Weight of the newest value when shrinking, above 0 and at most 1.
        double smoothing = 0.2;
        /// Requests that may wait; without a value see above.
        std::optional<double> queue_size{};
        /// How much slower than the minimum is still as fast.
        double rtt_tolerance = 2.0;
        /// Kept at a failure: above 0, at most 1.
        double backoff_ratio = 0.9;
        /// Samples between probes; none without a value.
        std::optional<std::int64_t> probe_countdown{};
        /// Share of the limit that a probe leaves; 0: as the reference, everything goes.
        double probe_keeps = 0;
    };

    explicit GradientLimit(const Options& options) noexcept;

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
    [[nodiscard]] bool probe_is_due() noexcept;

    Options options_;
    double estimate_;
    std::int64_t until_probe_;
    std::int64_t rtt_min_ns_ = 0;  // 0: none yet
    double gradient_ = 0;
    Duration latency_ = Duration::zero();
    LimitReason reason_ = LimitReason::initial;
};

}  // namespace spillway::core
