#pragma once
// Whose figures are these: the server's, or the generator's?

#include <cstdint>

#include "generator/result.hpp"

namespace spillway::loadtest {

/// A generator that is late by more than both of these (99th percentile) has shaped what it
/// measured: an absolute floor, below which nobody cares, and a share of what the answers took, of
/// the quicker ones of the admitted and the refused.
inline constexpr double delay_floor_ms = 1.0;
inline constexpr double delay_share_of_latency = 0.1;
/// In its busiest second: above it the generator had no room for anything unforeseen.
inline constexpr double cpu_share_max = 0.9;

/// Sets `is_bottleneck` and adds to `complaints`, in words, what stood between the run and what was
/// asked for. Closed loops have no intended instants, so only their CPU is judged. Pure.
void judge(Result& result);

}  // namespace spillway::loadtest
