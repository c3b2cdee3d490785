#pragma once
// What a queue looks like at one instant, for people who look at it.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "spillway/core/codel.hpp"
#include "spillway/core/queue_options.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

struct QueueState {
    struct Band {
        std::uint32_t waiting = 0;
        std::optional<TimePoint> oldest_since{};  // when its longest waiter joined
        bool is_standing = false;  // CoDel refuses here, or adaptive_lifo takes the newest first
    };

    Discipline discipline = Discipline::fifo;
    std::uint32_t bands = 0;
    std::array<Band, QueueOptions::bands_max> band{};  // of which `bands` exist
    std::optional<CodelTimes> standing{};  // what is called so by CoDel or adaptive_lifo, if asked
    std::optional<QueueOptions::Marks> watermarks{};
    bool is_shedding = false;  // above its watermark, and not below the lower one since

    /// When the longest waiter of all joined.
    [[nodiscard]] std::optional<TimePoint> oldest_since() const noexcept {
        std::optional<TimePoint> since;
        for (const Band& one : band) {
            if (one.oldest_since) since = std::min(since.value_or(never), *one.oldest_since);
        }
        return since;
    }
};

}  // namespace spillway::core
