#pragma once
// Figures and names as a page shows them. Pure, and the same in every locale.

#include <cstdint>
#include <string>
#include <string_view>

namespace spillway::loadtest {

/// Safe inside elements and double-quoted attributes. Control characters become spaces.
[[nodiscard]] std::string escaped(std::string_view text);

[[nodiscard]] std::string fixed_text(double value, int decimals);

/// Three figures that matter, no trailing zeros, thousands apart: 0.128, 1.25, 12.5, 1,280.
[[nodiscard]] std::string number_text(double value);

/// 1,234,567
[[nodiscard]] std::string count_text(std::uint64_t count);

/// 128 µs, 12.5 ms, 1.25 s
[[nodiscard]] std::string ms_text(double ms);

/// 1,600/s
[[nodiscard]] std::string rate_text(double per_s);

/// 9.97 %; "under 0.01 %" for what would look like nothing, "–" where there is no whole.
[[nodiscard]] std::string share_text(double part, double whole);

/// 99 %, 99.99 %
[[nodiscard]] std::string percentile_text(double fraction);

}  // namespace spillway::loadtest
