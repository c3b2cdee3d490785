#pragma once
// Syntax of listen addresses and CIDR blocks. Pure: nothing is resolved or bound here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::config {

struct Endpoint {
    std::string host;  // IPv4 or IPv6 address (without brackets) or a host name
    std::uint16_t port = 0;
};

/// `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080`. Port 0 is any free port.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);

/// True when a listener on one would get in the way of one on the other: same port (not 0), same
/// host or one of them every address of the same family.
[[nodiscard]] bool overlap(const Endpoint& a, const Endpoint& b);

/// True for 127.0.0.0/8, ::1 and localhost.
[[nodiscard]] bool is_loopback(const Endpoint& endpoint);

/// Letters, digits, hyphens and dots, at least one letter.
[[nodiscard]] bool is_host_name(std::string_view host);

/// `10.0.0.0/8`, `fd00::/8`: a complete address and a prefix length.
[[nodiscard]] bool is_cidr(std::string_view text);

}  // namespace spillway::config
