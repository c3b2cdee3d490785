#pragma once
// Everybody who waits: whose turn it is, whose time is up, who must give way to a newcomer.
//
// Bands are outermost: the most urgent one with waiters is next, but for the others' floors
// (BandTurns). Inside a band the discipline decides. A waiter for whom units are kept free keeps
// its turn until it has them all, so a large request is not overtaken by newcomers of its band.
//
// A full room makes room for a newcomer that has the better claim, by sending away
//   * the youngest of the least urgent band, if that is less urgent than the newcomer's. A floor is
//     of use only to who may wait for it: of its places, too, each band keeps the same part;
//   * under `fair` the youngest of the line that is the longest for its weight, if it stays longer
//     than the newcomer's own will be.
//
// How a room is ordered does not change; another room adopts its waiters instead.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "spillway/core/adaptive_order.hpp"
#include "spillway/core/band_turns.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/codel.hpp"
#include "spillway/core/deadline_heap.hpp"
#include "spillway/core/fair_lines.hpp"
#include "spillway/core/queue_options.hpp"
#include "spillway/core/queue_state.hpp"
#include "spillway/core/relaxed.hpp"
#include "spillway/core/time.hpp"
#include "spillway/core/wait_slab.hpp"
#include "spillway/core/watermarks.hpp"

namespace spillway::core {

/// *Shard-local*, but for may_displace(), sheds() and units(), which any thread may ask; a regular
/// value. Knows nothing of permits: the admission queue says when a turn can be taken. Every
/// operation but adopt() is O(1) or O(log n); allocates at construction and there only.
class WaitRoom {
public:
    explicit WaitRoom(const QueueOptions& options);

    /// Takes over all who wait in `other`, with their tickets and deadlines, however many: they
    /// stand as if they had come here, in the order in which they came there. What was observed of
    /// a queue that is ordered the same way is kept. For an empty room. O(n log n).
    void adopt(TimePoint now, const WaitRoom& other);

