#pragma once
// Runs that never were, with figures such as real ones have: what the pages are tried on.

#include "generator/result.hpp"

namespace spillway::loadtest::testing {

/// 80/s, then 1600/s, then 80/s, at a service with 16 permits of 100 ms and a queue of 64; a
/// warm-up before it. Its names need escaping.
[[nodiscard]] Result step_run();

/// A server that stalls for half a second now and then, asked in an open loop and in a closed one.
[[nodiscard]] Result stalls_in_an_open_loop();
[[nodiscard]] Result stalls_in_a_closed_loop();

/// Nothing but failures: no latency, no server to ask.
[[nodiscard]] Result failed_run();

}  // namespace spillway::loadtest::testing
