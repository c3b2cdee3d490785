#pragma once
// When a client that was refused tries again: the same rule over HTTP and in the simulator.

#include <algorithm>
#include <cstdint>
#include <optional>

#include "scenario/scenario.hpp"
#include "spillway/core/time.hpp"

namespace spillway::scenario {

/// A backoff grows no further after this many attempts: 4096 times the delay.
inline constexpr std::uint32_t backoff_doublings_max = 12;

/// How long after a refusal the next attempt is to be made; nothing: not at all. `attempts` have
/// been made so far. An obedient client that is told 0 seconds, or nothing, waits `retry.delay`.
/// Backoff is without jitter: arrivals that are random already come back as random. Pure.
[[nodiscard]] inline std::optional<core::Duration> retry_delay(
    const Retry& retry, std::uint32_t attempts, std::optional<std::uint32_t> retry_after_s) {
    if (retry.mode == RetryMode::none || attempts >= retry.attempts_max) return std::nullopt;
    if (retry.mode == RetryMode::obedient && retry_after_s.value_or(0) > 0)
        return std::chrono::seconds{*retry_after_s};
    if (retry.mode != RetryMode::backoff || attempts == 0) return retry.delay;
    return retry.delay * (std::int64_t{1} << std::min(attempts - 1, backoff_doublings_max));
}

}  // namespace spillway::scenario
