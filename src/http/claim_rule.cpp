#include "http/claim_rule.hpp"

#include <algorithm>
#include <optional>

#include "http/image_pixels.hpp"
#include "http/priority_field.hpp"
#include "http/syntax.hpp"

namespace spillway::http {

namespace {

using BandFrom = ClaimOptions::BandFrom;
using CostPer = ClaimOptions::CostPer;

bool claims_nothing(const ClaimOptions& o) noexcept {
    return o.bands == 1 && o.cost_per == CostPer::request && o.cost == 1;
}

/// How many units that makes, a begun one included.
std::uint32_t units(std::uint64_t amount, std::uint64_t each) noexcept {
    return core::cost_of(amount / each + (amount % each != 0 ? 1 : 0));
}

}  // namespace

ClaimRule::ClaimRule(ClaimOptions options)
    : options_(std::move(options)), is_plain_(claims_nothing(options_)) {}

core::Claim ClaimRule::read(const RequestHead& head, std::uint64_t content_length,
                            const Origin& origin) const {
    core::Claim claim;
    claim.band = band(head, origin);
    claim.cost = cost(content_length, {});
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

}  // namespace spillway::http