    /// Waiters that it is meant for; it may hold more that it has adopted.
    [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
    /// Indexes of its tickets are below.
    [[nodiscard]] std::uint32_t places() const noexcept { return slab_.size(); }
    /// Neither displaces nor sheds: a full room is full for everybody.
    [[nodiscard]] bool is_plain() const noexcept {
        return bands_.size() == 1 && !is_fair() && !watermarks_;
    }
    /// What all waiters ask for together. *Thread-safe.*
    [[nodiscard]] std::uint64_t units() const noexcept { return units_.get(); }

    [[nodiscard]] Ticket ticket(std::uint32_t index) const noexcept { return slab_.at(index); }
    [[nodiscard]] bool contains(Ticket ticket) const noexcept { return slab_.contains(ticket); }
    [[nodiscard]] const Waiter& operator[](std::uint32_t index) const noexcept {
        return slab_[index];
    }

    /// A place must be free.
    std::uint32_t push(TimePoint now, const Claim& claim) noexcept {
        if (!is_simple_) return push_by_rank(now, claim);
        const std::uint32_t index = slab_.take({.since = now, .order = order_++, .claim = claim});
        stand(index);
        return index;
    }
    void erase(std::uint32_t index) noexcept {
        if (!is_simple_) return erase_by_rank(index);
        leave(deadlines_, index);
        line_.erase(slab_, index);
        slab_.give_back(index);
    }

    /// How many would be let in before the one that came last, which is at `index`; `others` wait
    /// in all. See QueuePlace for how exact that is. O(bands).
    [[nodiscard]] std::uint32_t ahead_of_newest(std::uint32_t index,
                                                std::uint32_t others) const noexcept {
        return is_simple_ ? others : ahead_by_rank(index);
    }

    /// Whose turn it is; somebody must wait. Asked again before anything else has changed, it says
    /// the same.
    [[nodiscard]] std::uint32_t turn() const noexcept {
        return is_simple_ ? line_.oldest() : turn_by_rank();
    }
    /// That one keeps its turn, whoever else comes to its band.
    void hold(std::uint32_t index) noexcept {
        const Waiter& waiter = slab_[index];
        bands_[waiter.band].held = index;
        if (is_fair()) fair_[waiter.band].note_turn(waiter.line);
    }
    /// That one has waited too long; asked once, when its turn can be taken.
    [[nodiscard]] bool refuses(TimePoint now, std::uint32_t index) noexcept {
        return has_codel_ && codel_refuses(now, index);
    }
    /// That one is let in; before it is erased.
    void note_grant(TimePoint now, std::uint32_t index) noexcept {
        if (!is_simple_) note_grant_by_rank(now, index);
    }

    /// Who would give way to the newcomer if there were no place.
    [[nodiscard]] std::optional<std::uint32_t> victim(const Claim& claim) const noexcept;
    /// Somebody would. *Thread-safe*: without the lock a recent guess, by a few loads.
    [[nodiscard]] bool may_displace(const Claim& claim) const noexcept;
    /// The room is above its watermark, and nobody would. *Thread-safe*, likewise.
    [[nodiscard]] bool sheds(const Claim& claim) const noexcept {
        return shedding_.get() && !may_displace(claim);
    }

    /// The earliest deadline, or `never`; and a waiter that has it.
    [[nodiscard]] TimePoint next_deadline() const noexcept { return earliest_heap().earliest(); }
    [[nodiscard]] std::uint32_t next_to_expire() const noexcept { return earliest_heap().top(); }

    /// What it looks like, with `waiting` in it. O(bands), O(lines) under `fair`.
    [[nodiscard]] QueueState state(std::uint32_t waiting) const noexcept;

    /// What CoDel and adaptive_lifo call standing from now on.
    void set_codel(CodelTimes times) noexcept;

private:
    struct Band {
        WaitLine line;  // in the order of arrival; not under `fair`
        std::uint32_t length = 0;
        std::uint32_t held = WaitSlab::none;  // keeps its turn
        AdaptiveOrder order;
        SloughCodel codel;
    };

    // One band, first come first served, nobody refused: what most limiters have needs no more than
    // a line and a heap, and is spared the rest.
    [[nodiscard]] static bool is_simple(const QueueOptions& options) noexcept {
        return options.bands == 1 && options.discipline == Discipline::fifo && !options.codel &&
               !options.watermarks;
    }
    void stand(std::uint32_t index) noexcept {
        line_.push_back(slab_, index);
        enter(deadlines_, index);
    }
    void stand_by_rank(std::uint32_t index) noexcept;
    void carry(TimePoint now, const WaitRoom& other) noexcept;
    std::uint32_t push_by_rank(TimePoint now, const Claim& claim) noexcept;
    void erase_by_rank(std::uint32_t index) noexcept;
    [[nodiscard]] std::uint32_t turn_by_rank() const noexcept;
    [[nodiscard]] std::uint32_t ahead_by_rank(std::uint32_t index) const noexcept;
    [[nodiscard]] bool codel_refuses(TimePoint now, std::uint32_t index) noexcept;
    void note_grant_by_rank(TimePoint now, std::uint32_t index) noexcept;

    void enter(DeadlineHeap& heap, std::uint32_t index) noexcept {
        const Claim& claim = slab_[index].claim;
        heap.push(index, claim.deadline);
        units_.set(units_.get() + claim.cost);
    }
    void leave(DeadlineHeap& heap, std::uint32_t index) noexcept {
        heap.erase(index);
        units_.set(units_.get() - slab_[index].claim.cost);
    }

    [[nodiscard]] bool is_fair() const noexcept { return discipline_ == Discipline::fair; }
    [[nodiscard]] std::uint8_t band_of(const Claim& claim) const noexcept {
        return static_cast<std::uint8_t>(std::min<std::size_t>(claim.band, bands_.size() - 1));
    }
    [[nodiscard]] DeadlineHeap& heap_of(std::uint8_t band) noexcept {
        return by_band_.empty() ? deadlines_ : by_band_[band];
    }
    [[nodiscard]] const DeadlineHeap& earliest_heap() const noexcept {
        if (by_band_.empty()) return deadlines_;
        return *std::ranges::min_element(by_band_, {}, &DeadlineHeap::earliest);
    }
    void note_empty(TimePoint now, Band& band) const noexcept;
    [[nodiscard]] std::uint32_t youngest(std::uint32_t band) const noexcept {
        return is_fair() ? fair_[band].youngest_of_longest() : bands_[band].line.youngest();
    }
    void count(std::uint8_t band, std::uint32_t length) noexcept;

    std::uint32_t capacity_;
    WaitSlab slab_;
    std::uint64_t order_ = 0;  // of the next one to come
    bool is_simple_;
    WaitLine line_;                      // of everybody, if it is simple
    DeadlineHeap deadlines_;             // likewise, unless each band has one:
    std::vector<DeadlineHeap> by_band_;  // under `deadline` in several bands
    Discipline discipline_;
    std::uint32_t kept_;  // places of each band that no other may take
    std::vector<Band> bands_;
    std::vector<FairLines> fair_;  // of each band, under `fair`
    BandTurns turns_;
    bool has_codel_;
    std::optional<Watermarks> watermarks_;
    std::uint32_t length_ = 0;
    std::uint32_t waiting_ = 0;  // the set of bands with waiters, bit by bit

    // What lock-free exits read: bands with more waiters than places of their own, with fewer.
    Relaxed<std::uint32_t> over_{};
    Relaxed<std::uint32_t> under_{};
    Relaxed<bool> shedding_{};
    Relaxed<std::uint64_t> units_{};
};

}  // namespace spillway::core
