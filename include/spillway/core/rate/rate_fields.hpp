#pragma once
// What a client is told about its quota: Retry-After, and the RateLimit and RateLimit-Policy fields
// of draft-ietf-httpapi-ratelimit-headers-10 (structured fields, RFC 9651):
//
//     RateLimit-Policy: "default";q=100;w=1;spillway-burst=200
//     RateLimit: "default";r=57;t=1
//
// q units per w seconds is the rate; r is what would be allowed at once, t the whole seconds until
// it is more than r. So t never names a later instant than Retry-After does, as the draft wants it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spillway/core/rate/gcra.hpp"

namespace spillway::core {

/// Retry-After of a refusal in whole seconds, rounded up, at least 1; nothing when waiting does not
/// help. No jitter: a tenant's own quota has no crowd. *Pure.*
[[nodiscard]] std::optional<std::uint64_t> retry_after_seconds(
    const RateDecision& refused) noexcept;

/// The fields of one policy. *Pure*, immutable; allocates at construction only.
class RateFields {
public:
    static constexpr std::size_t name_bytes_max = 64;
    /// A value of the RateLimit field, written without allocating.
    class Limit {
    public:
        [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

    private:
        friend RateFields;
        std::array<char, 2 * name_bytes_max + 48> text_;
        std::size_t size_ = 0;
    };

    /// `name` is the policy's, cut at name_bytes_max; what a structured string cannot hold becomes
    /// '?'. `options` must be valid.
    RateFields(std::string_view name, const RateOptions& options);

    /// The value of RateLimit-Policy, the same for every answer. A period that is no whole number
    /// of seconds is told as the next one, with as much more quota; a burst equal to the rate is
    /// not told.
    [[nodiscard]] std::string_view policy() const noexcept { return policy_; }

    /// The value of RateLimit.
    [[nodiscard]] Limit limit(const RateStanding& standing) const noexcept;

private:
    std::string name_;  // as a structured string, quotes included
    std::string policy_;
};

}  // namespace spillway::core
