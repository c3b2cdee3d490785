#pragma once
// How one single value is read, checked against its range, and written back. Pure.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/value.hpp"

namespace spillway::config {

template <typename T>
struct Parsed {
    std::optional<T> value;
    std::string error;  // what is wrong; empty when there is a value
};

template <typename T>
struct Rule {
    std::string allowed;  // "1..1024 or auto", the same words in messages and documents
    std::function<Parsed<T>(const Value&)> parse;
    std::function<Value(const T&)> format;
};

/// Decimal, unquoted, in [low, high].
[[nodiscard]] Rule<std::uint32_t> count(std::uint32_t low, std::uint32_t high);
[[nodiscard]] Rule<std::uint64_t> long_count(std::uint64_t low, std::uint64_t high);

/// One of a few numbers.
[[nodiscard]] Rule<std::uint32_t> one_number_of(std::vector<std::uint32_t> numbers);

[[nodiscard]] Rule<std::uint64_t> size(std::uint64_t low, std::uint64_t high);
[[nodiscard]] Rule<Millis> duration(Millis low, Millis high);

/// One that may be as short as a microsecond: `50us` beside what all durations are. At most a day.
[[nodiscard]] Rule<core::Duration> fine_duration(core::Duration low, core::Duration high);

/// true or false, unquoted (YAML 1.2: yes, no, on and off are text).
[[nodiscard]] Rule<bool> flag();

/// One of `words`.
[[nodiscard]] Rule<std::string> one_of(std::vector<std::string> words);

/// Any text for which `wrong` (what is wrong with it) is empty.
[[nodiscard]] Rule<std::string> text(std::string allowed,
                                     std::function<std::string(std::string_view)> wrong);

/// A number with up to three decimals, in [low, high].
[[nodiscard]] Rule<double> decimal(double low, double high);

/// `rule`, or the word auto. For std::uint32_t, double and Millis.
template <typename T>
[[nodiscard]] Rule<std::optional<T>> or_auto(Rule<T> rule);

}  // namespace spillway::config
