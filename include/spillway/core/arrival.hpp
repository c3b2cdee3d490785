#pragma once
// What became of a newcomer, and of one who has waited.

#include <cstdint>
#include <optional>

#include "spillway/core/assert.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/core/wait_slab.hpp"

namespace spillway::core {

/// What became of a newcomer.
class Arrival {
public:
    enum class Kind : std::uint8_t { granted, queued, refused };

    [[nodiscard]] static Arrival granted(std::uint32_t in_flight) noexcept {
        return {Kind::granted, in_flight, {}, {}};
    }
    [[nodiscard]] static Arrival queued(std::uint32_t in_flight, Ticket ticket) noexcept {
        return {Kind::queued, in_flight, ticket, {}};
    }
    [[nodiscard]] static Arrival queued_instead_of(std::uint32_t in_flight, Ticket evicted,
                                                   Ticket ticket) noexcept {
        Arrival arrival = queued(in_flight, ticket);
        arrival.evicted_ = evicted;
        return arrival;
    }
    [[nodiscard]] static Arrival refused(std::uint32_t in_flight, RejectReason reason) noexcept {
        return {Kind::refused, in_flight, {}, reason};
    }

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is_granted() const noexcept { return kind_ == Kind::granted; }
    [[nodiscard]] bool is_queued() const noexcept { return kind_ == Kind::queued; }
    [[nodiscard]] bool is_refused() const noexcept { return kind_ == Kind::refused; }

    /// Holders of a permit right after the decision (the new one included).
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return in_flight_; }
    /// Of a queued newcomer only.
    [[nodiscard]] Ticket ticket() const noexcept {
        SPILLWAY_ASSERT(is_queued());
        return ticket_;
    }
    /// The ticket that has ended to make room for this one: its owner is refused with `shed`.
    [[nodiscard]] const std::optional<Ticket>& evicted() const noexcept { return evicted_; }
    /// Of a refused newcomer only: queue_full, shed, deadline or draining.
    [[nodiscard]] RejectReason reason() const noexcept {
        SPILLWAY_ASSERT(is_refused());
        return reason_;
    }

private:
    Arrival(Kind kind, std::uint32_t in_flight, Ticket ticket, RejectReason reason) noexcept
        : in_flight_(in_flight), ticket_(ticket), kind_(kind), reason_(reason) {}

    std::uint32_t in_flight_;
    Ticket ticket_;
    std::optional<Ticket> evicted_;
    Kind kind_;
    RejectReason reason_;
};

/// A ticket that has ended, but not by its owner's will.
struct Departure {
    enum class End : std::uint8_t {
        granted,  // it has become a permit, to be given back with its cost
        expired,  // its deadline has come
        shed,     // it had waited too long for its turn to be worth taking
    };

    Ticket ticket;
    End end = End::granted;
    std::uint32_t cost = 1;
    std::uint32_t in_flight = 0;  // holders of a permit right after it

    [[nodiscard]] bool is_granted() const noexcept { return end == End::granted; }
};

}  // namespace spillway::core
