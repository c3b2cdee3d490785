#pragma once
// A number that somebody chose. Right for work whose cost is known and which shares its resource
// with nothing: a pool of workers that only computes is full at the number of its workers, whatever
// the latency says.

#include <cstdint>

#include "spillway/core/assert.hpp"
#include "spillway/core/limit/sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*; a regular value.
class FixedLimit {
public:
    struct Options {
        std::uint32_t value = 1;
    };

    explicit FixedLimit(const Options& options) noexcept : limit_(options.value) {
        SPILLWAY_ASSERT(options.value > 0);
    }

    LimitReason on_sample(TimePoint, const Sample& sample) noexcept {
        latency_ = sample.rtt;
        return LimitReason::steady;
    }

    [[nodiscard]] std::uint32_t limit() const noexcept { return limit_; }
    [[nodiscard]] LimitMetrics metrics() const noexcept {
        return {.limit = static_cast<double>(limit_), .latency = latency_};
    }

private:
    std::uint32_t limit_;
    Duration latency_ = Duration::zero();
};

}  // namespace spillway::core
