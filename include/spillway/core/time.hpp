#pragma once
// Time as the core sees it: a value that is handed in, never read.

#include <chrono>
#include <cstdint>

namespace spillway::core {

/// A clock without `now()`: code on this floor can be told the time, it cannot ask for it. The
/// service fills it from CLOCK_MONOTONIC (async/steady_now.hpp), the simulator and the tests from
/// a variable. Nanosecond resolution; the epoch means nothing.
struct Clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock>;
    static constexpr bool is_steady = true;
};

using Duration = Clock::duration;
using TimePoint = Clock::time_point;

/// "No deadline": later than every instant that a clock will ever show.
inline constexpr TimePoint never = TimePoint::max();

/// `now + d`, saturating at `never`: a huge configured timeout must not wrap into the past.
[[nodiscard]] constexpr TimePoint after(TimePoint now, Duration d) noexcept {
    return now > never - d ? never : now + d;
}

[[nodiscard]] constexpr double to_seconds(Duration d) noexcept {
    return std::chrono::duration<double>(d).count();
}

}  // namespace spillway::core
