#pragma once
// The places of the waiters: a slab of tickets, each with what the queue knows of its waiter and
// with the links of the one line that it stands in.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "spillway/core/assert.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// A waiter's place. `index` is below the capacity and no two live tickets share one, so an owner
/// can keep what it knows of a waiter in an array of its own; `generation` tells a ticket that has
/// ended from a later one on the same index.
struct Ticket {
    std::uint32_t index = UINT32_MAX;
    std::uint32_t generation = 0;

    friend constexpr bool operator==(const Ticket&, const Ticket&) noexcept = default;
};

/// What is kept of a claim while it waits.
struct Waiter {
    TimePoint since{};
    std::uint64_t order = 0;  // of arrival, in its room
    Claim claim = {};         // as it was made: another order may ask more of it than the first
    std::uint16_t line = 0;   // within its band
    std::uint8_t band = 0;    // of those that there are
};

/// *Shard-local.* Every operation but adopt() is O(1); allocates at construction and there only.
class WaitSlab {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    explicit WaitSlab(std::uint32_t capacity) : places_(capacity) {
        for (std::uint32_t i = 0; i < capacity; ++i)
            places_[i].next = i + 1 < capacity ? i + 1 : none;
        free_ = capacity > 0 ? 0 : none;
    }

    /// Places, those of live tickets included.
    [[nodiscard]] std::uint32_t size() const noexcept {
        return static_cast<std::uint32_t>(places_.size());
    }

    /// Takes over the live tickets of `other`, in no line yet; for a slab that has none. Tickets
    /// that have ended there stay ended. Has more places afterwards if that takes more. O(places).
    void adopt(const WaitSlab& other) {
        if (const std::uint32_t needed = other.used(); needed > size()) places_.resize(needed);
        newest_ = other.newest_;
        for (std::uint32_t i = size(); i < other.size(); ++i)
            newest_ = std::max(newest_, other.places_[i].generation);
        free_ = none;
        for (std::uint32_t i = size(); i-- > 0;) {
            Place& place = places_[i];
            if (i < other.size()) {
                place = other.places_[i];
            } else {
                place.generation = newest_;
            }
            if (place.live) continue;
            place.next = free_;
            free_ = i;
        }
    }

    /// Calls `f(index)` for each live ticket, in no order that means anything. O(places).
    template <class F>
    void for_each(F f) const {
        for (std::uint32_t i = 0; i < size(); ++i)
            if (places_[i].live) f(i);
    }

    /// The live ticket at `index`.
    [[nodiscard]] Ticket at(std::uint32_t index) const noexcept {
        SPILLWAY_ASSERT(places_[index].live);
        return {index, places_[index].generation};
    }
    [[nodiscard]] const Waiter& operator[](std::uint32_t index) const noexcept {
        return places_[index].waiter;
    }
    [[nodiscard]] Waiter& operator[](std::uint32_t index) noexcept { return places_[index].waiter; }
    [[nodiscard]] bool contains(Ticket ticket) const noexcept {
        return ticket.index < places_.size() && places_[ticket.index].live &&
               places_[ticket.index].generation == ticket.generation;
    }

    /// A new ticket, in no line yet; a place must be free.
    [[nodiscard]] std::uint32_t take(Waiter waiter) noexcept {
        SPILLWAY_ASSERT(free_ != none);
        const std::uint32_t index = free_;
        Place& place = places_[index];
        free_ = place.next;
        place.live = true;
        place.waiter = waiter;
        return index;
    }

    /// Ends a live ticket that is in no line any more.
    void give_back(std::uint32_t index) noexcept {
        Place& place = places_[index];
        SPILLWAY_ASSERT(place.live);
        place.live = false;
        ++place.generation;
        place.next = free_;
        free_ = index;
    }

private:
    friend class WaitLine;
    struct Place {
        Waiter waiter;
        std::uint32_t previous = none;
        std::uint32_t next = none;  // of a free place: the next free one
        std::uint32_t generation = 0;
        bool live = false;
    };

    /// The least number of places that has room for every live ticket where it is.
    [[nodiscard]] std::uint32_t used() const noexcept {
        std::uint32_t used = size();
        while (used > 0 && !places_[used - 1].live) --used;
        return used;
    }

    std::vector<Place> places_;
    std::uint32_t free_ = none;
    std::uint32_t newest_ = 0;  // generation that no ticket of a place that was given up has had
};

/// *Shard-local.* A line of waiters in the order of their arrival, linked through the slab. Every
/// operation is O(1).
class WaitLine {
public:
    [[nodiscard]] bool empty() const noexcept { return head_ == WaitSlab::none; }
    /// The one that came first, and the one that came last; `WaitSlab::none` of an empty line.
    [[nodiscard]] std::uint32_t oldest() const noexcept { return head_; }
    [[nodiscard]] std::uint32_t youngest() const noexcept { return tail_; }

    void push_back(WaitSlab& slab, std::uint32_t index) noexcept {
        auto& place = slab.places_[index];
        place.previous = tail_;
        place.next = WaitSlab::none;
        (tail_ == WaitSlab::none ? head_ : slab.places_[tail_].next) = index;
        tail_ = index;
    }

    /// Takes one out, wherever it stands.
    void erase(WaitSlab& slab, std::uint32_t index) noexcept {
        const auto& place = slab.places_[index];
        (place.previous == WaitSlab::none ? head_ : slab.places_[place.previous].next) = place.next;
        (place.next == WaitSlab::none ? tail_ : slab.places_[place.next].previous) = place.previous;
    }

private:
    std::uint32_t head_ = WaitSlab::none;
    std::uint32_t tail_ = WaitSlab::none;
};

}  // namespace spillway::core
