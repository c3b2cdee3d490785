#pragma once
// Rules for values that only scenarios have. Pure.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/problem.hpp"
#include "config/rule.hpp"
#include "scenario/scenario.hpp"

namespace spillway::scenario {

/// `100/s`, or `10..1000/s` for a ramp, up to three decimals; or none.
[[nodiscard]] config::Rule<std::optional<Rate>> rate();

using config::decimal;

/// 1 ms to a day.
[[nodiscard]] config::Rule<Millis> some_time();

/// http://host:port and nothing after it.
[[nodiscard]] config::Rule<std::string> target();

/// http://host:port/path, auto or none.
[[nodiscard]] config::Rule<std::string> metrics_url();

/// A path with its query; a template.
[[nodiscard]] config::Rule<std::string> request_path();

/// The value of a header field; a template.
[[nodiscard]] config::Rule<std::string> header_value();

/// Text of 1..80 characters without control characters.
[[nodiscard]] config::Rule<std::string> title();

/// Complains of header fields that no request has, or that the generator writes itself.
void check_header_names(const config::Value& map, const std::string& path,
                        config::Problems& problems);

/// Complains of names that cannot be a tenant's.
void check_tenant_names(const config::Value& map, const std::string& path,
                        config::Problems& problems);

/// `rule`, or the word none.
template <typename T>
config::Rule<std::optional<T>> or_none(config::Rule<T> rule) {
    using config::Parsed;
    using config::Value;
    return {
        rule.allowed + " or none",
        [parse = rule.parse](const Value& value) -> Parsed<std::optional<T>> {
            if (value.is_scalar() && value.text == "none") return {std::optional<T>{}, {}};
            Parsed<T> parsed = parse(value);
            if (!parsed.value) return {std::nullopt, std::move(parsed.error)};
            return {std::optional<T>{std::move(*parsed.value)}, {}};
        },
        [format = rule.format](const std::optional<T>& value) {
            return value ? format(*value) : Value::scalar("none");
        },
    };
}

/// One of the words, each of which stands for a value.
template <typename E>
config::Rule<E> word_for(std::vector<std::pair<std::string, E>> words) {
    using config::Parsed;
    using config::Value;
    std::vector<std::string> names;
    for (const auto& [name, meaning] : words) names.push_back(name);
    const config::Rule<std::string> word = config::one_of(names);
    return {
        word.allowed,
        [words, parse = word.parse](const Value& value) -> Parsed<E> {
            Parsed<std::string> parsed = parse(value);
            if (!parsed.value) return {std::nullopt, std::move(parsed.error)};
            for (const auto& [name, meaning] : words) {
                if (name == *parsed.value) return {meaning, {}};
            }
            return {std::nullopt, "is not known"};
        },
        [words](const E& value) {
            for (const auto& [name, meaning] : words) {
                if (meaning == value) return Value::scalar(name);
            }
            return Value::scalar("");
        },
    };
}

}  // namespace spillway::scenario
