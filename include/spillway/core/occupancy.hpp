#pragma once
// The four numbers that decide every admission, in one 64-bit word, and every way they may change.
//
// Each transition is a pure function of the whole word, so that a thread which changes it by
// compare-and-swap decides and counts in one step: no permit is granted on a stale count. Two
// invariants hold after each of them, whatever the interleaving:
//   * work conserving: waiting > 0 implies in_flight >= limit
//     (suspended only inside the owner's lock, between a raised limit and the grants it causes);
//   * no overtaking: a newcomer is granted at once only while nobody waits.

#include <cstdint>

#include "spillway/core/assert.hpp"

namespace spillway::core {

/// How full a limiter is. *Pure.* Each count is at most `Occupancy::count_max`.
struct Occupancy {
    static constexpr unsigned count_bits = 21;
    static constexpr std::uint32_t count_max = (1U << count_bits) - 1;

    std::uint32_t in_flight = 0;  // holders of a permit; above `limit` only after it was lowered
    std::uint32_t waiting = 0;    // live tickets
    std::uint32_t limit = 0;      // 0 is allowed: everybody waits
    bool closed = false;          // newcomers are refused

    /// A newcomer would get a permit without waiting.
    [[nodiscard]] constexpr bool grants_at_once() const noexcept {
        return !closed && waiting == 0 && in_flight < limit;
    }
    /// A newcomer would find neither a permit nor a place among `capacity` waiters.
    [[nodiscard]] constexpr bool is_full(std::uint32_t capacity) const noexcept {
        return (waiting > 0 || in_flight >= limit) && waiting >= capacity;
    }

    friend constexpr bool operator==(const Occupancy&, const Occupancy&) noexcept = default;
};

[[nodiscard]] constexpr std::uint64_t pack(Occupancy o) noexcept {
    constexpr auto bits = Occupancy::count_bits;
    return std::uint64_t{o.in_flight} | std::uint64_t{o.waiting} << bits |
           std::uint64_t{o.limit} << 2 * bits | std::uint64_t{o.closed} << 3 * bits;
}

[[nodiscard]] constexpr Occupancy unpack(std::uint64_t word) noexcept {
    constexpr auto bits = Occupancy::count_bits;
    const auto count = [word](unsigned shift) {
        return static_cast<std::uint32_t>(word >> shift & Occupancy::count_max);
    };
    return {.in_flight = count(0),
            .waiting = count(bits),
            .limit = count(2 * bits),
            .closed = (word >> 3 * bits) != 0};
}

/// The transitions. What does not apply leaves the word as it is.
namespace occupancy {

/// A newcomer takes a permit if that needs no waiting.
[[nodiscard]] constexpr Occupancy acquire_at_once(Occupancy o) noexcept {
    if (o.grants_at_once()) ++o.in_flight;
    return o;
}

/// A newcomer takes a permit, else a place in the queue, else nothing.
[[nodiscard]] constexpr Occupancy arrive(Occupancy o, std::uint32_t capacity) noexcept {
    if (o.grants_at_once()) {
        ++o.in_flight;
    } else if (!o.closed && o.waiting < capacity) {
        ++o.waiting;
    }
    return o;
}

/// A permit comes back, provided that nobody waits for it.
[[nodiscard]] constexpr Occupancy release_unwanted(Occupancy o) noexcept {
    SPILLWAY_ASSERT(o.in_flight > 0);
    if (o.waiting == 0) --o.in_flight;
    return o;
}

/// A permit comes back. With waiters it changes hands (in_flight stays), unless the limit was
/// lowered in the meantime: then it disappears.
[[nodiscard]] constexpr Occupancy release(Occupancy o) noexcept {
    SPILLWAY_ASSERT(o.in_flight > 0);
    if (o.waiting > 0 && o.in_flight <= o.limit) {
        --o.waiting;
    } else {
        --o.in_flight;
    }
    return o;
}

/// A waiter takes a permit that a raised limit has made free.
[[nodiscard]] constexpr Occupancy grant(Occupancy o) noexcept {
    if (o.waiting > 0 && o.in_flight < o.limit) {
        --o.waiting;
        ++o.in_flight;
    }
    return o;
}

/// A waiter leaves without a permit.
[[nodiscard]] constexpr Occupancy leave(Occupancy o) noexcept {
    SPILLWAY_ASSERT(o.waiting > 0);
    --o.waiting;
    return o;
}

[[nodiscard]] constexpr Occupancy with_limit(Occupancy o, std::uint32_t limit) noexcept {
    o.limit = limit;
    return o;
}

[[nodiscard]] constexpr Occupancy close(Occupancy o) noexcept {
    o.closed = true;
    return o;
}

}  // namespace occupancy
}  // namespace spillway::core
