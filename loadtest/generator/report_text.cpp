#include "generator/report_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace spillway::loadtest {

namespace {

/// Sets the thousands apart in the whole part of a number.
std::string grouped(std::string digits) {
    const auto whole = std::min(digits.find('.'), digits.size());
    const std::size_t first = digits.starts_with('-') ? 1 : 0;
    for (std::size_t at = whole; at > first + 3; at -= 3) digits.insert(at - 3, 1, ',');
    return digits;
}

std::string without_trailing_zeros(std::string digits) {
    if (digits.find('.') == std::string::npos) return digits;
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
    return digits;
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += (c >= '\0' && c < ' ') || c == '\x7f' ? ' ' : c;
        }
    }
    return out;
}

std::string fixed_text(double value, int decimals) {
    std::array<char, 400> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                   std::chars_format::fixed, decimals)
                         .ptr;
    std::string text{digits.data(), end};
    return text.find_first_not_of("-0.") == std::string::npos && text.starts_with('-')
               ? text.substr(1)
               : text;
}

std::string number_text(double value) {
    const double size = std::abs(value);
    if (size < 1e-9) return "0";
    int decimals = 2 - static_cast<int>(std::floor(std::log10(size)));
    if (decimals < 0) decimals = 0;
    return grouped(without_trailing_zeros(fixed_text(value, decimals)));
}

std::string count_text(std::uint64_t count) { return grouped(std::to_string(count)); }

std::string ms_text(double ms) {
    if (ms <= 0) return "0 ms";
    if (ms < 0.9995) return number_text(ms * 1000) + " µs";
    if (ms < 999.5) return number_text(ms) + " ms";
    return number_text(ms / 1000) + " s";
}

std::string rate_text(double per_s) { return number_text(per_s) + "/s"; }

std::string share_text(double part, double whole) {
    if (whole <= 0) return "–";
    const double percent = part / whole * 100;
    if (part > 0 && percent < 0.01) return "under 0.01 %";
    // 100 % is said of the whole only.
    if (part < whole && percent > 99.99) return "over 99.99 %";
    if (part <= 0 || part >= whole) return number_text(percent) + " %";
    const bool is_near_an_end = percent < 10 || percent > 99;
    return fixed_text(percent, is_near_an_end ? 2 : 1) + " %";
}

std::string percentile_text(double fraction) {
    return without_trailing_zeros(fixed_text(fraction * 100, 6)) + " %";
}

}  // namespace spillway::loadtest
