#include "generator/format.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace spillway::loadtest {

namespace {

std::string fixed(double value, int decimals) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    return text.data();
}

std::string three_digits(double value) {
    return fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

}  // namespace

std::string format_ms(double ms) {
    if (ms < 0.9995) return fixed(ms, 3) + " ms";
    if (ms < 999.5) return three_digits(ms) + " ms";
    return three_digits(ms / 1000) + " s";
}

std::string format_rate(double per_s) {
    if (per_s < 99.95) return fixed(per_s, per_s == std::floor(per_s) ? 0 : 1);
    if (per_s < 9999.5) return fixed(per_s, 0);
    if (per_s < 999'500) return three_digits(per_s / 1e3) + "k";
    return three_digits(per_s / 1e6) + "M";
}

std::string format_count(std::uint64_t count) {
    const std::string digits = std::to_string(count);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

std::string format_percent(double share) {
    const double percent = share * 100;
    return fixed(percent, percent < 0.995 ? 2 : percent < 99.995 ? 1 : 0) + " %";
}

std::string right(std::string text, std::size_t width) {
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string left(std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

}  // namespace spillway::loadtest
