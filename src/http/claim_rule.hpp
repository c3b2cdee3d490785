#pragma once
// What a request claims, read from its header and priced by its body.

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/client_address.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/keyed_hash.hpp"
#include "spillway/http/options.hpp"
#include "spillway/http/request.hpp"

namespace spillway::http {

/// One route's reading of ClaimOptions. Immutable, thread-safe. Whatever a client writes gives some
/// valid claim: what is absurd is clamped or ignored.
class ClaimRule {
public:
    /// Names of tenants must be addresses if they are told by address; std::invalid_argument
    /// otherwise.
    explicit ClaimRule(ClaimOptions options);

    /// Every request claims core::any_claim.
    [[nodiscard]] bool is_plain() const noexcept { return is_plain_; }

    /// Where a request comes from, and who is believed.
    struct Origin {
        const boost::asio::ip::address& peer;
        const TrustedProxies& trusted;
        core::HashKey key;
    };
    /// All but the deadline. The cost is that of a body as long as announced, and that of a pixel
    /// if it is by pixels. O(fields).
    [[nodiscard]] core::Claim read(const RequestHead& head, std::uint64_t content_length,
                                   const Origin& origin) const;

    /// Once the body is in; `body` is empty if nobody has kept it. O(1), or a bounded scan.
    [[nodiscard]] std::uint32_t cost(std::uint64_t body_bytes,
                                     std::span<const char> body) const noexcept;

private:
    [[nodiscard]] std::uint8_t band(const RequestHead& head, const Origin& origin) const;
    void set_tenant(core::Claim& claim, const RequestHead& head, const Origin& origin) const;

    const ClaimOptions options_;
    const bool is_plain_;
    // Sorted, with their shares; one of the two is empty.
    std::vector<std::pair<std::string, std::uint16_t>> names_;
    std::vector<std::pair<std::array<std::uint8_t, 9>, std::uint16_t>> addresses_;
};

}  // namespace spillway::http
