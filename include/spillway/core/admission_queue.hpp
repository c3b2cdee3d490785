#pragma once
// Permits and a bounded queue for them: the one place where a request waits for capacity.
//
// A permit costs a number of units, one unless said otherwise, of which the limit says how many may
// be out. A newcomer gets one at once only while nobody waits; a permit that comes back goes to the
// waiters, and a raised limit wakes waiters too. Whose turn it is, the waiting room says. If that
// one's cost does not fit yet, nobody is let in before it. Every ticket ends once: granted,
// expired, shed, evicted or cancelled. A grant is counted in the same step that ends the ticket, so
// it can be neither expired nor cancelled any more, and one that falls into the instant of a
// timeout is not lost.
//
// Two ways in. The common cases touch one word and need no lock: granted at once, refused at once,
// given back while nobody waits. All else changes the waiting room under the owner's lock, and the
// same word in one step each. A lock-free exit therefore falls wholly before or wholly after a
// locked operation's step. In particular try_release() against arrive(): either the permit is back
// first and arrive() takes it, or the ticket is counted first and try_release() says no, whereupon
// its caller takes the lock. No order leaves a waiter beside a permit that it could have. And while
// somebody waits, lock-free exits change nothing, so a locked operation that has seen a waiter has
// the word to itself.

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "spillway/core/arrival.hpp"
#include "spillway/core/assert.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/codel.hpp"
#include "spillway/core/occupancy.hpp"
#include "spillway/core/occupancy_word.hpp"
#include "spillway/core/published.hpp"
#include "spillway/core/queue_options.hpp"
#include "spillway/core/queue_place.hpp"
#include "spillway/core/queue_state.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/core/relaxed.hpp"
#include "spillway/core/time.hpp"
#include "spillway/core/wait_room.hpp"

namespace spillway::core {

/// `Word` is PlainWord (one thread: tests, simulator) or AtomicWord (many threads). With AtomicWord
/// the functions of the first group, set_limit's effect on them and the counters are *thread-safe*;
/// the functions of the second group need the owner's lock. With PlainWord all is *shard-local*,
/// and the type is a regular value.
///
/// Whatever is done under the lock, next(now) is then called until it is empty, at best before the
/// lock is dropped: a change of one ticket may be another's turn, and what it says must be told to
/// the tickets' owners. Since it first ends what is due, no permit ever goes to a request whose
/// time is up. `now` may go back between calls by as much as threads differ. A deadline is due at
/// its own instant.
template <class Word>
class BasicAdmissionQueue {
public:
    /// Allocates all it will ever need, unless it is reordered.
    BasicAdmissionQueue(Room room, const QueueOptions& options)
        : word_(checked(room)),
          capacity_(checked(options.capacity)),
          waiters_(std::make_unique<WaitRoom>(options)) {
        is_plain_.set(waiters_->is_plain());
    }
    /// `limit` units and room for `capacity` waiters, first come first served.
    BasicAdmissionQueue(std::uint32_t limit, std::uint32_t capacity)
        : BasicAdmissionQueue(Room{.limit = limit}, QueueOptions{.capacity = capacity}) {}

    // --- lock-free exits -----------------------------------------------------------------------

    /// A permit if one can be had without overtaking anybody; returns the holders right after.
    [[nodiscard]] std::optional<std::uint32_t> try_acquire(std::uint32_t cost = 1) noexcept {
        SPILLWAY_ASSERT(is_cost(cost));
        bool granted = false;
        const Counts after = word_.update([&, this](Counts counts) {
            granted = counts.grants_at_once(cost, word_.room());
            return granted ? counts.with_holder(cost) : counts;
        });
        if (!granted) return std::nullopt;
        return after.in_flight();
    }

    /// A newcomer would be refused with queue_full. One load, if newcomers displace nobody here;
    /// else a few. Tickets that are due but not yet expired still fill the queue.
    [[nodiscard]] bool is_full(const Claim& claim = any_claim) const noexcept {
        return is_full(word_.load(), claim);
    }

    /// What arrive() would refuse it with: draining, shed or queue_full. As cheap as is_full().
    [[nodiscard]] std::optional<RejectReason> refusal(
        const Claim& claim = any_claim) const noexcept {
        const Counts counts = word_.load();
        if (counts.closed()) return RejectReason::draining;
        if (!is_plain_.get() && waiters_->sheds(claim)) return RejectReason::shed;
        if (is_full(counts, claim)) return RejectReason::queue_full;
        return std::nullopt;
    }

    /// Gives one permit back if nobody waits. False: nothing has changed, take the lock and call
    /// release().
    [[nodiscard]] bool try_release(std::uint32_t cost = 1) noexcept {
        bool released = false;
        (void)word_.update([&](Counts counts) {
            released = counts.waiting() == 0;
            return released ? counts.without_holder(cost) : counts;
        });
        return released;
    }

