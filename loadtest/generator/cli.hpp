#pragma once
// The command line of spillway-load.

namespace spillway::loadtest {

/// 0 the run is over and its account agrees with the server's; 1 it could not begin, a file could
/// not be written, or the accounts disagree; 2 wrong use.
int run_cli(int argc, char** argv) noexcept;

}  // namespace spillway::loadtest
