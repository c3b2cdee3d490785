#pragma once
// From a resolved configuration to the candidate that is played beside a limiter.

#include <optional>
#include <string>

#include "config/config.hpp"
#include "spillway/core/shadow/shadow.hpp"

namespace spillway::app {

/// The queue of a limiter's candidate: its own, or the live one's.
[[nodiscard]] const config::Queue& shadow_queue(const config::Limiter& limiter);

/// Nothing where there is no candidate.
[[nodiscard]] std::optional<core::ShadowOptions> shadow_options(const config::Config& config,
                                                                const std::string& limiter);

}  // namespace spillway::app
