#pragma once
// Figures as people read them. Pure.

#include <cstdint>
#include <string>
#include <string_view>

namespace spillway::loadtest {

/// Three significant digits: 0.123 ms, 12.3 ms, 1.23 s.
[[nodiscard]] std::string format_ms(double ms);
/// Below 10000 as it is, then 12.3k, 1.23M. For rates, which are no whole numbers.
[[nodiscard]] std::string format_rate(double per_s);
/// In groups of three: 1,234,567.
[[nodiscard]] std::string format_count(std::uint64_t count);
/// 0.983 as 98.3 %.
[[nodiscard]] std::string format_percent(double share);
/// Widened with blanks to `width`; longer texts stay.
[[nodiscard]] std::string right(std::string text, std::size_t width);
[[nodiscard]] std::string left(std::string text, std::size_t width);

}  // namespace spillway::loadtest
