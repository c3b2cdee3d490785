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

#include "spillway/core/keyed_hash.hpp"
#include "spillway/http/request.hpp"

namespace spillway::http {

/// An address as a key for caps: IPv6 grouped by /64, since one client commands that many.
struct ClientKey {
    std::array<std::uint8_t, 9> bytes{};  // family, then 4 or 8 bytes
    friend auto operator<=>(const ClientKey&, const ClientKey&) = default;
};
/// Keyed: addresses are the clients' choice, above all IPv6 ones.
struct ClientKeyHash {
    const core::HashKey* secret;
    [[nodiscard]] std::size_t operator()(const ClientKey& key) const noexcept;
};
[[nodiscard]] ClientKey client_key(const boost::asio::ip::address& address) noexcept;

/// The networks whose word on the client's address counts. Immutable, thread-safe.
class TrustedProxies {
public:
    /// CIDRs or single addresses; throws std::invalid_argument naming a bad one.
    explicit TrustedProxies(const std::vector<std::string>& cidrs);

    [[nodiscard]] bool contains(const boost::asio::ip::address& address) const noexcept;

    /// The client behind `peer`: the rightmost address in Forwarded (RFC 7239) or in
    /// X-Forwarded-For that is not itself a trusted proxy. `peer` itself when it is not trusted,
    /// when the fields are absent or unreadable at that place, or when both are there and do not
    /// agree: a proxy that adds to one of them passes on the other one as the client wrote it.
    /// O(fields, their length).
    [[nodiscard]] boost::asio::ip::address client(const boost::asio::ip::address& peer,
                                                  const RequestHead& head) const;

private:
    enum class Field : std::uint8_t { forwarded, x_forwarded_for };
    [[nodiscard]] std::optional<boost::asio::ip::address> told_by(
        Field which, const boost::asio::ip::address& peer, const RequestHead& head) const;

    std::vector<boost::asio::ip::network_v4> v4_;
    std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace spillway::http
