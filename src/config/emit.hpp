#pragma once
// A Value tree to YAML text that parse_yaml() reads back. Pure.

#include <string>

#include "config/value.hpp"

namespace spillway::config {

/// In one line, lists and maps in flow style: `{workers: auto, queue: auto}`.
[[nodiscard]] std::string emit_line(const Value& value);

/// A document of sections. Below them, what fits in a line of 100 columns is written as one.
/// Pre: `root` is a map.
[[nodiscard]] std::string emit_document(const Value& root);

}  // namespace spillway::config
