#pragma once
// Whose request it is, for whatever is shared out among callers.

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/client_address.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/keyed_hash.hpp"
#include "spillway/http/options.hpp"

namespace spillway::http {

struct Tenant {
    /// Of its name: of the first field of that name, as sent, up to 256 bytes of it; or of the
    /// client's address. Quota::anonymous without such a field, and for no other tenant.
    std::uint64_t hash = 0;
    std::uint16_t share = core::Claim::no_share;
};

/// Where a request comes from, and who is believed.
struct Origin {
    const boost::asio::ip::address& peer;
    const TrustedProxies& trusted;
    core::HashKey key;
};

/// One route's reading of TenantOptions. Immutable, thread-safe. Whatever a client writes is some
/// tenant, and no error.
class TenantRule {
public:
    /// Names must be addresses if tenants are told by address; std::invalid_argument otherwise.
    explicit TenantRule(const TenantOptions& options);

    [[nodiscard]] bool is_nobody() const noexcept { return from_ == TenantOptions::From::nobody; }
    /// Nobody if there are none. Does not allocate. O(fields).
    [[nodiscard]] Tenant read(const RequestHead& head, const Origin& origin) const;

private:
    [[nodiscard]] Tenant by_address(const RequestHead& head, const Origin& origin) const;
    [[nodiscard]] Tenant by_name(std::string_view name, core::HashKey key) const noexcept;

    const TenantOptions::From from_;
    const std::string header_;
    // Sorted, with their shares; one of the two is empty.
    std::vector<std::pair<std::string, std::uint16_t>> names_;
    std::vector<std::pair<ClientKey, std::uint16_t>> addresses_;
};

}  // namespace spillway::http
