#include "scenario/recorded.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "scenario/access_log.hpp"
#include "scenario/scenario.hpp"

namespace spillway::scenario {

namespace {

constexpr int problems_max = 10;
constexpr const char* too_many = "has too many times (allowed: up to 10000000)";
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

/// Cuts the first line off.
std::string_view take_line(std::string_view& rest) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

bool is_left_out(std::string_view line) { return line.empty() || line.front() == '#'; }

/// Collects problems, the first ten of them.
class Complaints {
public:
    Complaints(const std::string& name, const std::string& key_path, config::Problems& problems)
        : name_(name), key_path_(key_path), problems_(problems) {}

    void add(int line, const char* message) {
        problems_.add({name_, line, 1}, key_path_, message);
        ++found_;
    }
    [[nodiscard]] bool is_enough() const { return found_ >= problems_max; }

private:
    const std::string& name_;
    const std::string& key_path_;
    config::Problems& problems_;
    int found_ = 0;
};

std::vector<core::Duration> parse_log(std::string_view rest, Complaints& complaints) {
    std::vector<std::int64_t> seconds;
    for (int number = 1; !rest.empty() && !complaints.is_enough(); ++number) {
        const std::string_view line = take_line(rest);
        if (is_left_out(line)) continue;
        const auto at = parse_log_time(line);
        if (!at) {
            complaints.add(number, "has no time (allowed: such as [21/Nov/2026:16:58:26 +0000])");
        } else if (seconds.size() == recorded_max) {
            complaints.add(number, too_many);
            break;
        } else {
            seconds.push_back(*at);
        }
    }
    return spread_seconds(std::move(seconds));
}

std::vector<core::Duration> parse_times(std::string_view rest, Complaints& complaints) {
    std::vector<core::Duration> times;
    bool may_be_names = true;  // of columns, in the first line
    for (int number = 1; !rest.empty() && !complaints.is_enough(); ++number) {
        const std::string_view line = take_line(rest);
        if (is_left_out(line)) continue;
        const auto comma = std::min(line.find(','), line.size());
        const auto at = parse_seconds(trimmed(line.substr(0, comma)));
        const bool is_names = may_be_names && !at && comma < line.size();
        may_be_names = false;
        if (is_names) continue;
        if (!at) {
            complaints.add(number,
                           "is not a time (allowed: seconds such as 12.345678, up to 86400)");
        } else if (!times.empty() && *at < times.back()) {
            complaints.add(number, "goes back in time (allowed: times in order)");
        } else if (times.size() == recorded_max) {
            complaints.add(number, too_many);
            break;
        } else {
            times.push_back(*at);
        }
    }
    return times;
}

/// Whether the first line that counts is one of an access log.
bool is_log(std::string_view rest) {
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        if (!is_left_out(line)) return parse_log_time(line).has_value();
    }
    return false;
}

}  // namespace

std::vector<core::Duration> parse_recorded(const std::string& text, const std::string& name,
                                           const std::string& key_path,
                                           config::Problems& problems) {
    Complaints complaints{name, key_path, problems};
    return is_log(text) ? parse_log(text, complaints) : parse_times(text, complaints);
}

}  // namespace spillway::scenario
