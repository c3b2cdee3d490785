#include "http/tenant.hpp"

#include <algorithm>

#include "spillway/admission/quota.hpp"

namespace spillway::http {

namespace {

/// So much of a tenant's name counts: hashing is a nanosecond a byte.
constexpr std::size_t name_bytes_max = 256;

}  // namespace

std::uint64_t tenant_hash(core::HashKey key, std::string_view header, const TrustedProxies& trusted,
                          const boost::asio::ip::address& peer, const RequestHead& head) {
    std::uint64_t hash = 0;
    if (header.empty()) {
        const ClientKey client = client_key(trusted.client(peer, head));
        hash = core::keyed_hash(
            key, {reinterpret_cast<const char*>(client.bytes.data()), client.bytes.size()});
    } else {
        const std::string_view name = head.find(header);
        if (name.empty()) return admission::Quota::anonymous;
        hash = core::keyed_hash(key, name.substr(0, name_bytes_max));
    }
    static_assert(admission::Quota::anonymous == 0);
    return std::max<std::uint64_t>(hash, 1);
}

}  // namespace spillway::http
