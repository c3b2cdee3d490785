#pragma once
// Whether the service is alive, for a watchdog: it is when every shard has answered since it was
// last told so. A round asks each shard once; the next one begins only when all have answered, so a
// shard that hangs has one question waiting and no more, and whoever counts on our word hears none.

#include <cstddef>
#include <vector>

#include "spillway/core/assert.hpp"

namespace spillway::app {

/// *Pure*.
class WatchdogRounds {
public:
    explicit WatchdogRounds(std::size_t shards) : owes_(shards, false) {}

    /// True: ask every shard. False: some have not answered yet, and owe it still.
    [[nodiscard]] bool begin() noexcept {
        if (owing_ > 0) return false;
        owes_.assign(owes_.size(), true);
        owing_ = owes_.size();
        return true;
    }
    /// True: that was the last one, all are alive.
    [[nodiscard]] bool on_answer(std::size_t shard) noexcept {
        SPILLWAY_ASSERT(owes_[shard]);
        owes_[shard] = false;
        return --owing_ == 0;
    }
    [[nodiscard]] bool owes(std::size_t shard) const noexcept { return owes_[shard]; }

private:
    std::vector<bool> owes_;
    std::size_t owing_ = 0;
};

}  // namespace spillway::app
