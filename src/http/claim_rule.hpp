#pragma once
// What a request claims, read from its header and priced by its body.

#include <cstdint>
#include <span>

#include "http/tenant.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/http/options.hpp"
#include "spillway/http/request.hpp"

namespace spillway::http {

/// One route's reading of ClaimOptions. Immutable, thread-safe. Whatever a client writes gives some
/// valid claim: what is absurd is clamped or ignored.
class ClaimRule {
public:
    explicit ClaimRule(ClaimOptions options);

    /// Every request claims what core::any_claim does, whoever its tenant is.
    [[nodiscard]] bool is_plain() const noexcept { return is_plain_; }

    /// All but tenant and deadline. The cost is that of a body as long as announced, and that of a
    /// pixel if it is by pixels. O(fields).
    [[nodiscard]] core::Claim read(const RequestHead& head, std::uint64_t content_length,
                                   const Origin& origin) const;

    /// Once the body is in; `body` is empty if nobody has kept it. O(1), or a bounded scan.
    [[nodiscard]] std::uint32_t cost(std::uint64_t body_bytes,
                                     std::span<const char> body) const noexcept;

private:
    [[nodiscard]] std::uint8_t band(const RequestHead& head, const Origin& origin) const;

    const ClaimOptions options_;
    const bool is_plain_;
};

}  // namespace spillway::http
