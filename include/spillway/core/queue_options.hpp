#pragma once
// How a limiter's queue is set up.

#include <cstdint>

namespace spillway::core {

struct QueueOptions {
    std::uint32_t capacity = 0;  // waiters, at most Occupancy::count_max; 0: refuse at once
};

}  // namespace spillway::core
