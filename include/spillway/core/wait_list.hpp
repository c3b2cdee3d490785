#pragma once
// The places of the waiters, first come first served: a slab of tickets linked by index.

#include <cstdint>
#include <vector>

#include "spillway/core/assert.hpp"

namespace spillway::core {

/// A waiter's place. `index` is below the capacity and no two live tickets share one, so an owner
/// can keep what it knows of a waiter in an array of its own; `generation` tells a ticket that has
/// ended from a later one on the same index.
struct Ticket {
    std::uint32_t index = UINT32_MAX;
    std::uint32_t generation = 0;

    friend constexpr bool operator==(const Ticket&, const Ticket&) noexcept = default;
};

/// *Shard-local.* Every operation is O(1); allocates at construction only.
class WaitList {
public:
    explicit WaitList(std::uint32_t capacity) : places_(capacity) {
        for (std::uint32_t i = 0; i < capacity; ++i)
            places_[i].next = i + 1 < capacity ? i + 1 : none;
        free_ = capacity > 0 ? 0 : none;
    }

    [[nodiscard]] std::uint32_t capacity() const noexcept {
        return static_cast<std::uint32_t>(places_.size());
    }
    [[nodiscard]] bool empty() const noexcept { return head_ == none; }

    /// The ticket that has waited longest; the list must not be empty.
    [[nodiscard]] Ticket front() const noexcept {
        SPILLWAY_ASSERT(head_ != none);
        return at(head_);
    }

    /// The live ticket at `index`.
    [[nodiscard]] Ticket at(std::uint32_t index) const noexcept {
        SPILLWAY_ASSERT(index < places_.size() && places_[index].live);
        return {index, places_[index].generation};
    }

    [[nodiscard]] bool contains(Ticket ticket) const noexcept {
        return ticket.index < places_.size() && places_[ticket.index].live &&
               places_[ticket.index].generation == ticket.generation;
    }

    /// A new last ticket; a place must be free.
    [[nodiscard]] Ticket push_back() noexcept {
        SPILLWAY_ASSERT(free_ != none);
        const std::uint32_t index = free_;
        Place& place = places_[index];
        free_ = place.next;
        place.live = true;
        place.previous = tail_;
        place.next = none;
        (tail_ == none ? head_ : places_[tail_].next) = index;
        tail_ = index;
        return {index, place.generation};
    }

    /// Ends a live ticket, wherever it stands.
    void erase(Ticket ticket) noexcept {
        SPILLWAY_ASSERT(contains(ticket));
        Place& place = places_[ticket.index];
        (place.previous == none ? head_ : places_[place.previous].next) = place.next;
        (place.next == none ? tail_ : places_[place.next].previous) = place.previous;
        place.live = false;
        ++place.generation;
        place.next = free_;
        free_ = ticket.index;
    }

private:
    static constexpr std::uint32_t none = UINT32_MAX;
    struct Place {
        std::uint32_t previous = none;
        std::uint32_t next = none;  // of a free place: the next free one
        std::uint32_t generation = 0;
        bool live = false;
    };

    std::vector<Place> places_;
    std::uint32_t head_ = none;
    std::uint32_t tail_ = none;
    std::uint32_t free_ = none;
};

}  // namespace spillway::core
