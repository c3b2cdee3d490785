#include "config/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace spillway::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array<Unit, 5> size_units{
    {{"TiB", 1ULL << 40}, {"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"B", 1}}};
// "ms" before "m" and "s": the first unit that the text ends in counts.
constexpr std::array<Unit, 4> duration_units{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};

std::optional<std::uint64_t> times(std::optional<std::uint64_t> count, std::uint64_t factor,
                                   std::uint64_t max) {
    if (!count || *count > max / factor) return std::nullopt;
    return *count * factor;
}

template <std::size_t N>
const Unit* unit_of(std::string_view text, const std::array<Unit, N>& units) {
    for (const Unit& unit : units) {
        if (text.ends_with(unit.name)) return &unit;
    }
    return nullptr;
}

}  // namespace

std::optional<double> parse_decimal(std::string_view text) {
    const auto point = text.find('.');
    const bool has_letters = std::any_of(text.begin(), text.end(),
                                         [](char c) { return (c < '0' || c > '9') && c != '.'; });
    if (has_letters || text.starts_with('.') || text.ends_with('.')) return std::nullopt;
    if (point != std::string_view::npos && text.size() - point > 4) return std::nullopt;
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

std::string format_decimal(double value) {
    std::array<char, 512> digits{};  // the largest has 309 of them
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed)
            .ptr;
    return {digits.data(), end};
}

std::optional<std::uint64_t> parse_integer(std::string_view text) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    const Unit* const unit = unit_of(text, size_units);
    if (unit == nullptr) return parse_integer(text);
    text.remove_suffix(unit->name.size());
    return times(parse_integer(text), unit->factor, std::numeric_limits<std::uint64_t>::max());
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    using Rep = std::chrono::milliseconds::rep;
    const Unit* const unit = unit_of(text, duration_units);
    if (unit == nullptr) return std::nullopt;
    text.remove_suffix(unit->name.size());
    const auto ms = times(parse_integer(text), unit->factor,
                          static_cast<std::uint64_t>(std::numeric_limits<Rep>::max()));
    if (!ms) return std::nullopt;
    return std::chrono::milliseconds{static_cast<Rep>(*ms)};
}

std::string format_size(std::uint64_t bytes) {
    for (const Unit& unit : size_units) {
        if (bytes == 0 || unit.factor == 1) break;
        if (bytes % unit.factor == 0) {
            return std::to_string(bytes / unit.factor).append(unit.name);
        }
    }
    return std::to_string(bytes);
}

std::string format_duration(std::chrono::milliseconds duration) {
    const auto ms = duration.count();
    if (ms == 0) return "0s";
    if (ms % 3'600'000 == 0) return std::to_string(ms / 3'600'000) + "h";
    // 60s and 90s read better than 1m and 90s side by side.
    if (ms % 60'000 == 0 && ms >= 120'000) return std::to_string(ms / 60'000) + "m";
    if (ms % 1000 == 0) return std::to_string(ms / 1000) + "s";
    return std::to_string(ms) + "ms";
}

}  // namespace spillway::config
