#pragma once
// What a log line looks like: `2026-01-02T03:04:05.678Z info  listening address=0.0.0.0:8080`, or
// the same as one JSON object. Pure; the thread that logs writes the body, the log's own thread
// puts the head before it.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace spillway::telemetry {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };
enum class LogFormat : std::uint8_t { text, json };

[[nodiscard]] std::string_view to_string(LogLevel level) noexcept;
/// The level or format of that name; nothing when there is none.
[[nodiscard]] std::optional<LogLevel> log_level(std::string_view name) noexcept;
[[nodiscard]] std::optional<LogFormat> log_format(std::string_view name) noexcept;

/// One `key=value` of a line. It refers to its texts and is meant to live for one call.
/// Keys are words of this project: they are not escaped.
class LogField {
public:
    LogField(std::string_view key, std::string_view value) : key_(key), value_(value) {}
    LogField(std::string_view key, const char* value)
        : key_(key), value_(std::string_view(value)) {}
    LogField(std::string_view key, const std::string& value)
        : key_(key), value_(std::string_view(value)) {}
    LogField(std::string_view key, bool value) : key_(key), value_(value) {}
    LogField(std::string_view key, double value) : key_(key), value_(value) {}
    template <std::signed_integral T>
    LogField(std::string_view key, T value) : key_(key), value_(std::int64_t{value}) {}
    template <std::unsigned_integral T>
        requires(!std::same_as<T, bool>)
    LogField(std::string_view key, T value) : key_(key), value_(std::uint64_t{value}) {}

    void append_text(std::string& out) const;
    void append_json(std::string& out) const;

private:
    std::string_view key_;
    std::variant<std::string_view, bool, double, std::int64_t, std::uint64_t> value_;
};

using LogFields = std::initializer_list<LogField>;

/// Appends message and fields; strangers' bytes in them are escaped.
void append_body(std::string& out, LogFormat format, std::string_view message, LogFields fields);

/// Appends time (UTC, milliseconds) and level, then `body`, then the newline.
void append_line(std::string& out, LogFormat format, LogLevel level,
                 std::chrono::system_clock::time_point time, std::string_view body);

}  // namespace spillway::telemetry
