#pragma once
// The clock of this room's tests: a variable.

#include <atomic>
#include <chrono>

#include "spillway/core/time.hpp"

namespace spillway::async {

inline std::atomic<core::TimePoint> virtual_time{core::TimePoint{}};

[[nodiscard]] inline core::TimePoint virtual_now() noexcept { return virtual_time.load(); }

[[nodiscard]] constexpr core::TimePoint at_ms(int ms) noexcept {
    return core::TimePoint(std::chrono::milliseconds(ms));
}

}  // namespace spillway::async
