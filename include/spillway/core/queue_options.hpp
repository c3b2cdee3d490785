#pragma once
// How a limiter's queue is set up: in which order waiters are let in, and who is turned away when
// it is too long. Bands are outermost; a discipline orders the waiters of one band.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spillway/core/codel.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

enum class Discipline : std::uint8_t {
    fifo,           // who came first
    lifo,           // who came last: under overload the first ones wait until they expire
    adaptive_lifo,  // who came first while the queue is young, else who came last (AdaptiveOrder)
    deadline,       // whose deadline is the earliest
    fair,           // tenants in turn, by what they cost (FairLines)
};

struct QueueOptions {
    static constexpr std::uint32_t bands_max = 8;
    static constexpr std::uint32_t fair_queues_max = 1024;
    static constexpr std::uint32_t hand_max = 8;
    static constexpr std::uint32_t weight_max = 1 << 16;

    std::uint32_t capacity = 0;  // waiters, at most Occupancy::count_max; 0: refuse at once
    Discipline discipline = Discipline::fifo;

    // Band 0 first, but each other one gets at least `floor_permille` of what is granted, as long
    // as it has waiters.
    std::uint32_t bands = 1;  // 1..bands_max
    std::uint32_t floor_permille = 50;

    // Refuses waiters whose turn comes after too long a wait, while the queue stands.
    std::optional<CodelTimes> codel = std::nullopt;

    // Refuses newcomers from more than `high` waiters on, until there are fewer than `low`.
    struct Marks {
        std::uint32_t high;
        std::uint32_t low;
        friend bool operator==(const Marks&, const Marks&) noexcept = default;
    };
    std::optional<Marks> watermarks = std::nullopt;

    // adaptive_lifo: what is called standing, and which of its grants go to the oldest all the
    // same: every eighth bounds the wait of whoever has n older ones to 8 (n + 1) grants.
    CodelTimes standing = {};
    std::uint32_t oldest_every = 8;

    // fair: lines for all tenants without a share, and how many of them one tenant may be in.
    std::uint32_t queues = 64;
    std::uint32_t hand = 4;
    // fair: configured tenants have a line each, of this weight, 1..weight_max; all others weigh 1.
    std::vector<std::uint32_t> shares = {};

    /// All that is wrong with it, one sentence each.
    [[nodiscard]] std::vector<std::string> validate() const;

    friend bool operator==(const QueueOptions&, const QueueOptions&) = default;
};

}  // namespace spillway::core
