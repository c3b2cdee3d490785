#pragma once
// Permits and a bounded queue for them: the one place where a request waits for capacity.
//
// First come, first served, exactly: a newcomer gets a permit at once only while nobody waits, a
// permit that comes back goes straight to the waiter that has waited longest, and a raised limit
// wakes waiters too. Every ticket ends once: granted, expired or cancelled. The permit is counted
// in the same step that ends the ticket, so a grant can be neither expired nor cancelled any more,
// and one that falls into the instant of a timeout is not lost.
//
// Two ways in. The common cases touch one word and need no lock: granted at once, refused at once,
// given back while nobody waits. All else changes the list of waiters under the owner's lock, and
// the same word in one compare-and-swap each. A lock-free exit therefore falls wholly before or
// wholly after a locked operation's step. In particular try_release() against arrive(): either the
// permit is back first and arrive() takes it, or the ticket is counted first and try_release() says
// no, whereupon its caller takes the lock and hands the permit over. No order leaves a waiter
// beside a free permit.

#include <cstdint>
#include <optional>

#include "spillway/core/assert.hpp"
#include "spillway/core/deadline_heap.hpp"
#include "spillway/core/occupancy.hpp"
#include "spillway/core/occupancy_word.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/core/time.hpp"
#include "spillway/core/wait_list.hpp"

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
    /// Of a refused newcomer only: queue_full, deadline or draining.
    [[nodiscard]] RejectReason reason() const noexcept {
        SPILLWAY_ASSERT(is_refused());
        return reason_;
    }

private:
    Arrival(Kind kind, std::uint32_t in_flight, Ticket ticket, RejectReason reason) noexcept
        : in_flight_(in_flight), ticket_(ticket), kind_(kind), reason_(reason) {}

    std::uint32_t in_flight_;
    Ticket ticket_;
    Kind kind_;
    RejectReason reason_;
};

/// A ticket that has become a permit, and the holders of a permit right after that.
struct Grant {
    Ticket ticket;
    std::uint32_t in_flight = 0;
};

/// `Word` is PlainWord (one thread: tests, simulator) or AtomicWord (many threads). With AtomicWord
/// the functions of the first group, set_limit's effect on them and the counters are *thread-safe*;
/// the functions of the second group need the owner's lock. With PlainWord all is *shard-local*,
/// and the type is a regular value.
///
/// Times: due tickets are the caller's to expire. Whoever holds the lock first calls expire(now)
/// until it is empty, then release(now) or grant_next(now) with the same `now`; these assert that
/// nothing due is left, so no permit ever goes to a request whose time is up. `now` may go back
/// between calls by as much as threads differ. A deadline is due at its own instant.
template <class Word>
class BasicAdmissionQueue {
public:
    /// `limit` permits and room for `capacity` waiters, each at most Occupancy::count_max.
    /// Allocates all it will ever need.
    BasicAdmissionQueue(std::uint32_t limit, std::uint32_t capacity)
        : word_(Occupancy{.limit = checked(limit)}),
          waiters_(checked(capacity)),
          deadlines_(capacity) {}

    // --- lock-free exits -----------------------------------------------------------------------

    /// A permit if one can be had without overtaking anybody; returns the holders right after.
    [[nodiscard]] std::optional<std::uint32_t> try_acquire() noexcept {
        const auto [before, after, changed] = word_.update(occupancy::acquire_at_once);
        if (!changed) return std::nullopt;
        return after.in_flight;
    }

    /// A newcomer would be refused with queue_full. One load; tickets that are due but not yet
    /// expired still fill the queue.
    [[nodiscard]] bool is_full() const noexcept { return word_.load().is_full(capacity()); }

    /// Gives one permit back if nobody waits for it. False: nothing has changed, take the lock,
    /// expire what is due and call release().
    [[nodiscard]] bool try_release() noexcept {
        return word_.update(occupancy::release_unwanted).changed;
    }

    // --- under the owner's lock ----------------------------------------------------------------

