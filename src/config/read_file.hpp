#pragma once
// A whole file, bounded.

#include <cstdint>
#include <optional>
#include <string>

#include "config/problem.hpp"

namespace spillway::config {

/// The file's bytes, or nullopt and a problem at `place`, for `key_path`: it cannot be read, or has
/// more than `bytes_max`.
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, std::uint64_t bytes_max,
                                                   const Place& place, std::string_view key_path,
                                                   Problems& problems);

}  // namespace spillway::config
