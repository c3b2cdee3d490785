#pragma once
// Arrivals out of an access log in the Common or Combined Log Format, as nginx, Apache and
// HAProxy's httplog with such a date write it: what counts of a line is [21/Nov/2026:16:58:26
// +0000].
//
// These times have no fractions. The requests of one second are spread evenly over it.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "spillway/core/time.hpp"

namespace spillway::scenario {

/// Seconds since 1970 of the date in square brackets, or nothing if there is none from 1970 to
/// 2200. Pure.
[[nodiscard]] std::optional<std::int64_t> parse_log_time(std::string_view line);

/// Whole seconds in any order (logs are written when requests end) to arrival times since the first
/// of them, in order. Pure.
[[nodiscard]] std::vector<core::Duration> spread_seconds(std::vector<std::int64_t> seconds);

}  // namespace spillway::scenario