    // --- under the owner's lock ----------------------------------------------------------------

    /// Granted at once, queued until the claim's deadline, or refused: draining when closed,
    /// deadline when that is not after `now`, shed above the watermark, else queue_full. A newcomer
    /// with the better claim may evict a waiter (WaitRoom says which). O(log n).
    [[nodiscard]] Arrival arrive(TimePoint now, const Claim& claim) noexcept {
        SPILLWAY_ASSERT(is_cost(claim.cost));
        Counts counts = word_.load();
        if (counts.closed()) return Arrival::refused(counts.in_flight(), RejectReason::draining);
        if (claim.deadline <= now) {
            return Arrival::refused(counts.in_flight(), RejectReason::deadline);
        }
        if (counts.waiting() == 0) {
            if (acquire_or_enter(claim.cost, counts)) return Arrival::granted(counts.in_flight());
            if (capacity() == 0) return full(counts);
        } else {
            if (!is_plain_.get() && waiters_->sheds(claim)) {
                return Arrival::refused(counts.in_flight(), RejectReason::shed);
            }
            if (counts.waiting() > capacity()) return full(counts);
            if (counts.waiting() == capacity()) return displace(now, claim, counts);
            word_.store(counts.with_waiter());
        }
        return Arrival::queued(counts.in_flight(), waiters_->ticket(waiters_->push(now, claim)));
    }

    /// Where a ticket stands that arrive() has given out and nothing has happened since. O(bands).
    [[nodiscard]] QueuePlace place(Ticket ticket) const noexcept {
        const Counts counts = word_.load();
        return {.ahead = waiters_->ahead_of_newest(ticket.index, counts.waiting() - 1),
                .waiting = counts.waiting(),
                .in_flight = counts.in_flight(),
                .limit = limit()};
    }

    /// What it looks like. O(bands), O(lines) under `fair`.
    [[nodiscard]] QueueState state() const noexcept {
        return waiters_->state(word_.load().waiting());
    }

    /// Gives one permit back; waiters or not. O(1).
    void release(std::uint32_t cost = 1) noexcept {
        const Counts counts = word_.load();
        if (counts.waiting() > 0) return word_.store(counts.without_holder(cost));
        (void)word_.update([cost](Counts c) { return c.without_holder(cost); });
    }

    /// Ends one ticket and says how: first those that are due, then those whose turn has come and
    /// whose cost fits, unless CoDel refuses them. O(log n).
    [[nodiscard]] std::optional<Departure> next(TimePoint now) noexcept {
        const Counts counts = word_.load();
        if (counts.waiting() == 0) return std::nullopt;
        if (waiters_->next_deadline() <= now) {
            return depart(waiters_->next_to_expire(), Departure::End::expired,
                          counts.without_waiter());
        }
        const std::uint32_t index = waiters_->turn();
        const std::uint32_t cost = (*waiters_)[index].claim.cost;
        const Room room = word_.room();
        if (!counts.fits(cost, room)) {
            if (counts.leaves_idle(room)) waiters_->hold(index);
            return std::nullopt;
        }
        if (waiters_->refuses(now, index)) {
            return depart(index, Departure::End::shed, counts.without_waiter());
        }
        waiters_->note_grant(now, index);
        return depart(index, Departure::End::granted, counts.without_waiter().with_holder(cost));
    }

    /// Ends the ticket of a waiter that has gone. False if it has already ended: then whoever ended
    /// it has answered for it, and a grant's permit must be given back. O(log n).
    bool cancel(Ticket ticket) noexcept {
        if (!waiters_->contains(ticket)) return false;
        word_.store(word_.load().without_waiter());
        waiters_->erase(ticket.index);
        return true;
    }

    /// Ends some ticket, whoever's; empty when nobody waits any more. For a stop. O(log n).
    [[nodiscard]] std::optional<Ticket> dismiss() noexcept {
        const Counts counts = word_.load();
        if (counts.waiting() == 0) return std::nullopt;
        return depart(waiters_->next_to_expire(), Departure::End::expired, counts.without_waiter())
            .ticket;
    }

    /// A lowered limit takes no permit away: what is out stays above it until enough has come back.
    void set_limit(std::uint32_t limit) noexcept { word_.set_limit(checked(limit)); }

    /// Likewise how many permits may be out, whatever they cost.
    void set_places(std::uint32_t places) noexcept { word_.set_places(checked(places)); }

