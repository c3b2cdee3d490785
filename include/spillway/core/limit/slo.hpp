#pragma once
// The limit that keeps a percentile of latency under a target: as many at a time as the objective
// allows. The other algorithms ask whether it is slower than it was; this one asks whether it is
// slow. Nothing is learned, so nothing drifts, and the operator's word is the only parameter that
// matters.
//
//     u = percentile p of the window's latencies / target
//     u_low, u_high = the same of percentiles p -+ sqrt(p (1 - p) / n): what chance alone may do
//     too few samples         nothing: they are kept and more are awaited
//     failures                L = L * backoff                 in proportion to their share
//     u_low > 1               L = L * max(1 / u, shrink_min); not again where the last large shrink
//                             has made nothing faster
//     u > 1 or u < 1 - margin, but for chance         nothing: more samples are awaited
//     u > 1 - margin          nothing
//     2 * in_flight < L       nothing (app-limited)
//     u_high < 1 - margin     L = L * (1 + growth * (1 - u_high))
//     always                  L = clamp(L, min, max)
//
// Why this law. Beyond its capacity a system's latency is proportional to what is in flight
// (Little's law at constant throughput), so L / u is not a step towards the target but the target
// itself, and one window suffices from any height. Below capacity latency says nothing of the
// distance, so growth is a share of the limit, the larger the farther from the target: from a tenth
// it takes about six windows. As u approaches 1 - margin both steps vanish. A percentile of few
// samples is noise, the more the longer the tail; steps down are larger than steps up, so that
// noise taken for news would lower the limit without end. Hence the two further percentiles: they
// enclose the true one two times in three, whatever the distribution. Only requests begun after the
// last change are counted (epoch()), so no change is judged by the latency that caused it. A PID
// would do the same with three gains to tune against a plant whose own gain changes from 0 to 1 at
// the knee.
//
// Where a shrink does not help, the slowness is not of our making (a downstream, a neighbour): less
// of the work would be as late, and from a limit of one the way back is long. So it stays until
// latency moves.
//
// Whose latency it is, is the shell's choice: service time, or wait and service (WindowSample). The
// wait is governed by the queue's length more than by the limit, and no limit makes it shorter
// where demand exceeds capacity: choose it only with a wait_timeout well below the target.
//
// Where the target is far above the latency at the knee, the law alone grows until the percentile
// reaches it: throughput no more, everybody slower. ConcurrencyGain, on by default in the service,
// ends that at the knee.

#include <cstdint>

#include "spillway/core/limit/overload_backoff.hpp"
#include "spillway/core/limit/sample.hpp"
#include "spillway/core/limit/window_sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*; a regular value. O(1) but for the percentile.
class SloLimit {
public:
    struct Options {
        std::uint32_t initial = 20;
        std::uint32_t min = 1;
        std::uint32_t max = 200;
        /// Above 0, below 1.
        double percentile = 0.9;
        Duration target = std::chrono::milliseconds{200};
        /// Samples; at least 2 beyond the percentile are awaited whatever this says.
        std::uint32_t samples_min = 20;
        /// Share of the target that is left in hand.
        double margin = 0.1;
        /// Share of the limit that is added when latency is next to nothing.
        double growth = 1;
        /// Least that one window leaves of the limit.
        double shrink_min = 0.3;
        OverloadBackoff overload{};
    };

    explicit SloLimit(const Options& options) noexcept;

    /// Judges a window. `too_few` leaves it to be judged again with more in it.
    LimitReason on_window(TimePoint now, const WindowSample& window) noexcept;

    [[nodiscard]] std::uint32_t limit() const noexcept {
        return static_cast<std::uint32_t>(estimate_);
    }
    /// The limit changed last at this instant: requests from before do not count.
    [[nodiscard]] TimePoint epoch() const noexcept { return epoch_; }
    /// `gradient` is target / percentile.
    [[nodiscard]] LimitMetrics metrics() const noexcept;

    /// Goes on from this limit.
    void set_limit(double limit) noexcept;

private:
    [[nodiscard]] bool is_enough(std::uint64_t successes) const noexcept;
    /// `low`: the least that the percentile is but for chance.
    [[nodiscard]] bool is_useless(Duration low) const noexcept;
    [[nodiscard]] double of_target(Duration latency) const noexcept;
    LimitReason move_to(TimePoint now, double limit, LimitReason reason) noexcept;

    Options options_;
    double estimate_;
    TimePoint epoch_ = TimePoint::min();
    Duration shrunk_at_ = Duration::zero();  // the latency that the last large shrink met; or zero
    double shrunk_by_ = 1;                   // what it left of the limit
    double gradient_ = 0;
    Duration latency_ = Duration::zero();
    LimitReason reason_ = LimitReason::initial;
};

}  // namespace spillway::core
