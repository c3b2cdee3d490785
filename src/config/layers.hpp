#pragma once
// The layers of a configuration laid on each other and checked, with what they were read from.

#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/override.hpp"
#include "config/problem.hpp"
#include "config/value.hpp"

namespace spillway::config {

struct Layers {
    Config config;
    Value tree;  // knows where each value was written
    Problems problems;
};

/// As load() does it. Reads the file; `problems` of before are kept.
[[nodiscard]] Layers read_layers(const std::optional<std::string>& file_path,
                                 const std::vector<Override>& overrides, const Machine& machine);

/// The same with the text of the file at hand, or without a file.
[[nodiscard]] Layers read_layers(const std::optional<std::string>& text, const std::string& name,
                                 const std::vector<Override>& overrides, const Machine& machine,
                                 Problems problems);

}  // namespace spillway::config
