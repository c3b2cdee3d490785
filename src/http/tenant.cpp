#include "http/tenant.hpp"

#include <algorithm>
#include <stdexcept>

#include "spillway/admission/quota.hpp"

namespace spillway::http {

namespace {

using From = TenantOptions::From;

/// So much of a tenant's name counts: hashing is a nanosecond a byte, and names have no end.
constexpr std::size_t name_bytes_max = 256;

static_assert(Tenant{}.hash == admission::Quota::anonymous);

std::uint64_t hash_of(std::string_view text, core::HashKey key) noexcept {
    return std::max<std::uint64_t>(core::keyed_hash(key, text), admission::Quota::anonymous + 1);
}

ClientKey address_key(const std::string& text) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(text, error);
    if (error) throw std::invalid_argument("not an address: " + text);
    return client_key(address);
}

/// The share of a key in a sorted list.
template <class Shares, class Key>
std::uint16_t find_share(const Shares& shares, const Key& key) noexcept {
    const auto at =
        std::lower_bound(shares.begin(), shares.end(), key,
                         [](const auto& entry, const Key& wanted) { return entry.first < wanted; });
    return at == shares.end() || at->first != key ? core::Claim::no_share : at->second;
}

}  // namespace

TenantRule::TenantRule(const TenantOptions& options)
    : from_(options.from), header_(options.header) {
    for (std::size_t i = 0; i < options.shares.size(); ++i) {
        const auto share = static_cast<std::uint16_t>(i);
        if (from_ == From::address) {
            addresses_.emplace_back(address_key(options.shares[i]), share);
        } else {
            names_.emplace_back(options.shares[i], share);
        }
    }
    std::sort(names_.begin(), names_.end());
    std::sort(addresses_.begin(), addresses_.end());
}

Tenant TenantRule::read(const RequestHead& head, const Origin& origin) const {
    switch (from_) {
        case From::nobody:
            return {};
        case From::header:
            return by_name(head.find(header_), origin.key);
        case From::address:
            return by_address(head, origin);
    }
    return {};
}

Tenant TenantRule::by_name(std::string_view name, core::HashKey key) const noexcept {
    if (name.empty()) return {};
    return {.hash = hash_of(name.substr(0, name_bytes_max), key),
            .share = find_share(names_, name)};
}

Tenant TenantRule::by_address(const RequestHead& head, const Origin& origin) const {
    const ClientKey client = client_key(origin.trusted.client(origin.peer, head));
    const auto& bytes = client.bytes;
    return {
        .hash = hash_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, origin.key),
        .share = find_share(addresses_, client)};
}

}  // namespace spillway::http
