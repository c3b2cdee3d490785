#pragma once
// What the tests of the configuration share.

#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"

namespace spillway::config::testing {

/// A machine of 4 CPUs without a memory limit.
inline constexpr Machine four_cpus{4, 0};

inline Override set(std::string_view argument) { return *parse_set(argument); }

inline std::vector<Override> sets(std::initializer_list<std::string_view> arguments) {
    std::vector<Override> overrides;
    for (const std::string_view argument : arguments) overrides.push_back(set(argument));
    return overrides;
}

inline Loaded load_yaml(const std::string& text, const std::vector<Override>& overrides = {}) {
    return load_text(text, "f", overrides, four_cpus);
}

/// The problems as an operator sees them.
inline std::vector<std::string> lines(const Loaded& loaded) {
    std::vector<std::string> all;
    for (const Problem& problem : loaded.problems) all.push_back(to_string(problem));
    return all;
}

}  // namespace spillway::config::testing
