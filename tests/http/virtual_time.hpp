#pragma once
// The clock of the session tests: a variable, far in the future, so that the real timers which the
// code under test arms never fire; the tests sweep by hand. Not beyond the horizon of quotas.

#include <atomic>
#include <chrono>

#include "spillway/core/time.hpp"

namespace spillway::http::testing {

inline constexpr core::TimePoint the_beginning{std::chrono::hours(24 * 365 * 5)};

inline std::atomic<core::TimePoint> virtual_time{the_beginning};  // workers read it, too

[[nodiscard]] inline core::TimePoint virtual_now() noexcept { return virtual_time.load(); }

}  // namespace spillway::http::testing
