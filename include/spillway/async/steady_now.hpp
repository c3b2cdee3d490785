#pragma once
// The one place where the service reads the steady clock. Read it once per event, pass it down.

#include <chrono>

#include "spillway/core/time.hpp"

namespace spillway::async {

/// Now, on CLOCK_MONOTONIC. About 25 ns: once per event, not once per decision. Thread-safe.
[[nodiscard]] inline core::TimePoint steady_now() noexcept {
    return core::TimePoint(std::chrono::duration_cast<core::Duration>(
        std::chrono::steady_clock::now().time_since_epoch()));
}

/// The same instant on std::chrono::steady_clock, for timers and condition variables.
[[nodiscard]] inline std::chrono::steady_clock::time_point to_steady(core::TimePoint t) noexcept {
    return std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(t.time_since_epoch()));
}

}  // namespace spillway::async
