#pragma once
// What a newcomer asks for.

#include <algorithm>
#include <cstdint>

#include "spillway/core/occupancy.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// What the queue needs to know of a request. Everything in it is bounded by whoever makes it: a
/// band that does not exist counts as the last one, a share that does not exist as none.
struct Claim {
    static constexpr std::uint16_t no_share = UINT16_MAX;

    TimePoint deadline = never;      // until when it may wait
    std::uint32_t cost = 1;          // units, 1..Occupancy::count_max
    std::uint8_t band = 0;           // 0 is the most urgent
    std::uint16_t share = no_share;  // index of the configured tenant, if it is one
    std::uint64_t tenant = 0;        // keyed hash of the tenant's name, for all others
};

/// What a computed number of units, however absurd, counts as.
[[nodiscard]] constexpr std::uint32_t cost_of(std::uint64_t units) noexcept {
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(units, 1, Occupancy::count_max));
}

/// One unit for anybody, without end: what a question is about that names no claim.
inline constexpr Claim any_claim{};

}  // namespace spillway::core
