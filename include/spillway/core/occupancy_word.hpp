#pragma once
// Where the counts and the limit are kept: plainly for one thread, in atomics for many.

#include <atomic>
#include <cstdint>

#include "spillway/core/cpu_hints.hpp"
#include "spillway/core/occupancy.hpp"

namespace spillway::core {

/// *Shard-local.* The word of tests and simulator. See AtomicWord for what each function means.
class PlainWord {
public:
    explicit PlainWord(Room room) noexcept : room_(room) {}

    [[nodiscard]] Counts load() const noexcept { return counts_; }
    [[nodiscard]] Room room() const noexcept { return room_; }
    void set_limit(std::uint32_t limit) noexcept { room_.limit = limit; }
    void set_places(std::uint32_t places) noexcept { room_.places = places; }

    template <class Transition>
    Counts update(Transition transition) noexcept {
        return counts_ = transition(counts_);
    }
    void store(Counts counts) noexcept { counts_ = counts; }

private:
    Counts counts_;
    Room room_;
};

/// *Thread-safe*, lock-free. A cache line of its own: every shard writes it.
///
/// Order: a change releases and acquires, so what a holder wrote before giving its permit back is
/// seen by whoever gets that permit next, as with any semaphore.
///
/// The limit is not part of the word: with costs beside counts there are no bits left for it. It
/// and the places change under the owner's lock only, so a locked operation always sees the latest.
/// A lock-free one may see the one before, if it changes between that read and the exchange of the
/// word:
///   * it was raised: a newcomer finds no room that there is by now. It then takes the lock, and
///     sees the new one; or it was refused, as it would have been an instant earlier;
///   * it was lowered: a newcomer is granted room that is no more. So it would have been an instant
///     earlier, and a lowered limit takes no permit away: what differs is that the last grant under
///     the old limit may be counted just after set_limit() has returned.
/// Neither leaves a waiter beside a free permit: who has waiters has the lock.
///
/// Contention: the line is fetched to be written from the start, and a thread that lost a race lets
/// the winner finish before it tries again. Two to eight threads with nothing else to do so keep 63
/// to 95 % of what one gets done; with a plain load and an instant retry it was 27 %, for they took
/// the line from each other between load and exchange (loadtest/micro/contention_benchmark.cpp).
class alignas(64) AtomicWord {
public:
    explicit AtomicWord(Room room) noexcept : limit_(room.limit), places_(room.places) {}

    [[nodiscard]] Counts load() const noexcept {
        return Counts(word_.load(std::memory_order_acquire));
    }
    [[nodiscard]] Room room() const noexcept {
        return {.limit = limit_.load(std::memory_order_relaxed),
                .places = places_.load(std::memory_order_relaxed)};
    }
    /// Under the owner's lock, both.
    void set_limit(std::uint32_t limit) noexcept { limit_.store(limit, std::memory_order_relaxed); }
    void set_places(std::uint32_t places) noexcept {
        places_.store(places, std::memory_order_relaxed);
    }

    /// Returns the counts after it. `transition` runs once per attempt: it must be pure. One that
    /// leaves the word as it is costs a load and no write.
    template <class Transition>
    Counts update(Transition transition) noexcept {
        for (;;) {
            prefetch_to_write(&word_);
            std::uint64_t seen = word_.load(std::memory_order_acquire);
            const Counts after = transition(Counts(seen));
            if (after.word() == seen) return after;
            if (word_.compare_exchange_weak(seen, after.word(), std::memory_order_acq_rel,
                                            std::memory_order_relaxed)) {
                return after;
            }
            back_off();
        }
    }

    /// Under the owner's lock, and only in place of counts with a waiter in them, which every
    /// lock-free exit leaves as they are: nobody else can have changed the word since it was
    /// loaded.
    void store(Counts counts) noexcept { word_.store(counts.word(), std::memory_order_release); }

private:
    // About a microsecond, and only after a lost race: between two steps of one shard lies a whole
    // request. Shorter ones were measured: from 8 pauses down the winner is disturbed too often.
    [[gnu::noinline, gnu::cold]] static void back_off() noexcept {
        for (int i = 0; i < 32; ++i) pause_briefly();
    }

    std::atomic<std::uint64_t> word_ = 0;
    std::atomic<std::uint32_t> limit_;  // in the same line: who reads one reads the other
    std::atomic<std::uint32_t> places_;
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

}  // namespace spillway::core