    /// Granted at once, queued until `deadline`, or refused: draining when closed, deadline when
    /// it is not after `now`, else queue_full. O(log n).
    [[nodiscard]] Arrival arrive(TimePoint now, TimePoint deadline) noexcept {
        const Occupancy seen = word_.load();
        if (seen.closed) return Arrival::refused(seen.in_flight, RejectReason::draining);
        if (deadline <= now) return Arrival::refused(seen.in_flight, RejectReason::deadline);

        const auto [before, after, changed] =
            word_.update([this](Occupancy o) { return occupancy::arrive(o, waiters_.capacity()); });
        if (!changed) return Arrival::refused(after.in_flight, RejectReason::queue_full);
        if (after.waiting == before.waiting) return Arrival::granted(after.in_flight);

        const Ticket ticket = waiters_.push_back();
        deadlines_.push(ticket.index, deadline);
        return Arrival::queued(after.in_flight, ticket);
    }

    /// Gives one permit back; it passes to the first waiter if there is one and the limit allows.
    /// Nothing may be due. O(log n).
    std::optional<Grant> release(TimePoint now) noexcept {
        SPILLWAY_ASSERT(next_deadline() > now);
        const auto [before, after, changed] = word_.update(occupancy::release);
        if (after.waiting == before.waiting) return std::nullopt;
        return Grant{take_first(), after.in_flight};
    }

    /// The next waiter that a raised limit lets in; call until empty. Nothing may be due. O(log n).
    [[nodiscard]] std::optional<Grant> grant_next(TimePoint now) noexcept {
        SPILLWAY_ASSERT(next_deadline() > now);
        const auto [before, after, changed] = word_.update(occupancy::grant);
        if (!changed) return std::nullopt;
        return Grant{take_first(), after.in_flight};
    }

    /// Ends one ticket whose deadline is not after `now`; call until empty. O(log n).
    [[nodiscard]] std::optional<Ticket> expire(TimePoint now) noexcept {
        if (deadlines_.empty() || deadlines_.earliest() > now) return std::nullopt;
        const Ticket ticket = waiters_.at(deadlines_.top());
        leave(ticket);
        return ticket;
    }

    /// Ends the ticket of a waiter that has gone. False if it has already ended: then whoever ended
    /// it has answered for it, and a grant's permit must be given back. O(log n).
    bool cancel(Ticket ticket) noexcept {
        if (!waiters_.contains(ticket)) return false;
        leave(ticket);
        return true;
    }

    /// A raised limit must be followed, under the same lock, by grant_next() until it is empty. A
    /// lowered one takes no permit away: in_flight stays above it until enough have come back.
    void set_limit(std::uint32_t limit) noexcept {
        word_.update(
            [limit = checked(limit)](Occupancy o) { return occupancy::with_limit(o, limit); });
    }

    /// Refuses newcomers from now on. Waiters keep their tickets.
    void close() noexcept { word_.update(occupancy::close); }

    /// The earliest deadline of a live ticket, or `never`: when to call expire() next. O(1).
    [[nodiscard]] TimePoint next_deadline() const noexcept { return deadlines_.earliest(); }

    // --- counters, from any thread -------------------------------------------------------------

    /// All counts of one instant.
    [[nodiscard]] Occupancy occupancy() const noexcept { return word_.load(); }
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return word_.load().in_flight; }
    [[nodiscard]] std::uint32_t waiting() const noexcept { return word_.load().waiting; }
    [[nodiscard]] std::uint32_t limit() const noexcept { return word_.load().limit; }
    [[nodiscard]] bool is_closed() const noexcept { return word_.load().closed; }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return waiters_.capacity(); }

private:
    static std::uint32_t checked(std::uint32_t count) noexcept {
        SPILLWAY_ASSERT(count <= Occupancy::count_max);
        return count;
    }

    Ticket take_first() noexcept {
        const Ticket ticket = waiters_.front();
        forget(ticket);
        return ticket;
    }

    void leave(Ticket ticket) noexcept {
        word_.update(occupancy::leave);
        forget(ticket);
    }

    void forget(Ticket ticket) noexcept {
        deadlines_.erase(ticket.index);
        waiters_.erase(ticket);
    }

    Word word_;               // written by every thread; `waiting` and `limit` only under the lock
    WaitList waiters_;        // under the lock
    DeadlineHeap deadlines_;  // under the lock; keys are ticket indices
};

using AdmissionQueue = BasicAdmissionQueue<PlainWord>;

}  // namespace spillway::core
