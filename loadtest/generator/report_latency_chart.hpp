#pragma once
// Latency by percentile: the x axis gives each further nine the same room, so that the tail, of
// which users remember most, is not squeezed into the last pixel.

#include <string>
#include <vector>

#include "generator/result.hpp"

namespace spillway::loadtest {

struct LatencyCurve {
    const Latency* latency;
    std::string css_class;
    std::string name;
};

/// Curves without samples are left out; without any there is no figure. `objective_ms` 0: none.
[[nodiscard]] std::string latency_figure(const std::string& id, const std::string& title,
                                         const std::string& note,
                                         const std::vector<LatencyCurve>& curves,
                                         double objective_ms);

}  // namespace spillway::loadtest
