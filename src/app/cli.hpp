#pragma once
// The command line: which command, with which arguments, and what exit code.

namespace spillway::app {

/// 0 done; 1 could not start, or a probe that failed; 2 a mistake in arguments or configuration;
/// 3 a drain that cut work. Never throws.
int run_cli(int argc, char** argv) noexcept;

}  // namespace spillway::app
