#pragma once
// Sizes and durations as people write them: 16KiB, 10MiB, 200ms, 5s. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::config {

/// Decimal digits and nothing else; `nullopt` also when it does not fit 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_integer(std::string_view text);

/// Digits, and up to three decimals after a point.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text);

/// 0.25, 100. parse_decimal() of it is the same value, if that has no more decimals.
[[nodiscard]] std::string format_decimal(double value);

/// Digits and one of B, KiB, MiB, GiB, TiB, or digits alone (bytes).
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// Digits and one of ms, s, m, h. A unit is required: a bare number would be a guess.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// With the largest unit that divides it: 16KiB, 1500. parse_size() of it is the same value.
[[nodiscard]] std::string format_size(std::uint64_t bytes);

/// 0s, 200ms, 90s, 5m, 24h. parse_duration() of it is the same value. Pre: not negative.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

}  // namespace spillway::config
