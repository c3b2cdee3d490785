#include "http/syntax.hpp"

#include <array>
#include <charconv>

namespace spillway::http {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr bool is_hex(char c) noexcept {
    const char l = lower(c);
    return is_digit(c) || (l >= 'a' && l <= 'f');
}

/// True for the characters that a target may carry raw. Stricter than what reaches us through
/// Beast (which lets '#', quotes and non-ASCII pass), laxer than RFC 3986 in `[]{}|^` and the
/// backtick, which browsers send unescaped in queries.
constexpr std::array<bool, 256> target_chars = [] {
    std::array<bool, 256> table{};
    for (int c = 0x21; c < 0x7f; ++c) table[static_cast<std::size_t>(c)] = true;
    for (const char c : {'#', '"', '<', '>', '\\'}) table[static_cast<unsigned char>(c)] = false;
    return table;
}();

bool is_target_text(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!target_chars[static_cast<unsigned char>(text[i])]) return false;
        if (text[i] != '%') continue;
        if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
    }
    return true;
}

bool is_port(std::string_view text) noexcept {
    if (text.size() > 5) return false;
    unsigned port = 0;
    for (const char c : text) {
        if (!is_digit(c)) return false;
        port = port * 10 + static_cast<unsigned>(c - '0');
    }
    return port <= 65535;
}

bool is_reg_name(std::string_view text) noexcept {
    constexpr std::string_view others = "-._~!$&'()*+,;=";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
            continue;
        }
        const char l = lower(c);
        if (!is_digit(c) && !(l >= 'a' && l <= 'z') && others.find(c) == std::string_view::npos)
            return false;
    }
    return true;
}

bool is_ip_literal(std::string_view inside) noexcept {
    if (inside.empty()) return false;
    bool colon = false;
    for (const char c : inside) {
        if (c == ':') colon = true;
        if (!is_hex(c) && c != ':' && c != '.') return false;
    }
    return colon;
}

}  // namespace

bool is_authority(std::string_view text, bool may_be_empty) noexcept {
    if (text.empty()) return may_be_empty;
    if (text.front() == '[') {
        const auto end = text.find(']');
        if (end == std::string_view::npos || !is_ip_literal(text.substr(1, end - 1))) return false;
        const auto rest = text.substr(end + 1);
        return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
    }
    const auto colon = text.find(':');
    const auto host = text.substr(0, colon);
    if (host.empty() || !is_reg_name(host)) return false;
    return colon == std::string_view::npos || is_port(text.substr(colon + 1));
}

std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_token(std::string_view text) noexcept {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    for (const char c : text) {
        const char l = lower(c);
        if (!is_digit(c) && !(l >= 'a' && l <= 'z') && others.find(c) == std::string_view::npos)
            return false;
    }
    return !text.empty();
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

std::optional<Target> parse_target(std::string_view text) noexcept {
    if (text == "*") return Target{.path = text, .query = {}, .authority = {}};
    if (!is_target_text(text)) return std::nullopt;

    Target target;
    if (text.empty()) return std::nullopt;
    if (text.front() != '/') {
        std::size_t scheme = 0;
        if (equals_ignoring_case(text.substr(0, 7), "http://")) scheme = 7;
        if (equals_ignoring_case(text.substr(0, 8), "https://")) scheme = 8;
        if (scheme == 0) return std::nullopt;
        text.remove_prefix(scheme);
        const auto end = text.find_first_of("/?");
        target.authority = text.substr(0, end);
        if (!is_authority(target.authority, false)) return std::nullopt;
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
    }
    const auto mark = text.find('?');
    target.path = text.substr(0, mark);
    if (target.path.empty()) target.path = "/";  // http://host and http://host?query
    if (mark != std::string_view::npos) target.query = text.substr(mark + 1);
    return target;
}

std::optional<std::uint64_t> parse_decimal_seconds_ms(std::string_view text) noexcept {
    constexpr std::uint64_t seconds_max = 86400;
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    const auto seconds = parse_length(whole);
    if (!seconds) return std::nullopt;
    std::uint64_t ms = 0;
    if (point != std::string_view::npos) {
        const auto fraction = text.substr(point + 1);
        if (fraction.empty()) return std::nullopt;
        std::uint64_t unit = 100;
        for (const char c : fraction) {
            if (!is_digit(c)) return std::nullopt;
            ms += unit * static_cast<std::uint64_t>(c - '0');
            unit /= 10;
        }
    }
    if (*seconds >= seconds_max) return seconds_max * 1000;
    return *seconds * 1000 + ms;
}

}  // namespace spillway::http
