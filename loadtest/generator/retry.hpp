#pragma once
// Whether, and when, a refused or failed request is tried again.

#include <cstdint>
#include <optional>

#include "generator/outcome.hpp"
#include "scenario/retry.hpp"
#include "spillway/core/time.hpp"

namespace spillway::loadtest {

/// How long after its ending the next attempt is to be made; nothing: not at all. `attempts` have
/// been made so far. A client that has left does not come back, and an arrival that never left is
/// not tried again: it was the generator that could not. Pure.
[[nodiscard]] inline std::optional<core::Duration> retry_delay(
    const scenario::Retry& retry, std::uint32_t attempts, Ending ending,
    std::optional<std::uint32_t> retry_after_s) {
    if (ending != Ending::rejected && ending != Ending::failed) return std::nullopt;
    return scenario::retry_delay(retry, attempts, retry_after_s);
}

}  // namespace spillway::loadtest
