#pragma once
// Problem documents (RFC 9457).

#include <string>
#include <string_view>

namespace spillway::http {

inline constexpr std::string_view problem_type = "application/problem+json";

/// `more` is further JSON members, each with its leading comma.
[[nodiscard]] std::string problem_json(unsigned status, std::string_view detail,
                                       std::string_view more);

}  // namespace spillway::http
