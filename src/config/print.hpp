#pragma once
// The effective configuration as YAML.

#include <string>

#include "config/config.hpp"

namespace spillway::config {

/// Every key, defaults included; `auto` stays `auto`, sizes and durations in natural units, and
/// limiters and pools that no route uses are kept. load() of it gives the same configuration.
[[nodiscard]] std::string to_yaml(const Config& config);

}  // namespace spillway::config
