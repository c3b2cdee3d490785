#pragma once
// What a limit algorithm is told, and what it says of itself.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "spillway/core/reason.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// One request that has ended, or one window of them.
struct Sample {
    /// From permit to finish; how long it lasted also where it was not a success.
    Duration rtt = Duration::zero();
    /// Permits held when this one was granted, itself included; the largest of a window.
    std::uint32_t in_flight = 0;
    Outcome outcome = Outcome::success;
    /// In the queue, before the permit.
    Duration wait = Duration::zero();
};

/// Why a limit is what it is since the latest sample: a label value, never renamed.
enum class LimitReason : std::uint8_t {
    initial,      // nothing has moved it yet
    steady,       // looked at, and left as it was
    app_limited,  // too little in flight to judge a larger one
    too_few,      // not enough samples to judge by
    growth,       // room: latency allows more
    latency,      // too slow: fewer at a time
    overload,     // requests timed out or were refused further down
    probe,        // lowered or re-based to measure the unloaded latency
    flat,         // more at a time would bring no more throughput
    floor,        // held where less would leave capacity idle
};
inline constexpr std::size_t limit_reason_count = 10;

[[nodiscard]] constexpr std::string_view to_string(LimitReason reason) noexcept {
    constexpr std::array<std::string_view, limit_reason_count> names{
        "initial", "steady",   "app_limited", "too_few", "growth",
        "latency", "overload", "probe",       "flat",    "floor"};
    return names[static_cast<std::size_t>(reason)];
}

/// The inside of an algorithm, for metrics. Zero where it has no such thing, or not yet.
struct LimitMetrics {
    /// Not rounded.
    double limit = 0;
    /// Above 1 room, below 1 slowness; what a queue-based algorithm takes for waiting requests is
    /// in `queue`.
    double gradient = 0;
    double queue = 0;
    /// What it takes for the latency without load.
    Duration baseline = Duration::zero();
    /// What the latest sample or window said.
    Duration latency = Duration::zero();
    LimitReason reason = LimitReason::initial;
};

}  // namespace spillway::core
