#pragma once
// Pages of JSON, laid out for people: they are read with curl at night.

#include <boost/json/object.hpp>
#include <string_view>

#include "spillway/http/server.hpp"

namespace spillway::app {

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view problem_type = "application/problem+json";

[[nodiscard]] http::Page::Content json_page(unsigned status, std::string_view content_type,
                                            const boost::json::object& what);

}  // namespace spillway::app
