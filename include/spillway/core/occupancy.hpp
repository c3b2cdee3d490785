#pragma once
// The numbers that decide every admission, in one 64-bit word, and every way they may change.
//
// Each transition is a pure function of the whole word and of the room there is, so that a thread
// which changes the word by compare-and-swap decides and counts in one step: no permit is granted
// on a stale count. Two invariants hold after each of them, whatever the interleaving:
//   * work conserving: while somebody waits, the one whose turn it is does not fit
//     (suspended only between a change under the owner's lock and the departures it causes);
//   * no overtaking: a newcomer is granted at once only while nobody waits.

#include <cstdint>

#include "spillway/core/assert.hpp"

namespace spillway::core {

/// How full a limiter is, as read at one instant.
struct Occupancy {
    static constexpr unsigned count_bits = 21;
    static constexpr std::uint32_t count_max = (1U << count_bits) - 1;

    std::uint32_t in_flight = 0;  // holders of a permit
    std::uint32_t units = 0;      // what their permits cost; above `limit` only after it was
                                  // lowered, or while a request that costs more runs alone
    std::uint32_t waiting = 0;    // live tickets
    std::uint32_t limit = 0;      // units; 0 is allowed: everybody waits
    bool closed = false;          // newcomers are refused

    friend constexpr bool operator==(const Occupancy&, const Occupancy&) noexcept = default;
};

/// What may be out at once. Each at most Occupancy::count_max.
struct Room {
    std::uint32_t limit = 0;                      // units
    std::uint32_t places = Occupancy::count_max;  // holders, whatever they cost
};

/// The word: holders, units, waiters, closed. *Pure.* Costs are 1..Occupancy::count_max.
class Counts {
public:
    constexpr Counts() noexcept = default;
    explicit constexpr Counts(std::uint64_t word) noexcept : word_(word) {}

    [[nodiscard]] constexpr std::uint64_t word() const noexcept { return word_; }
    [[nodiscard]] constexpr std::uint32_t in_flight() const noexcept { return field(0); }
    [[nodiscard]] constexpr std::uint32_t units() const noexcept { return field(bits); }
    [[nodiscard]] constexpr std::uint32_t waiting() const noexcept { return field(2 * bits); }
    [[nodiscard]] constexpr bool closed() const noexcept { return word_ >> 3 * bits != 0; }

    /// A request of this cost could hold a permit now. One that costs more than the limit may if it
    /// is alone: it could not run otherwise.
    [[nodiscard]] constexpr bool fits(std::uint32_t cost, Room room) const noexcept {
        if (units() + cost > room.limit && (in_flight() > 0 || room.limit == 0)) return false;
        return in_flight() < room.places;
    }
    /// Units and a place are free, if only for less than somebody asks for.
    [[nodiscard]] constexpr bool leaves_idle(Room room) const noexcept {
        return in_flight() < room.places && units() < room.limit;
    }
    /// A newcomer would get a permit without waiting.
    [[nodiscard]] constexpr bool grants_at_once(std::uint32_t cost, Room room) const noexcept {
        return word_ >> 2 * bits == 0 && fits(cost, room);  // neither waiters nor closed
    }

    // --- transitions ---------------------------------------------------------------------------

    [[nodiscard]] constexpr Counts with_holder(std::uint32_t cost) const noexcept {
        return Counts(word_ + holder(cost));
    }
    [[nodiscard]] constexpr Counts without_holder(std::uint32_t cost) const noexcept {
        SPILLWAY_ASSERT(in_flight() > 0 && units() >= cost);
        return Counts(word_ - holder(cost));
    }
    [[nodiscard]] constexpr Counts with_waiter() const noexcept { return Counts(word_ + waiter); }
    [[nodiscard]] constexpr Counts without_waiter() const noexcept {
        SPILLWAY_ASSERT(waiting() > 0);
        return Counts(word_ - waiter);
    }
    [[nodiscard]] constexpr Counts with_close() const noexcept {
        return Counts(word_ | std::uint64_t{1} << 3 * bits);
    }

    friend constexpr bool operator==(Counts, Counts) noexcept = default;

private:
    static constexpr unsigned bits = Occupancy::count_bits;
    static constexpr std::uint64_t waiter = std::uint64_t{1} << 2 * bits;

    [[nodiscard]] static constexpr std::uint64_t holder(std::uint32_t cost) noexcept {
        return 1 + (std::uint64_t{cost} << bits);
    }
    [[nodiscard]] constexpr std::uint32_t field(unsigned shift) const noexcept {
        return static_cast<std::uint32_t>(word_ >> shift & Occupancy::count_max);
    }

    std::uint64_t word_ = 0;
};

}  // namespace spillway::core
