#include "http/priority_field.hpp"

#include <algorithm>

#include "http/syntax.hpp"

namespace spillway::http {

namespace {

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }

bool is_key_char(char c) noexcept {
    return is_lower(c) || (c >= '0' && c <= '9') || std::string_view{"_-.*"}.find(c) < 4;
}

/// Cuts a key off the text; empty: there is none.
std::string_view take_key(std::string_view& text) noexcept {
    if (text.empty() || !(is_lower(text.front()) || text.front() == '*')) return {};
    const auto end = std::find_if_not(text.begin(), text.end(), is_key_char);
    const std::string_view key = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(key.size());
    return key;
}

/// Cuts off what stands before the next comma that is neither in a string nor in a list. Nothing if
/// a string or a list does not end.
std::optional<std::string_view> take_value(std::string_view& text) noexcept {
    bool in_string = false;
    bool in_list = false;
    std::size_t i = 0;
    for (; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '(' || c == ')') {
            if (in_list == (c == '(')) return std::nullopt;
            in_list = c == '(';
        } else if (c == ',' && !in_list) {
            break;
        }
    }
    if (in_string || in_list) return std::nullopt;
    const std::string_view value = text.substr(0, i);
    text.remove_prefix(value.size());
    return value;
}

/// "=N", with parameters or without.
std::optional<std::uint8_t> urgency_of(std::string_view value) noexcept {
    value = trimmed(value.substr(0, value.find(';')));
    if (value.size() != 2 || value[0] != '=' || value[1] < '0' || value[1] > '7')
        return std::nullopt;
    return static_cast<std::uint8_t>(value[1] - '0');
}

}  // namespace

std::optional<std::uint8_t> parse_urgency(std::string_view field) noexcept {
    std::optional<std::uint8_t> found;
    std::string_view rest = trimmed(field);
    while (!rest.empty()) {
        const std::string_view key = take_key(rest);
        const auto value = take_value(rest);
        if (key.empty() || !value) return std::nullopt;
        const bool is_bare = trimmed(*value).empty();
        if (!is_bare && value->front() != '=' && value->front() != ';') return std::nullopt;
        if (key == "u") found = urgency_of(*value);  // of several the last one counts
        if (rest.empty()) break;
        rest = trimmed(rest.substr(1));
        if (rest.empty()) return std::nullopt;  // nothing behind a comma
    }
    return found;
}

std::optional<std::uint8_t> urgency(const RequestHead& head) noexcept {
    for (std::size_t i = head.field_count(); i-- > 0;) {
        const FieldView field = head.field(i);
        if (!equals_ignoring_case(field.name, "priority")) continue;
        if (const auto found = parse_urgency(field.value)) return found;
    }
    return std::nullopt;
}

}  // namespace spillway::http
