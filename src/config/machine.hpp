#pragma once
// What this process may use of the machine it runs on.

#include "config/config.hpp"

namespace spillway::config {

/// CPUs: the smaller of the affinity mask and the control group's quota (rounded up, at least 1).
/// Memory: the smallest limit of the control group and its parents, 0 when there is none. Reads
/// /proc and /sys; whatever cannot be read is no limit. Never throws but bad_alloc.
[[nodiscard]] Machine this_machine();

}  // namespace spillway::config
