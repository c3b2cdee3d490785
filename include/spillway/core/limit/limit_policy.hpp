#pragma once
// One limit of the service: an algorithm, its windows, and the cures for what the algorithms are
// known to suffer from.
//
// Each shard collects its part of the window (WindowSample). Whoever notices that the window is
// over takes the parts, adds them up and asks once:
//
//     if (now >= policy.next_update()) {
//         for (part : parts) { sum.merge(part); part.clear(policy.epoch(), policy.counts_wait()); }
//         limit = policy.update(now, sum);
//     }
//
// What update() does with a window:
//
//     too few samples       kept and added to the next, up to carry_max
//     many have failed      the limit shrinks by their share; no latency is looked at
//     (OverloadBackoff)
//     otherwise             the algorithm is told the window's percentile, never shorter than
//                           rtt_resolution: of what is faster latency is scheduling, not load
//     gain flat             instead of growing or staying, back to what the throughput needs at the
//                           shortest latency (Little's law), or a quarter down where none shorter
//                           is known; at the first loss of throughput, no further (ConcurrencyGain)
//     gain negative         the same, though the algorithm shrinks already
//     gain proportional     no shrinking for latency; what grows, grows by 15 % at least
//     gain unknown for long, and the limit always reached          15 % less for two windows, to
//     know it; soon at first, then ever more seldom
//     always                baseline <= bound (BaselineGuard); min <= limit <= max
//
// Each cure has its own switch. With all of them off the algorithm is the reference's, over
// windows.

#include <cstdint>
#include <string_view>
#include <variant>

#include "spillway/core/limit/aimd.hpp"
#include "spillway/core/limit/baseline_guard.hpp"
#include "spillway/core/limit/concurrency_gain.hpp"
#include "spillway/core/limit/fixed.hpp"
#include "spillway/core/limit/gradient.hpp"
#include "spillway/core/limit/gradient2.hpp"
#include "spillway/core/limit/gradient_minrtt.hpp"
#include "spillway/core/limit/log_linear_histogram.hpp"
#include "spillway/core/limit/overload_backoff.hpp"
#include "spillway/core/limit/sample.hpp"
#include "spillway/core/limit/slo.hpp"
#include "spillway/core/limit/vegas.hpp"
#include "spillway/core/limit/window.hpp"
#include "spillway/core/limit/window_sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// In the order of the alternatives below; the words of `limit.algorithm`.
enum class LimitKind : std::uint8_t {
    fixed,
    aimd,
    vegas,
    gradient2,
    gradient,
    gradient_minrtt,
    slo
};
[[nodiscard]] std::string_view to_string(LimitKind kind) noexcept;

struct LimitBounds {
    std::uint32_t min = 1;
    std::uint32_t max = 200;
    std::uint32_t initial = 20;
};

struct LimitCures {
    /// Zero: off.
    Duration rtt_resolution = Duration::zero();
    OverloadBackoff overload{};
    BaselineGuard::Options baseline{};
    ConcurrencyGain::Options gain{};

    /// All that pay for an algorithm (docs/policies.md has the figures).
    [[nodiscard]] static LimitCures of(LimitKind kind) noexcept;
    /// As the references are.
    [[nodiscard]] static LimitCures none() noexcept;
};

struct LimitPolicyOptions {
    using Algorithm = std::variant<FixedLimit::Options, AimdLimit::Options, VegasLimit::Options,
                                   Gradient2Limit::Options, GradientLimit::Options,
                                   GradientMinRttOptions, SloLimit::Options>;

    /// Whatever bounds these have are overruled by `bounds`.
    Algorithm algorithm = FixedLimit::Options{};
    LimitBounds bounds{};
    WindowOptions window{.window_min = std::chrono::milliseconds{100},
                         .window_max = std::chrono::seconds{1},
                         .samples_min = 10,
                         .rtt_min = Duration::zero()};
    /// Which latency of a window counts: above 0, at most 1; 0: the mean.
    double percentile = 0.5;
    /// Whether the wait for a permit is a part of the latency; for whoever collects the windows.
    bool counts_wait = false;
    /// How long a window may wait for its samples.
    Duration carry_max = std::chrono::seconds{10};
    LimitCures cures{};

