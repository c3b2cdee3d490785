#pragma once
// The queue that a latency betrays: what is in flight beyond what the shortest latency needs is
// waiting somewhere, and a small queue is to be kept, neither none nor a long one.
//
//     queue = ceil(L * (1 - rtt_min / rtt))          lg(L) = max(1, floor(log10 trunc L))
//     failed               target = L - lg(L)
//     2 * in_flight < L    nothing
//     queue <= threshold   target = L + beta         threshold, alpha, beta: 1, 3 and 6 times lg(L)
//     queue < alpha        target = L + lg(L)
//     queue > beta         target = L - lg(L)
//     L = (1 - smoothing) * L + smoothing * clamp(target, 1, max)
//
// TCP Vegas with requests for packets. Every jitter * multiplier * L samples the minimum is
// forgotten and the next latency stands for it: a probe, without which a slower downstream would
// look like a queue for ever. Under standing load the probe takes a loaded latency for the unloaded
// one, and the limit creeps up probe after probe: cap_baseline() is the cure (see BaselineGuard).
// Steps are a few requests whatever the distance, so it descends from far above in as many windows.
//
// Source: VegasLimit of Netflix concurrency-limits (commit 78a74b98), verified by its samples.
// There the jitter is drawn anew for each probe from [0.5, 1); here it is a parameter, since core
// draws nothing.

#include <cstdint>
#include <optional>

#include "spillway/core/limit/sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*; a regular value. O(1).
class VegasLimit {
public:
    struct Options {
        std::uint32_t initial = 20;
        std::uint32_t max = 1000;
        /// Weight of the newest target, above 0 and at most 1.
        double smoothing = 1.0;
        /// Requests in the queue; without a value a multiple of lg(L), see above.
        std::optional<double> alpha{};
        std::optional<double> beta{};
        std::optional<double> threshold{};
        /// The minimum lives for jitter * multiplier * L samples.
        double probe_multiplier = 30;
        double probe_jitter = 0.75;
    };

    explicit VegasLimit(const Options& options) noexcept;

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
    LimitReason judge(const Sample& sample) noexcept;
    void move_to(double target) noexcept;

    Options options_;
    double estimate_;
    double since_probe_ = 0;               // samples
    std::int64_t rtt_min_ns_ = 0;          // 0: none yet
    Duration latency_ = Duration::zero();  // of the latest sample
    double queue_ = 0;
    LimitReason reason_ = LimitReason::initial;
};

}  // namespace spillway::core
