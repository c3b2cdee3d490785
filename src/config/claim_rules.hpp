#pragma once
// Rules for what a request claims: its band, its tenant, its cost. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"
#include "config/rule.hpp"

namespace spillway::config {

/// One of the words, or header:NAME.
[[nodiscard]] Rule<std::string> word_or_header(std::vector<std::string> words);

/// NAME of header:NAME; empty for any other word.
[[nodiscard]] std::string_view header_of(std::string_view text);

/// N, {per_bytes: N} or {per_pixels: N}.
[[nodiscard]] Rule<Cost> cost();

/// Complains of names that no tenant with a share can have: they are values of a metric's label.
void check_tenants(const Value& map, const std::string& path, Problems& problems);

}  // namespace spillway::config
