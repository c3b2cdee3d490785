#pragma once
// The same server, asked in an open and in a closed loop.

#include <cstdint>
#include <optional>
#include <string>

#include "generator/run.hpp"

namespace spillway::loadtest {

struct Comparison {
    Result open;
    std::optional<Result> closed;  // nothing: it could not begin, or the open one was interrupted
};

/// As many connections as the open loop kept busy when nothing was wrong: its rate times its median
/// latency (Little's law), at least one. Pure.
[[nodiscard]] std::uint32_t closed_connections_for(const Result& open);

/// Runs the scenario in an open loop, then in a closed one with `closed` connections (0: as
/// closed_connections_for says). Nothing when the first could not begin; `why` says what is
/// missing.
[[nodiscard]] std::optional<Comparison> compare(const scenario::Scenario& scenario,
                                                const RunOptions& options, std::uint32_t closed,
                                                std::string& why);

}  // namespace spillway::loadtest
