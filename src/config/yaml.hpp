#pragma once
// YAML text to a Value tree: the one place where yaml-cpp is used.

#include <optional>
#include <string>
#include <string_view>

#include "config/problem.hpp"
#include "config/value.hpp"

namespace spillway::config {

/// Parses one document. `nullopt`: the text is no YAML, or more than one document (a problem says
/// so). Duplicate keys, keys that are not plain text, tags, and trees of more than 20000 values or
/// 32 levels are problems too; yaml-cpp lets all of these pass. An empty text is a null value.
/// `key_path` is where the value will stand, for the messages.
[[nodiscard]] std::optional<Value> parse_yaml(const std::string& text, std::string_view origin,
                                              std::string_view key_path, Problems& problems);

/// The same for the value of an override: positions inside it are dropped, an empty value is the
/// empty text, and an IPv6 endpoint needs no quotes.
[[nodiscard]] std::optional<Value> parse_override(const std::string& text, std::string_view origin,
                                                  std::string_view key_path, Problems& problems);

}  // namespace spillway::config