    /// Other bounds, and another order of those who wait: `room`, which is new, adopts them all.
    /// They keep their tickets and deadlines, also those above a smaller capacity: while there are,
    /// newcomers are refused and nobody gives way to one. Returns the room that they left; a thread
    /// that has begun a lock-free question may still look at it (Published). O(n log n); when it
    /// throws, for want of memory, nothing has changed.
    [[nodiscard]] std::unique_ptr<WaitRoom> reorder(TimePoint now, std::unique_ptr<WaitRoom> room) {
        room->adopt(now, *waiters_);
        capacity_.set(checked(room->capacity()));
        is_plain_.set(room->is_plain());
        return waiters_.replace(std::move(room));
    }

    /// From now on CoDel and adaptive_lifo go by these times.
    void set_codel(CodelTimes times) noexcept { waiters_->set_codel(times); }

    /// Refuses newcomers from now on. Waiters keep their tickets.
    void close() noexcept {
        (void)word_.update([](Counts counts) { return counts.with_close(); });
    }

    /// The earliest deadline of a live ticket, or `never`: when to call next() next. O(1).
    [[nodiscard]] TimePoint next_deadline() const noexcept { return waiters_->next_deadline(); }

    // --- counters, from any thread -------------------------------------------------------------

    /// All counts of one instant, and the limit.
    [[nodiscard]] Occupancy occupancy() const noexcept {
        const Counts counts = word_.load();
        return {.in_flight = counts.in_flight(),
                .units = counts.units(),
                .waiting = counts.waiting(),
                .limit = limit(),
                .closed = counts.closed()};
    }
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return word_.load().in_flight(); }
    [[nodiscard]] std::uint32_t waiting() const noexcept { return word_.load().waiting(); }
    /// What the waiters ask for together.
    [[nodiscard]] std::uint64_t units_waiting() const noexcept { return waiters_->units(); }
    [[nodiscard]] std::uint32_t limit() const noexcept { return word_.room().limit; }
    [[nodiscard]] bool is_closed() const noexcept { return word_.load().closed(); }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_.get(); }
    /// Indexes of live tickets are below: the capacity, or more while it is smaller than what it
    /// was. Under the lock.
    [[nodiscard]] std::uint32_t ticket_places() const noexcept { return waiters_->places(); }

private:
    [[nodiscard]] static bool is_cost(std::uint32_t cost) noexcept {
        return cost - 1 < Occupancy::count_max;
    }
    static std::uint32_t checked(std::uint32_t count) noexcept {
        SPILLWAY_ASSERT(count <= Occupancy::count_max);
        return count;
    }
    static Room checked(Room room) noexcept {
        return {.limit = checked(room.limit), .places = checked(room.places)};
    }
    [[nodiscard]] bool is_full(Counts counts, const Claim& claim) const noexcept {
        const std::uint32_t most = capacity();
        if (counts.waiting() < most) return false;
        if (counts.waiting() == 0) return !counts.fits(claim.cost, word_.room());
        return is_plain_.get() || counts.waiting() > most || !waiters_->may_displace(claim);
    }
    [[nodiscard]] static Arrival full(Counts counts) noexcept {
        return Arrival::refused(counts.in_flight(), RejectReason::queue_full);
    }

    /// While nobody waits: a permit (true), else the first place in the queue, if it has any. Sets
    /// `after` to the counts after it.
    [[nodiscard]] bool acquire_or_enter(std::uint32_t cost, Counts& after) noexcept {
        bool granted = false;
        after = word_.update([&, this](Counts counts) {
            granted = counts.fits(cost, word_.room());
            if (granted) return counts.with_holder(cost);
            return capacity() > 0 ? counts.with_waiter() : counts;
        });
        return granted;
    }

    [[nodiscard]] Arrival displace(TimePoint now, const Claim& claim, Counts counts) noexcept {
        const auto victim = waiters_->victim(claim);
        if (!victim) return full(counts);
        const Ticket evicted = waiters_->ticket(*victim);
        waiters_->erase(*victim);
        const Ticket ticket = waiters_->ticket(waiters_->push(now, claim));
        return Arrival::queued_instead_of(counts.in_flight(), evicted, ticket);
    }

    /// There is a waiter, so the word is this operation's alone.
    Departure depart(std::uint32_t index, Departure::End end, Counts after) noexcept {
        word_.store(after);
        const Departure departure{.ticket = waiters_->ticket(index),
                                  .end = end,
                                  .cost = (*waiters_)[index].claim.cost,
                                  .in_flight = after.in_flight()};
        waiters_->erase(index);
        return departure;
    }

    Word word_;                        // written by every thread; waiters and limit under the lock
    Relaxed<std::uint32_t> capacity_;  // read without it, as what the room itself has of that kind
    Relaxed<bool> is_plain_{};         // likewise: a full queue is full for everybody
    Published<WaitRoom> waiters_;      // under the lock
};

using AdmissionQueue = BasicAdmissionQueue<PlainWord>;

}  // namespace spillway::core
