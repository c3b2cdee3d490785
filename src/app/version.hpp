#pragma once
// What this build is made of.

#include <string>
#include <string_view>

namespace spillway::app {

[[nodiscard]] std::string_view version() noexcept;   // "0.1.0"
[[nodiscard]] std::string_view compiler() noexcept;  // "gcc 12.2.0"
[[nodiscard]] std::string_view boost_version() noexcept;
/// All of it, and the libraries, a line each.
[[nodiscard]] std::string version_text();

}  // namespace spillway::app
