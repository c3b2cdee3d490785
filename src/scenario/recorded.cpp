#include "scenario/recorded.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "scenario/scenario.hpp"

namespace spillway::scenario {

namespace {

constexpr int problems_max = 10;
constexpr std::size_t decimals_max = 9;
constexpr std::int64_t seconds_max = 24 * 60 * 60;

/// Exactly: a decimal number of seconds is a whole number of nanoseconds.
std::optional<core::Duration> parse_seconds(std::string_view text) {
    const auto point = std::min(text.find('.'), text.size());
    std::string_view decimals = text.substr(std::min(point + 1, text.size()));
    if (decimals.size() > decimals_max || (point < text.size() && decimals.empty())) {
        return std::nullopt;
    }
    std::string nanos{decimals};
    nanos.resize(decimals_max, '0');
    std::int64_t whole = 0;
    std::int64_t part = 0;
    const auto read = [](std::string_view digits, std::int64_t& value) {
        const char* const end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, value);
        return error == std::errc{} && stop == end && !digits.starts_with('-');
    };
    if (!read(text.substr(0, point), whole) || !read(nanos, part)) return std::nullopt;
    if (whole > seconds_max) return std::nullopt;
    return core::Duration{whole * 1'000'000'000 + part};
}

std::string_view trimmed(std::string_view line) {
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) {
        line.remove_suffix(1);
    }
    return line;
}

}  // namespace

std::vector<core::Duration> parse_recorded(const std::string& text, const std::string& name,
                                           const std::string& key_path,
                                           config::Problems& problems) {
    std::vector<core::Duration> times;
    std::string_view rest = text;
    int found = 0;
    const auto complain = [&](int line, const char* message) {
        problems.add({name, line, 1}, key_path, message);
        ++found;
    };
    for (int number = 1; !rest.empty() && found < problems_max; ++number) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.front() == '#') continue;
        const auto at = parse_seconds(line);
        if (!at) {
            complain(number, "is not a time (allowed: seconds such as 12.345678, up to 86400)");
        } else if (!times.empty() && *at < times.back()) {
            complain(number, "goes back in time (allowed: times in order)");
        } else if (times.size() == recorded_max) {
            complain(number, "has too many times (allowed: up to 10000000)");
            break;
        } else {
            times.push_back(*at);
        }
    }
    return times;
}

}  // namespace spillway::scenario
