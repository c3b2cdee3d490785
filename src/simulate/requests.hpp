#pragma once
// The requests that are alive, and those who come back: a slab of slots that is reused, so that a
// simulation allocates only while more are alive than ever before.

#include <cstdint>
#include <vector>

#include "spillway/core/rate/gcra.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/core/time.hpp"
#include "spillway/core/wait_slab.hpp"

namespace spillway::simulate {

inline constexpr std::uint32_t no_slot = UINT32_MAX;

enum class Stage : std::uint8_t {
    away,       // a client that will try again, or a slot that is free
    held,       // within its quota, but not yet
    waiting,    // in the queue
    working,    // holds a permit
    abandoned,  // holds a permit, and nobody waits for the answer
};

struct Request {
    core::TimePoint arrived;  // the intended instant of this attempt
    core::TimePoint entered;  // the queue, or would have
    core::TimePoint granted;
    core::Ticket ticket;
    core::RateReservation unit;    // while it is held
    bool unit_shared = false;      // likewise
    std::uint32_t generation = 0;  // of the slot; tells an end that is out of date
    std::uint32_t in_flight = 0;   // units at the grant, its own included
    std::uint32_t tenant = 0;
    std::uint32_t next = no_slot;  // in the lane of its kind, or among the free
    std::uint32_t previous = no_slot;
    std::uint16_t attempts = 1;
    std::uint8_t kind = 0;
    std::uint8_t phase = 0;
    Stage stage = Stage::away;
    core::RejectReason expiry = core::RejectReason::wait_timeout;
    core::Outcome abandoned_as = core::Outcome::ignored;
};

/// The live requests of one kind, in the order of their arrival. All of a kind lose patience after
/// the same time, so the first in the lane is the first to leave: no heap, and nothing out of date.
struct Lane {
    std::uint32_t first = no_slot;
    std::uint32_t last = no_slot;
};

/// *Shard-local.* Every operation is O(1).
class Requests {
public:
    [[nodiscard]] Request& operator[](std::uint32_t slot) noexcept { return slots_[slot]; }

    [[nodiscard]] std::uint32_t take() {
        if (free_ == no_slot) {
            slots_.emplace_back();
            return static_cast<std::uint32_t>(slots_.size() - 1);
        }
        const std::uint32_t slot = free_;
        free_ = slots_[slot].next;
        return slot;
    }

    void give_back(std::uint32_t slot) noexcept {
        Request& request = slots_[slot];
        ++request.generation;
        request.stage = Stage::away;
        request.next = free_;
        free_ = slot;
    }

    void enter(Lane& lane, std::uint32_t slot) noexcept {
        Request& request = slots_[slot];
        request.previous = lane.last;
        request.next = no_slot;
        (lane.last == no_slot ? lane.first : slots_[lane.last].next) = slot;
        lane.last = slot;
    }

    void leave(Lane& lane, std::uint32_t slot) noexcept {
        const Request& request = slots_[slot];
        (request.previous == no_slot ? lane.first : slots_[request.previous].next) = request.next;
        (request.next == no_slot ? lane.last : slots_[request.next].previous) = request.previous;
    }

private:
    std::vector<Request> slots_;
    std::uint32_t free_ = no_slot;
};

}  // namespace spillway::simulate
