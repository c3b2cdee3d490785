#pragma once
// Who the client is, also behind a balancer.

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "spillway/http/request.hpp"

namespace spillway::http {

/// An address as a key for caps: IPv6 grouped by /64, since one client commands that many.
struct ClientKey {
    std::array<std::uint8_t, 9> bytes{};  // family, then 4 or 8 bytes
    friend auto operator<=>(const ClientKey&, const ClientKey&) = default;
};
struct ClientKeyHash {
    [[nodiscard]] std::size_t operator()(const ClientKey& key) const noexcept;
};
[[nodiscard]] ClientKey client_key(const boost::asio::ip::address& address) noexcept;

/// The networks whose word on the client's address counts. Immutable, thread-safe.
class TrustedProxies {
public:
    /// CIDRs or single addresses; throws std::invalid_argument naming a bad one.
    explicit TrustedProxies(const std::vector<std::string>& cidrs);

    [[nodiscard]] bool contains(const boost::asio::ip::address& address) const noexcept;

    /// The client behind `peer`: the rightmost address in Forwarded (RFC 7239), else in
    /// X-Forwarded-For, that is not itself a trusted proxy. `peer` itself when it is not trusted,
    /// or when the fields are absent or unreadable at that place.
    [[nodiscard]] boost::asio::ip::address client(const boost::asio::ip::address& peer,
                                                  const RequestHead& head) const;

private:
    std::vector<boost::asio::ip::network_v4> v4_;
    std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace spillway::http
