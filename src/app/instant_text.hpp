#pragma once
// Instants as people read them.

#include <ctime>
#include <string>

#include "spillway/core/time.hpp"

namespace spillway::app {

/// UTC, RFC 3339 with milliseconds, of an instant of the steady clock, by today's wall clock.
[[nodiscard]] std::string instant_text(core::TimePoint at);

}  // namespace spillway::app
