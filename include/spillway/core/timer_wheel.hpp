#pragma once
// The deadlines of one shard's connections: a hashed timing wheel whose common case is one store.
//
// A connection moves its deadline several times per request and nearly always to a later instant.
// So moving later only writes the new deadline into the node; the node stays in the slot where it
// was filed, and is filed anew if that slot's turn finds its time not yet come. Only a deadline
// earlier than the filed one relinks. A heap was rejected: O(log n) for every request, to order
// timeouts of which almost none ever fires.
//
// A tick is 2^22 ns (4.2 ms), there are 1024 of them (4.3 s); what lies further ahead is filed in
// the last slot and looked at again when its turn comes. A node fires at the first tick boundary
// at or after its deadline: never early, at most a tick late.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "spillway/core/assert.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

namespace detail {
/// A circular list through its nodes.
struct WheelLinks {
    WheelLinks* previous = this;
    WheelLinks* next = this;

    [[nodiscard]] bool is_alone() const noexcept { return next == this; }
    void unlink() noexcept {
        previous->next = next;
        next->previous = previous;
        previous = next = this;
    }
    void push_back(WheelLinks& node) noexcept {
        node.previous = previous;
        node.next = this;
        previous->next = &node;
        previous = &node;
    }
    /// Moves all nodes of `other` behind those of this list.
    void splice_back(WheelLinks& other) noexcept {
        if (other.is_alone()) return;
        other.next->previous = previous;
        other.previous->next = this;
        previous->next = other.next;
        previous = other.previous;
        other.previous = other.next = &other;
    }
};
}  // namespace detail

/// *Shard-local.* Never allocates.
class TimerWheel {
public:
    static constexpr int tick_shift = 22;
    static constexpr Duration tick{std::int64_t{1} << tick_shift};
    static constexpr std::size_t slot_count = 1024;

    /// One deadline, to be embedded in or inherited by what it belongs to. Node and wheel may be
    /// destroyed in either order.
    class Node : private detail::WheelLinks {
    public:
        Node() = default;
        Node(const Node&) = delete;
        Node& operator=(const Node&) = delete;
        ~Node() { unlink(); }  // leaves its slot's bit behind, until the slot is visited

        /// When it is to fire, or `never`.
        [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }

    private:
        friend class TimerWheel;
        TimePoint deadline_ = never;
        std::int64_t filed_ = 0;  // the tick in which it will be looked at, while linked
    };

    explicit TimerWheel(TimePoint now) noexcept : current_(floor_tick(now)) {}
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;
    ~TimerWheel() {
        for (auto& slot : slots_) {
            while (!slot.is_alone()) clear(first(slot));
        }
    }

    /// Sets or moves the deadline. One store when it moves later, `never` included; a deadline that
    /// has passed fires at the next tick. O(1).
    void set(Node& node, TimePoint deadline) noexcept {
        node.deadline_ = deadline;
        if (!node.is_alone() && ceil_tick(deadline) >= node.filed_) return;
        refile(node);
    }

    /// Takes the node out. O(1).
    void clear(Node& node) noexcept {
        node.deadline_ = never;
        unlink(node);
    }

    /// Calls `on_due(Node&)` for every node whose turn has come by `now`, in no particular order
    /// within a tick. The node is out of the wheel by then; `on_due` may set, clear and destroy any
    /// node, this one included. It must not throw and must not advance the wheel. O(nodes visited);
    /// an earlier `now` than last time does nothing.
    template <class OnDue>
    void advance(TimePoint now, OnDue on_due) noexcept {
        SPILLWAY_ASSERT(visited_.is_alone());
        const std::int64_t target = floor_tick(now);
        if (target <= current_) return;
        // All that is to be visited leaves its slots first, so that what on_due files meanwhile
        // cannot be visited in this round, even when the wheel turned more than once around.
        for (std::int64_t from = current_ + 1;;) {
            const std::int64_t next = next_filed(from);
            if (next > target || next < from) break;
            const std::size_t slot = slot_of(next);
            visited_.splice_back(slots_[slot]);
            mark(slot, false);
            from = next + 1;
        }
        current_ = target;
        while (!visited_.is_alone()) {
            Node& node = first(visited_);
            if (node.deadline_ > now) {
                refile(node);
                continue;
            }
            clear(node);
            on_due(node);
        }
    }

    /// When advance() next has something to look at, or `never`; not later than the first deadline
    /// plus a tick. May be early for nodes that have moved later or ended since. Scans 16 words.
    [[nodiscard]] TimePoint next_due() const noexcept {
        const std::int64_t next = next_filed(current_ + 1);
        if (next <= current_) return never;
        return TimePoint{Duration{next << tick_shift}};
    }

private:
    static constexpr std::size_t word_bits = 64;
    static constexpr std::size_t word_count = slot_count / word_bits;

    static std::int64_t floor_tick(TimePoint t) noexcept {
        return t.time_since_epoch().count() >> tick_shift;
    }
    static std::int64_t ceil_tick(TimePoint t) noexcept {
        const std::int64_t ns = t.time_since_epoch().count();
        return (ns >> tick_shift) + static_cast<std::int64_t>((ns & (tick.count() - 1)) != 0);
    }
    static std::size_t slot_of(std::int64_t at) noexcept {
        return static_cast<std::size_t>(at) % slot_count;
    }
    static Node& first(detail::WheelLinks& list) noexcept { return static_cast<Node&>(*list.next); }

    void mark(std::size_t slot, bool filled) noexcept {
        const std::uint64_t bit = std::uint64_t{1} << slot % word_bits;
        std::uint64_t& word = filled_[slot / word_bits];
        word = filled ? word | bit : word & ~bit;
    }

    void unlink(Node& node) noexcept {
        if (node.is_alone()) return;
        node.unlink();
        // Also right for a node in `visited_`: no bit set means that the slot is empty, no more.
        const std::size_t slot = slot_of(node.filed_);
        if (slots_[slot].is_alone()) mark(slot, false);
    }

    void refile(Node& node) noexcept {
        unlink(node);
        if (node.deadline_ == never) return;
        const std::int64_t soonest = current_ + 1;
        const std::int64_t furthest = current_ + static_cast<std::int64_t>(slot_count) - 1;
        const std::int64_t wanted = ceil_tick(node.deadline_);
        node.filed_ = wanted < soonest ? soonest : wanted > furthest ? furthest : wanted;
        slots_[slot_of(node.filed_)].push_back(node);
        mark(slot_of(node.filed_), true);
    }

    /// The first tick at or after `from` whose slot holds a node; `from - 1` if there is none.
    [[nodiscard]] std::int64_t next_filed(std::int64_t from) const noexcept {
        const std::size_t start = slot_of(from);
        // Once around, and the first word again for its slots before `start`.
        for (std::size_t i = 0; i <= word_count; ++i) {
            const std::size_t index = (start / word_bits + i) % word_count;
            std::uint64_t word = filled_[index];
            if (i == 0) word &= ~std::uint64_t{0} << start % word_bits;
            if (word == 0) continue;
            const std::size_t slot =
                index * word_bits + static_cast<std::size_t>(std::countr_zero(word));
            return from + static_cast<std::int64_t>((slot - start) % slot_count);
        }
        return from - 1;
    }

    std::int64_t current_;  // the last tick that was visited; slots hold the 1023 ticks after it
    std::array<std::uint64_t, word_count> filled_{};  // one bit per slot: it may hold nodes
    detail::WheelLinks visited_;  // in advance(): out of their slots, not yet judged
    std::array<detail::WheelLinks, slot_count> slots_;
};

}  // namespace spillway::core
