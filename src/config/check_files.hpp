#pragma once
// What a configuration names and must be there when it is used: certificates and their keys.

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/problem.hpp"
#include "config/value.hpp"

namespace spillway::config {

/// Adds what is wrong with the files. Reads them; otherwise as check().
void check_files(const Config& config, const Value& tree, Problems& problems);

/// What is usable, but perhaps not for long, or not by us alone. Reads the files. Pre:
/// check_files() found no problem.
[[nodiscard]] std::vector<std::string> file_warnings(const Config& config);

}  // namespace spillway::config
