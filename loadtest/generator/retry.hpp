#pragma once
// Whether, and when, a refused or failed request is tried again.

#include <cstdint>
#include <optional>

#include "generator/outcome.hpp"
#include "scenario/scenario.hpp"
#include "spillway/core/time.hpp"

namespace spillway::loadtest {

/// How long after its ending the next attempt is to be made; nothing: not at all. `attempts` have
/// been made so far. An obedient client that is told 0 seconds, or nothing, waits `retry.delay`.
/// A client that has left does not come back, and an arrival that never left is not tried again:
/// it was the generator that could not. Pure.
[[nodiscard]] inline std::optional<core::Duration> retry_delay(
    const scenario::Retry& retry, std::uint32_t attempts, Ending ending,
    std::optional<std::uint32_t> retry_after_s) {
    if (ending != Ending::rejected && ending != Ending::failed) return std::nullopt;
    if (retry.mode == scenario::RetryMode::none || attempts >= retry.attempts_max)
        return std::nullopt;
    if (retry.mode == scenario::RetryMode::obedient && retry_after_s.value_or(0) > 0)
        return std::chrono::seconds{*retry_after_s};
    return retry.delay;
}

}  // namespace spillway::loadtest
