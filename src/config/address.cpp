#include "config/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "config/units.hpp"

namespace spillway::config {

namespace {

using Address = std::array<unsigned char, 16>;

std::optional<Address> parse_address(int family, const std::string& text) {
    Address address{};
    if (text.find('\0') != std::string::npos) return std::nullopt;  // it would end there
    if (inet_pton(family, text.c_str(), address.data()) != 1) return std::nullopt;
    return address;
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The IPv6 part of `[address]`; a zone ("%eth0") is part of the text but not of the address.
bool is_ipv6(std::string_view text) {
    const auto percent = text.find('%');
    if (percent != std::string_view::npos) {
        const auto zone = text.substr(percent + 1);
        const bool is_name = std::all_of(zone.begin(), zone.end(), [](char c) {
            return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
        });
        if (zone.empty() || !is_name) return false;
    }
    return parse_address(AF_INET6, std::string{text.substr(0, percent)}).has_value();
}

}  // namespace

bool is_host_name(std::string_view host) {
    const bool has_letter = std::any_of(host.begin(), host.end(), [](char c) {
        return is_letter_or_digit(c) && (c < '0' || c > '9');
    });
    // Digits and dots alone are an address that went wrong, not a name.
    return has_letter && host.size() <= 253 && is_letter_or_digit(host.front()) &&
           is_letter_or_digit(host.back()) && std::all_of(host.begin(), host.end(), [](char c) {
               return is_letter_or_digit(c) || c == '-' || c == '.';
           });
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    const auto port = parse_integer(digits);
    if (!port || *port > 65535 || digits.size() > 5) return std::nullopt;

    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        if (!is_ipv6(host)) return std::nullopt;
    } else if (!parse_address(AF_INET, std::string{host}) && !is_host_name(host)) {
        return std::nullopt;
    }
    return Endpoint{std::string{host}, static_cast<std::uint16_t>(*port)};
}

bool overlap(const Endpoint& a, const Endpoint& b) {
    if (a.port != b.port || a.port == 0) return false;
    for (const int family : {AF_INET, AF_INET6}) {
        const auto left = parse_address(family, a.host);
        const auto right = parse_address(family, b.host);
        if (!left || !right) continue;
        return *left == *right || *left == Address{} || *right == Address{};
    }
    return a.host == b.host;
}

bool is_loopback(const Endpoint& endpoint) {
    if (const auto v4 = parse_address(AF_INET, endpoint.host)) return v4->front() == 127;
    if (const auto v6 = parse_address(AF_INET6, endpoint.host)) {
        Address loopback{};
        loopback.back() = 1;
        return *v6 == loopback;
    }
    return endpoint.host == "localhost";
}

bool is_cidr(std::string_view text) {
    const auto slash = text.rfind('/');
    if (slash == std::string_view::npos) return false;
    const std::string address{text.substr(0, slash)};
    const auto bits = parse_integer(text.substr(slash + 1));
    if (!bits) return false;
    if (parse_address(AF_INET, address)) return *bits <= 32;
    const auto v6 = parse_address(AF_INET6, address);
    if (!v6 || *bits > 128) return false;
    // IPv4 in IPv6: a block of both families would be one of neither.
    constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return *bits >= 96 || !std::equal(mapped.begin(), mapped.end(), v6->begin());
}

}  // namespace spillway::config
