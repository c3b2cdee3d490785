#pragma once
// Where an Occupancy is kept: in a plain word for one thread, in an atomic one for many.

#include <atomic>
#include <cstdint>

#include "spillway/core/cpu_hints.hpp"
#include "spillway/core/occupancy.hpp"

namespace spillway::core {

/// What a transition did to the word.
struct OccupancyChange {
    Occupancy before;
    Occupancy after;
    bool changed = false;
};

/// *Shard-local.* The word of tests and simulator.
class PlainWord {
public:
    explicit PlainWord(Occupancy o) noexcept : word_(pack(o)) {}

    [[nodiscard]] Occupancy load() const noexcept { return unpack(word_); }

    template <class Transition>
    OccupancyChange update(Transition transition) noexcept {
        const Occupancy before = load();
        const Occupancy after = transition(before);
        word_ = pack(after);
        return {before, after, before != after};
    }

private:
    std::uint64_t word_;
};

/// *Thread-safe*, lock-free. A cache line of its own: every shard writes it.
///
/// Order: a change releases and acquires, so what a holder wrote before giving its permit back is
/// seen by whoever gets that permit next, as with any semaphore.
///
/// Contention: the line is fetched to be written from the start, and a thread that lost a race lets
/// the winner finish before it tries again. Two to eight threads with nothing else to do so keep 63
/// to 95 % of what one gets done; with a plain load and an instant retry it was 27 %, for they took
/// the line from each other between load and exchange (loadtest/micro/contention_benchmark.cpp).
class alignas(64) AtomicWord {
public:
    explicit AtomicWord(Occupancy o) noexcept : word_(pack(o)) {}

    [[nodiscard]] Occupancy load() const noexcept {
        return unpack(word_.load(std::memory_order_acquire));
    }

    /// `transition` runs once per attempt: it must be pure. One that leaves the word as it is
    /// costs a load and no write.
    template <class Transition>
    OccupancyChange update(Transition transition) noexcept {
        for (;;) {
            prefetch_to_write(&word_);
            std::uint64_t seen = word_.load(std::memory_order_acquire);
            const Occupancy before = unpack(seen);
            const Occupancy after = transition(before);
            if (before == after) return {before, after, false};
            if (word_.compare_exchange_weak(seen, pack(after), std::memory_order_acq_rel,
                                            std::memory_order_relaxed)) {
                return {before, after, true};
            }
            back_off();
        }
    }

private:
    // About a microsecond, and only after a lost race: between two steps of one shard lies a whole
    // request. Shorter ones were measured: from 8 pauses down the winner is disturbed too often.
    [[gnu::noinline, gnu::cold]] static void back_off() noexcept {
        for (int i = 0; i < 32; ++i) pause_briefly();
    }

    std::atomic<std::uint64_t> word_;
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

}  // namespace spillway::core
