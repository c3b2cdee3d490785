#include <algorithm>
#include <cmath>

#include "config/limiter_options.hpp"
#include "config/words.hpp"
#include "spillway/core/assert.hpp"

namespace spillway::config {

core::CodelTimes codel_times(const Codel& codel, core::CodelTimes measured) {
    core::CodelTimes times = measured;
    if (codel.target) times.target = *codel.target;
    if (codel.interval) times.interval = *codel.interval;
    if (times.interval > times.target) return times;
    // The one that is measured gives way to the one that is written.
    if (codel.interval) {
        times.target = times.interval / 2;
    } else {
        times.interval = 2 * times.target;
    }
    return times;
}

core::QueueOptions queue_options(const Queue& queue, const Priority& priority,
                                 const Tenant& tenant) {
    const auto& names = disciplines();
    const auto found = std::find(names.begin(), names.end(), queue.discipline);
    SPILLWAY_ASSERT(found != names.end());
    core::QueueOptions to{
        .capacity = queue.capacity,
        .discipline = static_cast<core::Discipline>(found - names.begin()),
        .bands = priority.bands,
        .floor_permille = static_cast<std::uint32_t>(std::lround(priority.floor * 1000)),
        .queues = tenant.queues,
        .hand = tenant.hand};
    if (queue.codel) to.codel = to.standing = codel_times(*queue.codel, {});
    if (const auto& marks = queue.watermarks)
        to.watermarks = core::QueueOptions::Marks{.high = marks->high, .low = marks->low};
    for (const auto& [name, share] : tenant.shares) to.shares.push_back(share);
    SPILLWAY_ASSERT(to.validate().empty());
    return to;
}

}  // namespace spillway::config
