#pragma once
// The secret of the control listener: in a file of its own, so that no configuration, environment
// or process list shows it.

#include "config/config.hpp"
#include "config/problem.hpp"
#include "config/value.hpp"

namespace spillway::config {

/// Sets `control.token` to what control.token_file holds, without space around it, or adds why not:
/// it cannot be read, or is not 16 to 4096 visible characters. No message shows any of it.
void read_token(Control& control, const Value& tree, Problems& problems);

}  // namespace spillway::config
