#pragma once
// A scenario from the command line alone.

#include <optional>
#include <string>
#include <vector>

#include "config/override.hpp"
#include "scenario/load.hpp"

namespace spillway::loadtest {

/// What may be said without a file. Empty: not said. Values are as in a scenario.
struct Quick {
    std::string url;   // http://host:port/path?query
    std::string rate;  // 5000 or 5000/s
    std::string length;
    std::string connections;
    std::string slo;
    std::string timeout;
    bool is_poisson = false;
};

/// The same checks as a file gets; the problems name the flags.
[[nodiscard]] scenario::Loaded quick_scenario(const Quick& quick,
                                              std::vector<config::Override> overrides);

/// The flags that also have a meaning beside a file, as overrides of it.
[[nodiscard]] std::vector<config::Override> overrides_of(const Quick& quick,
                                                         const std::string& target);

}  // namespace spillway::loadtest
