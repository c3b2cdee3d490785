#pragma once
// `spillway simulate`: a scenario in virtual time.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spillway::app {

struct SimulateArguments {
    std::string scenario_file;
    std::vector<std::string> sets;      // --set key.path=value
    std::string csv_file;               // "": none
    std::optional<std::uint64_t> seed;  // instead of the scenario's
    bool as_json = false;
};

/// The exit code: 0, or 2 with every problem on stderr.
[[nodiscard]] int simulate(const SimulateArguments& arguments);

}  // namespace spillway::app