    /// What the service uses where nothing is configured.
    [[nodiscard]] static LimitPolicyOptions service(LimitKind kind, LimitBounds bounds) noexcept;

    [[nodiscard]] LimitKind kind() const noexcept {
        return static_cast<LimitKind>(algorithm.index());
    }
};

/// *Pure*; a regular value of some 20 KiB. `now` must not go back. update() is O(1) with the
/// constant of a histogram.
class LimitPolicy {
public:
    LimitPolicy(const LimitPolicyOptions& options, TimePoint start) noexcept;

    /// When update() is due; `never` for a fixed limit.
    [[nodiscard]] TimePoint next_update() const noexcept { return next_update_; }
    /// What the next window's parts are to be cleared with: requests from before it do not count.
    [[nodiscard]] TimePoint epoch() const noexcept;
    /// Likewise: whether the wait is a part of the latency.
    [[nodiscard]] bool counts_wait() const noexcept { return options_.counts_wait; }

    /// Takes what was collected since the last call, and decides if it is time to. Returns the
    /// limit.
    std::uint32_t update(TimePoint now, const WindowSample& collected) noexcept;

    [[nodiscard]] std::uint32_t limit() const noexcept;
    [[nodiscard]] LimitKind kind() const noexcept { return options_.kind(); }
    [[nodiscard]] LimitMetrics metrics() const noexcept;
    /// Slope of ln(throughput) over ln(limit), for metrics; see ConcurrencyGain.
    [[nodiscard]] double gain() const noexcept { return gain_.slope(); }

private:
    using Algorithm = std::variant<FixedLimit, AimdLimit, VegasLimit, Gradient2Limit, GradientLimit,
                                   GradientMinRttLimit<LogLinearHistogram>, SloLimit>;
    static Algorithm make(const LimitPolicyOptions& options, TimePoint start) noexcept;

    LimitReason judge(TimePoint now) noexcept;
    LimitReason tell(FixedLimit&, TimePoint now) noexcept;
    LimitReason tell(AimdLimit& limit, TimePoint now) noexcept;
    LimitReason tell(GradientMinRttLimit<LogLinearHistogram>& limit, TimePoint now) noexcept;
    LimitReason tell(SloLimit& limit, TimePoint now) noexcept;
    template <class Limit>
    LimitReason tell(Limit& limit, TimePoint now) noexcept;
    LimitReason cure(TimePoint now, LimitReason reason, double before) noexcept;
    LimitReason weigh(TimePoint now, LimitReason reason, double before) noexcept;
    LimitReason retreat(double throughput, double before) noexcept;
    LimitReason explore(LimitReason reason, double before) noexcept;
    [[nodiscard]] double throughput(TimePoint now) const noexcept;

    [[nodiscard]] bool has_failed() const noexcept;
    [[nodiscard]] bool is_enough() const noexcept;
    [[nodiscard]] Duration latency() const noexcept;
    [[nodiscard]] double exact() const noexcept;
    void note_gain(TimePoint now) noexcept;
    void set_limit(double limit) noexcept;
    void begin_window(TimePoint now) noexcept;

    LimitPolicyOptions options_;
    Algorithm algorithm_;
    BaselineGuard baseline_;
    BaselineGuard shortest_mean_;  // for Little's law, which is one of means
    ConcurrencyGain gain_;
    std::uint32_t patience_;             // windows, before the gain is explored
    std::uint32_t windows_unknown_ = 0;  // reached in a row, with nothing learned of the gain
    std::uint32_t windows_explored_ = 0;
    double explored_from_ = 0;
    bool is_reached_ = false;  // by the window that is judged
    WindowSample window_;
    TimePoint window_began_;
    TimePoint next_update_;
    LimitReason reason_ = LimitReason::initial;
};

}  // namespace spillway::core
