#pragma once
// The style of all pages: light and dark, on screen and on paper.

#include <string_view>

namespace spillway::loadtest {

[[nodiscard]] std::string_view report_style();

}  // namespace spillway::loadtest
