#pragma once
// Runs the service: from a checked configuration to an exit code.

#include "config/load.hpp"

namespace spillway::app {

/// Blocks until a signal's drain has ended. 0: all work finished; 3: the drain's timeout cut work;
/// 1: could not start.
[[nodiscard]] int serve(const config::Loaded& loaded);

}  // namespace spillway::app
