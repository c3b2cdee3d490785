#include "telemetry/log_line.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <iterator>

#include "telemetry/escape.hpp"

namespace spillway::telemetry {
namespace {

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info",
                                                      "warn",  "error", "off"};

template <class Number>
void append_number(std::string& out, Number value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    out.append(digits.begin(), end);
}

void append_padded(std::string& out, int value, std::size_t width) {
    std::array<char, 12> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    const auto length = static_cast<std::size_t>(std::distance(digits.begin(), end));
    if (length < width) out.append(width - length, '0');
    out.append(digits.begin(), end);
}

void append_time(std::string& out, std::chrono::system_clock::time_point time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - seconds).count();
    const std::time_t since_epoch = std::chrono::system_clock::to_time_t(seconds);
    std::tm utc{};
    ::gmtime_r(&since_epoch, &utc);
    append_padded(out, utc.tm_year + 1900, 4);
    out += '-';
    append_padded(out, utc.tm_mon + 1, 2);
    out += '-';
    append_padded(out, utc.tm_mday, 2);
    out += 'T';
    append_padded(out, utc.tm_hour, 2);
    out += ':';
    append_padded(out, utc.tm_min, 2);
    out += ':';
    append_padded(out, utc.tm_sec, 2);
    out += '.';
    append_padded(out, static_cast<int>(milliseconds), 3);
    out += 'Z';
}

}  // namespace

std::string_view to_string(LogLevel level) noexcept {
    return level_names[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> log_level(std::string_view name) noexcept {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (level_names[i] == name) return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

std::optional<LogFormat> log_format(std::string_view name) noexcept {
    if (name == "text") return LogFormat::text;
    if (name == "json") return LogFormat::json;
    return std::nullopt;
}

void LogField::append_text(std::string& out) const {
    out += key_;
    out += '=';
    if (const auto* text = std::get_if<std::string_view>(&value_)) {
        append_text_value(out, *text);
    } else if (const auto* flag = std::get_if<bool>(&value_)) {
        out += *flag ? "true" : "false";
    } else if (const auto* real = std::get_if<double>(&value_)) {
        append_number(out, *real);
    } else if (const auto* whole = std::get_if<std::int64_t>(&value_)) {
        append_number(out, *whole);
    } else {
        append_number(out, std::get<std::uint64_t>(value_));
    }
}

void LogField::append_json(std::string& out) const {
    out += '"';
    out += key_;
    out += "\":";
    if (const auto* text = std::get_if<std::string_view>(&value_)) {
        out += '"';
        append_json_escaped(out, *text);
        out += '"';
    } else if (const auto* flag = std::get_if<bool>(&value_)) {
        out += *flag ? "true" : "false";
    } else if (const auto* real = std::get_if<double>(&value_)) {
        // JSON has no infinity and no NaN.
        if (std::isfinite(*real)) {
            append_number(out, *real);
        } else {
            out += "null";
        }
    } else if (const auto* whole = std::get_if<std::int64_t>(&value_)) {
        append_number(out, *whole);
    } else {
        append_number(out, std::get<std::uint64_t>(value_));
    }
}

void append_body(std::string& out, LogFormat format, std::string_view message, LogFields fields) {
    if (format == LogFormat::text) {
        append_text_escaped(out, message);
        for (const LogField& field : fields) {
            out += ' ';
            field.append_text(out);
        }
        return;
    }
    out += "\"msg\":\"";
    append_json_escaped(out, message);
    out += '"';
    for (const LogField& field : fields) {
        out += ',';
        field.append_json(out);
    }
}

void append_line(std::string& out, LogFormat format, LogLevel level,
                 std::chrono::system_clock::time_point time, std::string_view body) {
    const std::string_view name = to_string(level);
    if (format == LogFormat::text) {
        append_time(out, time);
        out += ' ';
        out += name;
        out.append(6 - name.size(), ' ');
        out += body;
        out += '\n';
        return;
    }
    out += "{\"ts\":\"";
    append_time(out, time);
    out += "\",\"level\":\"";
    out += name;
    out += "\",";
    out += body;
    out += "}\n";
}

}  // namespace spillway::telemetry
