#include "config/rule.hpp"

#include <algorithm>
#include <utility>

#include "config/nearest.hpp"
#include "config/units.hpp"

namespace spillway::config {

namespace {

constexpr std::size_t shown_max = 60;

std::string shown(const Value& value) {
    if (!value.is_scalar()) return std::string{kind_name(value)};
    const bool is_long = value.text.size() > shown_max;
    return '"' + value.text.substr(0, shown_max) + (is_long ? "...\"" : "\"");
}

template <typename T>
Parsed<T> wrong(std::string error) {
    return {std::nullopt, std::move(error)};
}

/// Reads with `parse`, which knows the notation, then holds the result to [low, high].
template <typename T, typename Parse>
Parsed<T> in_range(const Value& value, std::string_view what, T low, T high, Parse parse) {
    if (!value.is_scalar()) {
        return wrong<T>("expected " + std::string{what} + ", got " + shown(value));
    }
    const auto read = parse(value.text);
    if (!read) return wrong<T>(shown(value) + " is not " + std::string{what});
    if (*read < low || *read > high) return wrong<T>(shown(value) + " is out of range");
    return {static_cast<T>(*read), {}};
}

template <typename T>
Rule<T> number(T low, T high) {
    return {
        std::to_string(low) + ".." + std::to_string(high),
        [low, high](const Value& value) -> Parsed<T> {
            if (value.is_quoted && parse_integer(value.text)) {
                return wrong<T>(shown(value) + " is text, not a number: leave the quotes out");
            }
            return in_range<T>(value, "a whole number", low, high, parse_integer);
        },
        [](const T& value) { return Value::scalar(std::to_string(value)); },
    };
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
    return all;
}

Value text_value(const std::string& text) { return Value::scalar(text, true); }

}  // namespace

Rule<std::uint32_t> count(std::uint32_t low, std::uint32_t high) {
    return number<std::uint32_t>(low, high);
}

Rule<std::uint64_t> long_count(std::uint64_t low, std::uint64_t high) {
    return number<std::uint64_t>(low, high);
}

Rule<std::uint32_t> one_number_of(std::vector<std::uint32_t> numbers) {
    std::vector<std::string> words;
    for (const std::uint32_t number : numbers) words.push_back(std::to_string(number));
    return {
        joined(words),
        [words](const Value& value) -> Parsed<std::uint32_t> {
            const bool is_one = value.is_scalar() && !value.is_quoted &&
                                std::find(words.begin(), words.end(), value.text) != words.end();
            if (!is_one) return wrong<std::uint32_t>(shown(value) + " is not allowed");
            return {static_cast<std::uint32_t>(*parse_integer(value.text)), {}};
        },
        [](const std::uint32_t& value) { return Value::scalar(std::to_string(value)); },
    };
}

Rule<std::uint64_t> size(std::uint64_t low, std::uint64_t high) {
    return {
        format_size(low) + ".." + format_size(high),
        [low, high](const Value& value) {
            return in_range<std::uint64_t>(value, "a size such as 16KiB, 10MiB or 4096", low, high,
                                           parse_size);
        },
        [](const std::uint64_t& bytes) { return Value::scalar(format_size(bytes)); },
    };
}

namespace {

std::string format_fine(core::Duration duration) {
    const auto whole = std::chrono::duration_cast<Millis>(duration);
    if (whole == duration) return format_duration(whole);
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration);
    return std::to_string(us.count()) + "us";
}

/// What is longer than a day is a day and a bit.
std::optional<core::Duration> parse_fine(std::string_view text) {
    constexpr std::chrono::milliseconds most = std::chrono::hours{25};
    if (!text.ends_with("us")) {
        const auto whole = parse_duration(text);
        if (!whole) return std::nullopt;
        return std::min<std::chrono::milliseconds>(*whole, most);
    }
    text.remove_suffix(2);
    const auto count = parse_integer(text);
    if (!count) return std::nullopt;
    // Compared before it is converted: what is too large would wrap.
    constexpr std::uint64_t most_us = std::chrono::microseconds{most}.count();
    return std::chrono::microseconds{static_cast<std::int64_t>(std::min(*count, most_us))};
}

}  // namespace

