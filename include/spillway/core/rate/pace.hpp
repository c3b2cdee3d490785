#pragma once
// How fast a quota grows, and the axis of time on which that is a whole number.
//
// `rate` units per `period` make one unit every T = period / rate, which is rarely a whole number
// of nanoseconds (3 per second: 333,333,333.3). To add a rounded T per request drifts; to compute
// in floating point lets rounding decide who is refused. So time is counted in ticks instead,
// chosen such that a unit is exactly `per_unit()` of them: costs add up without any error, for
// ever. Only `now` is rounded, down to a tick: not at all when rate / gcd(rate, period in ns) is at
// most 16 (each of 1..16 per second, 30 a minute, 1,000 or 1,000,000 a second), else by 1/16 ns or
// so.

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "spillway/core/time.hpp"

namespace spillway::core {

/// A quota: `rate` units per `period` in the long run, `burst` of them at once.
struct RateOptions {
    std::uint64_t rate = 100;                   // units per period, 1 .. one per nanosecond
    Duration period = std::chrono::seconds{1};  // 1 ns .. 18 years
    std::uint64_t burst = 100;                  // units, 1 .. what `rate` gives in 2 years

    /// Everything that is wrong with it; empty: nothing.
    [[nodiscard]] std::vector<std::string_view> validate() const;

    friend bool operator==(const RateOptions&, const RateOptions&) noexcept = default;
};

/// *Pure*, immutable; a regular value. Every operation is O(1).
class Pace {
public:
    using Ticks = std::int64_t;

    /// Instants within 9 years of the clock's epoch are told apart; later ones are that one.
    static constexpr Duration horizon{std::int64_t{1} << 58};
    /// The longest span that is added to an instant. Sums of a few such ticks do not overflow.
    static constexpr Duration span_max{std::int64_t{1} << 56};
    static constexpr std::uint64_t ticks_per_ns_max = 16;

    /// `options` must be valid; its burst plays no part.
    explicit Pace(const RateOptions& options) noexcept;

    [[nodiscard]] static TimePoint within_horizon(TimePoint now) noexcept {
        return std::clamp(now, TimePoint{-horizon}, TimePoint{horizon});
    }

    /// The last tick that is not after `now`.
    [[nodiscard]] Ticks ticks(TimePoint now) const noexcept {
        const std::int64_t ns = within_horizon(now).time_since_epoch().count();
        if (den_ == 1) return ns * static_cast<Ticks>(num_);
        return floor_ticks(ns);
    }

    /// The first nanosecond that is not before tick `t`: ticks(instant(t)) >= t, and one nanosecond
    /// earlier it is not. What makes Retry-After exact.
    [[nodiscard]] TimePoint instant(Ticks t) const noexcept;

    /// Ticks of one unit, at least 1.
    [[nodiscard]] Ticks per_unit() const noexcept { return per_unit_; }

    /// Every instant and duration in nanoseconds is a whole number of ticks.
    [[nodiscard]] bool is_exact() const noexcept { return den_ == 1; }

    friend bool operator==(const Pace&, const Pace&) noexcept = default;

private:
    [[nodiscard]] Ticks floor_ticks(std::int64_t ns) const noexcept;

    Ticks per_unit_;
    std::uint64_t num_;  // num_ / den_ ticks a nanosecond, at most ticks_per_ns_max
    std::uint64_t den_;
};

}  // namespace spillway::core
