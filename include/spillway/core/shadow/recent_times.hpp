#pragma once
// How long permits have lately been held: what a permit that nobody held is given for its length.

#include <array>
#include <cstddef>

#include "spillway/core/assert.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Shard-local*; a regular value of fixed size. Keeps the latest few and hands them out in turn,
/// so that what it gives is spread as they were: a mean would make every service alike. O(1).
class RecentTimes {
public:
    static constexpr std::size_t kept = 64;

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    void add(Duration time) noexcept {
        times_[newest_] = time;
        newest_ = (newest_ + 1) % kept;
        if (size_ < kept) ++size_;
    }

    /// One of them; at least one must have been added.
    [[nodiscard]] Duration next() noexcept {
        SPILLWAY_ASSERT(size_ > 0);
        turn_ = (turn_ + 1) % size_;
        return times_[turn_];
    }

private:
    std::array<Duration, kept> times_{};
    std::size_t newest_ = 0;
    std::size_t size_ = 0;
    std::size_t turn_ = 0;
};

}  // namespace spillway::core