Rule<core::Duration> fine_duration(core::Duration low, core::Duration high) {
    return {
        format_fine(low) + ".." + format_fine(high),
        [low, high](const Value& value) -> Parsed<core::Duration> {
            if (!value.is_scalar())
                return {std::nullopt, "expected a duration, got " + std::string{kind_name(value)}};
            const auto parsed = parse_fine(value.text);
            if (!parsed) return {std::nullopt, '"' + value.text + "\" is not a duration"};
            if (*parsed < low || *parsed > high)
                return {std::nullopt, '"' + value.text + "\" is out of range"};
            return {parsed, {}};
        },
        [](const core::Duration& duration) { return Value::scalar(format_fine(duration)); },
    };
}

Rule<Millis> duration(Millis low, Millis high) {
    return {
        format_duration(low) + ".." + format_duration(high),
        [low, high](const Value& value) {
            return in_range<Millis>(value, "a duration such as 200ms, 5s, 1m or 0s", low, high,
                                    parse_duration);
        },
        [](const Millis& value) { return Value::scalar(format_duration(value)); },
    };
}

Rule<bool> flag() {
    return {
        "true, false",
        [](const Value& value) -> Parsed<bool> {
            if (value.is_scalar() && !value.is_quoted) {
                for (const char* word : {"true", "True", "TRUE"}) {
                    if (value.text == word) return {true, {}};
                }
                for (const char* word : {"false", "False", "FALSE"}) {
                    if (value.text == word) return {false, {}};
                }
            }
            return wrong<bool>("expected true or false, got " + shown(value));
        },
        [](const bool& value) { return Value::scalar(value ? "true" : "false"); },
    };
}

Rule<std::string> one_of(std::vector<std::string> words) {
    return {
        joined(words),
        [words](const Value& value) -> Parsed<std::string> {
            if (!value.is_scalar())
                return wrong<std::string>("expected a word, got " + shown(value));
            if (std::find(words.begin(), words.end(), value.text) != words.end())
                return {value.text, {}};
            return wrong<std::string>(shown(value) + " is not known" +
                                      did_you_mean(value.text, words));
        },
        text_value,
    };
}

Rule<std::string> text(std::string allowed,
                       std::function<std::string(std::string_view)> wrong_with) {
    return {
        std::move(allowed),
        [wrong_with = std::move(wrong_with)](const Value& value) -> Parsed<std::string> {
            if (!value.is_scalar()) return wrong<std::string>("expected text, got " + shown(value));
            std::string error = wrong_with(value.text);
            if (!error.empty()) return wrong<std::string>(shown(value) + ' ' + error);
            return {value.text, {}};
        },
        text_value,
    };
}

Rule<double> decimal(double low, double high) {
    return {
        format_decimal(low) + ".." + format_decimal(high),
        [low, high](const Value& value) -> Parsed<double> {
            if (value.is_quoted && parse_decimal(value.text)) {
                return wrong<double>(shown(value) + " is text, not a number: leave the quotes out");
            }
            return in_range<double>(value, "a number", low, high, parse_decimal);
        },
        [](const double& value) { return Value::scalar(format_decimal(value)); },
    };
}

template <typename T>
Rule<std::optional<T>> or_auto(Rule<T> rule) {
    using Auto = std::optional<T>;
    return {
        rule.allowed + " or auto",
        [parse = rule.parse](const Value& value) -> Parsed<Auto> {
            if (value.is_scalar() && !value.is_quoted && value.text == "auto") {
                return {Auto{}, {}};
            }
            Parsed<T> parsed = parse(value);
            if (!parsed.value) return wrong<Auto>(std::move(parsed.error));
            return {Auto{*parsed.value}, {}};
        },
        [format = rule.format](const Auto& value) {
            return value ? format(*value) : Value::scalar("auto");
        },
    };
}

template Rule<std::optional<std::uint32_t>> or_auto(Rule<std::uint32_t>);
template Rule<std::optional<double>> or_auto(Rule<double>);
template Rule<std::optional<Millis>> or_auto(Rule<Millis>);

}  // namespace spillway::config
