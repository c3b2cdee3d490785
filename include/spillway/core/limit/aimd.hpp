#pragma once
// Additive increase, multiplicative decrease: one more while all is well, a tenth less at every
// failure.
//
//     failed, or rtt > timeout             L = trunc(L * backoff_ratio)
//     else if 2 * in_flight >= L           L = L + 1
//     always                               L = clamp(L, min, max)
//
// TCP's congestion avoidance with requests for packets. It needs neither a baseline nor a
// percentile, so nothing can drift; but it learns of overload only from failures: the latency at
// which it settles is the timeout. Choose it where failing is quick and clear, as with a downstream
// that refuses.
//
// Source: AIMDLimit of Netflix concurrency-limits (commit 78a74b98), by samples of which it is
// verified. There the default floor is the start, so that it never goes below.

#include <algorithm>
#include <cstdint>

#include "spillway/core/assert.hpp"
#include "spillway/core/limit/sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*; a regular value. O(1).
class AimdLimit {
public:
    struct Options {
        std::uint32_t initial = 20;
        std::uint32_t min = 20;
        std::uint32_t max = 200;
        /// Kept at a failure: above 0, at most 1.
        double backoff_ratio = 0.9;
        /// A success slower than this is a failure too.
        Duration timeout = std::chrono::seconds{5};
    };

    explicit AimdLimit(const Options& options) noexcept
        : options_(options), limit_(options.initial) {
        SPILLWAY_ASSERT(options.min <= options.max);
        SPILLWAY_ASSERT(options.backoff_ratio > 0 && options.backoff_ratio <= 1);
    }

    /// Judges one request, or one window of them.
    LimitReason on_sample(TimePoint, const Sample& sample) noexcept {
        latency_ = sample.rtt;
        std::int64_t next = limit_;
        if (sample.outcome == Outcome::overloaded || sample.rtt > options_.timeout) {
            next = static_cast<std::int64_t>(static_cast<double>(limit_) * options_.backoff_ratio);
            reason_ = LimitReason::overload;
        } else if (2 * std::int64_t{sample.in_flight} >= limit_) {
            next = limit_ + 1;
            reason_ = LimitReason::growth;
        } else {
            reason_ = LimitReason::app_limited;
        }
        limit_ = std::clamp<std::int64_t>(next, options_.min, options_.max);
        return reason_;
    }

    [[nodiscard]] std::uint32_t limit() const noexcept {
        return static_cast<std::uint32_t>(limit_);
    }
    [[nodiscard]] LimitMetrics metrics() const noexcept {
        return {.limit = static_cast<double>(limit_), .latency = latency_, .reason = reason_};
    }

    /// Goes on from this limit.
    void set_limit(double limit) noexcept { limit_ = static_cast<std::int64_t>(limit); }

private:
    Options options_;
    std::int64_t limit_;
    Duration latency_ = Duration::zero();
    LimitReason reason_ = LimitReason::initial;
};

}  // namespace spillway::core
