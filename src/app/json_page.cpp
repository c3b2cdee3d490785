#include "app/json_page.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

namespace spillway::app {

namespace json = boost::json;

namespace {

bool is_flat(const json::value& value) {
    if (const auto* array = value.if_array()) return array->empty();
    if (const auto* object = value.if_object()) return object->empty();
    return true;
}

/// Boost.JSON writes 0.2 as 2E-1, which is no way to read a duration.
std::string decimal(double number) {
    std::array<char, 330> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed, 6)
            .ptr;
    std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
    digits.remove_suffix(digits.size() - 1 - digits.find_last_not_of('0'));
    if (digits.ends_with('.')) digits.remove_suffix(1);
    return std::string(digits);
}

/// Members on lines of their own, but for objects without structure inside.
void write(std::string& out, const json::value& value, std::size_t depth) {
    const std::string indent(2 * depth + 2, ' ');
    const auto item = [&](std::string_view separator) {
        out += separator;
        out += '\n' + indent;
    };
    std::string_view separator;
    if (const auto* object = value.if_object(); object != nullptr && !is_flat(value)) {
        out += '{';
        for (const auto& [key, member] : *object) {
            item(std::exchange(separator, ","));
            out += json::serialize(json::string(key)) + ": ";
            write(out, member, depth + 1);
        }
        out += '\n' + indent.substr(2) + '}';
    } else if (const auto* array = value.if_array(); array != nullptr && !is_flat(value)) {
        out += '[';
        for (const auto& one : *array) {
            item(std::exchange(separator, ","));
            write(out, one, depth + 1);
        }
        out += '\n' + indent.substr(2) + ']';
    } else if (const auto* number = value.if_double(); number != nullptr) {
        out += std::isfinite(*number) ? decimal(*number) : "null";
    } else {
        out += json::serialize(value);
    }
}

}  // namespace

http::Page::Content json_page(unsigned status, std::string_view content_type,
                              const json::object& what) {
    std::string text;
    write(text, what, 0);
    return {status, content_type, text + '\n'};
}

}  // namespace spillway::app
