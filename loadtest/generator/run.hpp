#pragma once
// One run from begin to end: reach the server, scrape it, load it, scrape it again, compare.

#include <optional>
#include <string>

#include "generator/engine.hpp"
#include "generator/result.hpp"
#include "scenario/scenario.hpp"

namespace spillway::loadtest {

struct RunOptions {
    EngineOptions engine;
    bool shows_progress = true;  // on stderr
};

/// Blocks until the run is over. SIGINT and SIGTERM end it early, with a full result; a second one
/// ends it at once; from its begin on they do not end the process any more. Nothing when it could
/// not begin, and `why`. One at a time in a process.
[[nodiscard]] std::optional<Result> run(const scenario::Scenario& scenario,
                                        const RunOptions& options, std::string& why);

}  // namespace spillway::loadtest
