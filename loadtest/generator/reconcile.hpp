#pragma once
// Does the server's own account agree with the generator's?
//
// Every answer that came was counted by the server exactly once, as its class says. A request that
// was sent and got no answer (reset, timeout, the client left) may or may not have been received,
// and have ended in any class: each such request widens the ranges by one. So does an answer of
// which the status alone does not say whether a route was known. Without these every range is a
// single figure, and the comparison is an equation.

#include <map>
#include <string>
#include <vector>

#include "generator/exposition_view.hpp"
#include "generator/result.hpp"
#include "generator/wire_tally.hpp"

namespace spillway::loadtest {

/// By path without the query, as the server's label `route` has it.
using TallyByPath = std::map<std::string, WireTally>;

/// Compares what both counted between two scrapes. Paths that are no route with a limiter are
/// compared by the server's responses, where it counts them under their own path, else passed over.
/// Pure.
[[nodiscard]] std::vector<Check> reconcile(const ExpositionView& before,
                                           const ExpositionView& after, const TallyByPath& paths);

/// Both are of one process: one that was started again meanwhile has counted from zero. True where
/// they do not say when it began.
[[nodiscard]] bool is_same_process(const ExpositionView& before, const ExpositionView& after);

/// Nothing that the server has received is still without an ending.
[[nodiscard]] bool is_quiet(const ExpositionView& scrape);

}  // namespace spillway::loadtest
