#pragma once
// Whose request it is, for whatever is shared out among callers.

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string_view>

#include "http/client_address.hpp"
#include "spillway/core/keyed_hash.hpp"

namespace spillway::http {

/// The hash of the tenant: of the first field of that name, as sent, up to 256 bytes of it; with an
/// empty `header` of the client's address, IPv6 by /64. Quota::anonymous without such a field, and
/// for no other tenant. Does not allocate. O(fields). Thread-safe.
[[nodiscard]] std::uint64_t tenant_hash(core::HashKey key, std::string_view header,
                                        const TrustedProxies& trusted,
                                        const boost::asio::ip::address& peer,
                                        const RequestHead& head);

}  // namespace spillway::http
