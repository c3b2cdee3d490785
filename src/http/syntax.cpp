#include "http/syntax.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v6.hpp>
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

using CharSet = std::array<bool, 256>;

constexpr CharSet alphanumeric_and(std::string_view others) {
    CharSet set{};
    for (char c = '0'; c <= '9'; ++c) set[static_cast<unsigned char>(c)] = true;
    for (char c = 'a'; c <= 'z'; ++c) set[static_cast<unsigned char>(c)] = true;
    for (char c = 'A'; c <= 'Z'; ++c) set[static_cast<unsigned char>(c)] = true;
    for (const char c : others) set[static_cast<unsigned char>(c)] = true;
    return set;
}

constexpr CharSet token_chars = alphanumeric_and("!#$%&'*+-.^_`|~");     // RFC 9110, 5.6.2
constexpr CharSet reg_name_chars = alphanumeric_and("-._~!$&'()*+,;=");  // RFC 3986, 3.2.2

/// True for the characters that a target may carry raw. Stricter than what reaches us through
/// Beast (which lets '#', quotes and non-ASCII pass), laxer than RFC 3986 in `[]{}|^` and the
/// backtick, which browsers send unescaped in queries.
constexpr CharSet target_chars = [] {
    CharSet table{};
    for (int c = 0x21; c < 0x7f; ++c) table[static_cast<std::size_t>(c)] = true;
    for (const char c : {'#', '"', '<', '>', '\\', '%'})
        table[static_cast<unsigned char>(c)] = false;
    return table;
}();

/// The length of the front of `text` that is made of `set` and well-formed percent-encodings.
template <const CharSet& set>
std::size_t span_of(std::string_view text) noexcept {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const char* at = begin;
    for (;;) {
        while (at != end && set[static_cast<unsigned char>(*at)]) ++at;
        if (end - at < 3 || *at != '%' || !is_hex(at[1]) || !is_hex(at[2])) break;
        at += 3;
    }
    return static_cast<std::size_t>(at - begin);
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

/// What stands between brackets: an IPv6 address without a zone, or one of a future version
/// (RFC 3986, 3.2.2).
bool is_ip_literal(std::string_view inside) noexcept {
    if (!inside.empty() && lower(inside.front()) == 'v') {
        const auto point = inside.find('.');
        if (point == std::string_view::npos) return false;
        const auto version = inside.substr(1, point - 1);
        const auto address = inside.substr(point + 1);
        return !version.empty() && std::all_of(version.begin(), version.end(), is_hex) &&
               !address.empty() && std::all_of(address.begin(), address.end(), [](char c) {
                   return c == ':' || reg_name_chars[static_cast<unsigned char>(c)];
               });
    }
    constexpr std::size_t longest = 45;  // eight groups, the last two as IPv4
    std::array<char, longest + 1> text{};
    // Neither a zone, nor an end before the end.
    constexpr std::string_view forbidden("%\0", 2);
    if (inside.size() > longest || inside.find_first_of(forbidden) != std::string_view::npos)
        return false;
    std::copy(inside.begin(), inside.end(), text.begin());
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(text.data(), error);
    return !error;
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
    const std::size_t host = span_of<reg_name_chars>(text);
    if (host == 0) return false;
    return host == text.size() || (text[host] == ':' && is_port(text.substr(host + 1)));
}

std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_token_char(char c) noexcept { return token_chars[static_cast<unsigned char>(c)]; }

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
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
    if (text == "*") return Target{.path = text, .query = {}, .authority = {}, .is_https = false};
    if (span_of<target_chars>(text) != text.size()) return std::nullopt;

    Target target;
    if (text.empty()) return std::nullopt;
    if (text.front() != '/') {
        std::size_t scheme = 0;
        if (equals_ignoring_case(text.substr(0, 7), "http://")) scheme = 7;
        if (equals_ignoring_case(text.substr(0, 8), "https://")) scheme = 8;
        if (scheme == 0) return std::nullopt;
        target.is_https = scheme == 8;
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
