#pragma once
// How long a request usually takes once it has its permit: a running mean of successful ones.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>

#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Thread-safe*, lock-free. Exponentially weighted, about the last 16 samples. Relaxed throughout:
/// the two values are estimates, and nothing is published through them.
class ServiceTime {
public:
    /// A request that began to be served at `now - duration` has succeeded.
    void record(TimePoint now, Duration duration) noexcept {
        const std::int64_t sample = std::max<std::int64_t>(duration.count(), 1);
        std::int64_t seen = mean_ns_.load(std::memory_order_relaxed);
        std::int64_t next = 0;
        do {
            next = seen == 0 ? sample : std::max<std::int64_t>(seen + (sample - seen) / 16, 1);
        } while (!mean_ns_.compare_exchange_weak(seen, next, std::memory_order_relaxed));
        last_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }

    /// The mean, zero before the first sample: what Retry-After is computed from, however old.
    [[nodiscard]] Duration mean() const noexcept {
        return Duration{mean_ns_.load(std::memory_order_relaxed)};
    }

    /// The mean, if it is fresh enough to refuse requests by: its last sample is younger than one
    /// second or four times the mean, whichever is longer. Without that limit an estimate which
    /// finds every request hopeless would never see the sample that proves it wrong.
    [[nodiscard]] std::optional<Duration> usual(TimePoint now) const noexcept {
        const Duration current = mean();
        if (current == Duration::zero()) return std::nullopt;
        const TimePoint last{Duration{last_.load(std::memory_order_relaxed)}};
        const Duration kept = std::max<Duration>(std::chrono::seconds{1}, 4 * current);
        if (now >= after(last, kept)) return std::nullopt;
        return current;
    }

private:
    std::atomic<std::int64_t> mean_ns_{0};  // 0: no sample yet
    std::atomic<std::int64_t> last_{0};     // when the last sample came, ns of core::Clock
};

}  // namespace spillway::core
