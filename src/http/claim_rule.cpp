#include "http/claim_rule.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "http/image_pixels.hpp"
#include "http/priority_field.hpp"
#include "http/syntax.hpp"

namespace spillway::http {

namespace {

using BandFrom = ClaimOptions::BandFrom;
using TenantFrom = ClaimOptions::TenantFrom;
using CostPer = ClaimOptions::CostPer;

/// So much of a tenant's name counts: hashing is a nanosecond a byte, and names have no end.
constexpr std::size_t name_bytes_max = 256;

bool claims_nothing(const ClaimOptions& o) noexcept {
    return o.bands == 1 && o.tenant_from == TenantFrom::nobody && o.cost_per == CostPer::request &&
           o.cost == 1;
}

/// How many units that makes, a begun one included.
std::uint32_t units(std::uint64_t amount, std::uint64_t each) noexcept {
    return core::cost_of(amount / each + (amount % each != 0 ? 1 : 0));
}

/// The share of a key in a sorted list.
template <class Shares, class Key>
std::optional<std::uint16_t> find_share(const Shares& shares, const Key& key) noexcept {
    const auto at =
        std::lower_bound(shares.begin(), shares.end(), key,
                         [](const auto& entry, const Key& wanted) { return entry.first < wanted; });
    if (at == shares.end() || at->first != key) return std::nullopt;
    return at->second;
}

std::array<std::uint8_t, 9> address_key(const std::string& text) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(text, error);
    if (error) throw std::invalid_argument("not an address: " + text);
    return client_key(address).bytes;
}

}  // namespace

ClaimRule::ClaimRule(ClaimOptions options)
    : options_(std::move(options)), is_plain_(claims_nothing(options_)) {
    for (std::size_t i = 0; i < options_.tenants.size(); ++i) {
        const auto share = static_cast<std::uint16_t>(i);
        if (options_.tenant_from == TenantFrom::address) {
            addresses_.emplace_back(address_key(options_.tenants[i]), share);
        } else {
            names_.emplace_back(options_.tenants[i], share);
        }
    }
    std::sort(names_.begin(), names_.end());
    std::sort(addresses_.begin(), addresses_.end());
}

core::Claim ClaimRule::read(const RequestHead& head, std::uint64_t content_length,
                            const Origin& origin) const {
    core::Claim claim;
    claim.band = band(head, origin);
    claim.cost = cost(content_length, {});
    if (options_.tenant_from != TenantFrom::nobody) set_tenant(claim, head, origin);
    return claim;
}

std::uint32_t ClaimRule::cost(std::uint64_t body_bytes, std::span<const char> body) const noexcept {
    switch (options_.cost_per) {
        case CostPer::request:
            return core::cost_of(options_.cost);
        case CostPer::byte:
            return units(body_bytes, options_.cost);
        case CostPer::pixel: {
            const std::uint64_t pixels = image_pixels(body).value_or(1);
            return pixels > options_.pixels_max ? 1 : units(pixels, options_.cost);
        }
    }
    return 1;
}

std::uint8_t ClaimRule::band(const RequestHead& head, const Origin& origin) const {
    const std::uint32_t last = options_.bands - 1;
    const std::uint32_t own = std::min(options_.band, last);
    std::optional<std::uint64_t> asked;
    if (options_.band_from == BandFrom::header)
        asked = parse_length(head.find(options_.band_header));
    if (options_.band_from == BandFrom::rfc9218) asked = urgency(head);
    if (!asked) return static_cast<std::uint8_t>(own);

    const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(*asked, last));
    // Anybody may stand back; who may push forward is for those to say whom we trust.
    if (wanted >= own || origin.trusted.contains(origin.peer))
        return static_cast<std::uint8_t>(wanted);
    return static_cast<std::uint8_t>(own);
}

void ClaimRule::set_tenant(core::Claim& claim, const RequestHead& head,
                           const Origin& origin) const {
    std::optional<std::uint16_t> share;
    if (options_.tenant_from == TenantFrom::address) {
        const auto key = client_key(origin.trusted.client(origin.peer, head)).bytes;
        claim.tenant =
            core::keyed_hash(origin.key, {reinterpret_cast<const char*>(key.data()), key.size()});
        share = find_share(addresses_, key);
    } else {
        const std::string_view name = head.find(options_.tenant_header);
        claim.tenant = core::keyed_hash(origin.key, name.substr(0, name_bytes_max));
        share = find_share(names_, name);
    }
    if (share) claim.share = *share;
}

}  // namespace spillway::http
