#pragma once
// Everybody who waits: whose turn is it, whose time is up, how much do they ask for.

#include <cstdint>

#include "spillway/core/claim.hpp"
#include "spillway/core/deadline_heap.hpp"
#include "spillway/core/queue_options.hpp"
#include "spillway/core/relaxed.hpp"
#include "spillway/core/wait_slab.hpp"

namespace spillway::core {

/// *Shard-local*, but for units(), which any thread may ask; a regular value. Knows nothing of
/// permits: the admission queue says when a turn can be taken. Every operation is O(1) or O(log n);
/// allocates at construction only.
class WaitRoom {
public:
    explicit WaitRoom(const QueueOptions& options)
        : slab_(options.capacity), deadlines_(options.capacity) {}

    [[nodiscard]] std::uint32_t capacity() const noexcept { return slab_.capacity(); }
    /// What all waiters ask for together. *Thread-safe.*
    [[nodiscard]] std::uint64_t units() const noexcept { return units_.get(); }

    [[nodiscard]] Ticket ticket(std::uint32_t index) const noexcept { return slab_.at(index); }
    [[nodiscard]] bool contains(Ticket ticket) const noexcept { return slab_.contains(ticket); }
    [[nodiscard]] const Waiter& operator[](std::uint32_t index) const noexcept {
        return slab_[index];
    }

    /// A place must be free.
    std::uint32_t push(TimePoint now, const Claim& claim) noexcept {
        const std::uint32_t index = slab_.take({.since = now, .cost = claim.cost});
        line_.push_back(slab_, index);
        deadlines_.push(index, claim.deadline);
        units_.set(units_.get() + claim.cost);
        return index;
    }

    /// Whose turn it is; somebody must wait. Asked again before anything else has changed, it says
    /// the same.
    [[nodiscard]] std::uint32_t turn() const noexcept { return line_.oldest(); }

    void erase(std::uint32_t index) noexcept {
        units_.set(units_.get() - slab_[index].cost);
        deadlines_.erase(index);
        line_.erase(slab_, index);
        slab_.give_back(index);
    }

    /// The earliest deadline, or `never`; and a waiter that has it.
    [[nodiscard]] TimePoint next_deadline() const noexcept { return deadlines_.earliest(); }
    [[nodiscard]] std::uint32_t next_to_expire() const noexcept { return deadlines_.top(); }

private:
    WaitSlab slab_;
    WaitLine line_;
    DeadlineHeap deadlines_;
    Relaxed<std::uint64_t> units_;
};

}  // namespace spillway::core
