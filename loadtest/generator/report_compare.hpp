#pragma once
// Two runs side by side: an open and a closed loop of one server, or before and after.

#include <string>

#include "generator/result.hpp"

namespace spillway::loadtest {

/// The whole page. Pure.
[[nodiscard]] std::string compare_html(const Result& a, const Result& b);

/// What a comparison of an open and a closed loop shows, in words; empty for two of one kind.
[[nodiscard]] std::string coordinated_omission(const Result& a, const Result& b);

}  // namespace spillway::loadtest
