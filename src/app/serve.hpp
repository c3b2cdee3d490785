#pragma once
// Runs the service: from a checked configuration to an exit code.

#include "app/reloader.hpp"
#include "config/load.hpp"

namespace spillway::app {

/// Blocks until a signal's drain has ended. 0: all work finished; 3: the drain's timeout cut work;
/// 1: could not start. `source` is where it was loaded from: SIGHUP loads it again.
[[nodiscard]] int serve(const config::Loaded& loaded, Source source);

}  // namespace spillway::app
