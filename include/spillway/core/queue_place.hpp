#pragma once
// Where a newcomer stood when it joined the queue.

#include <cstdint>

namespace spillway::core {

/// All of one instant, right after it joined. Nobody joined: all zero.
struct QueuePlace {
    /// Who would be let in before it, if nobody else came or left. Exact for `fifo` and `lifo` in
    /// one band; of bands the more urgent ones, whatever the others' floors; under `deadline` all
    /// of its band, though some may come after it; under `fair` those of its own line.
    std::uint32_t ahead = 0;
    std::uint32_t waiting = 0;    // itself included, hence never 0 for who did join
    std::uint32_t in_flight = 0;  // permits
    std::uint32_t limit = 0;      // units

    friend bool operator==(const QueuePlace&, const QueuePlace&) noexcept = default;
};

}  // namespace spillway::core
