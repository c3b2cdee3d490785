#include "spillway/core/queue_options.hpp"

#include <algorithm>

#include "spillway/core/claim.hpp"
#include "spillway/core/occupancy.hpp"

namespace spillway::core {

std::vector<std::string> QueueOptions::validate() const {
    std::vector<std::string> problems;
    const auto require = [&problems](bool holds, const char* problem) {
        if (!holds) problems.emplace_back(problem);
    };
    const auto times_fit = [](const CodelTimes& times) {
        return times.target > Duration::zero() && times.interval > times.target;
    };
    require(capacity <= Occupancy::count_max, "capacity is at most 2097151");
    require(bands >= 1 && bands <= bands_max, "bands is 1 to 8");
    require(bands == 1 || floor_permille * (bands - 1) < 1000,
            "the floors of all bands but the first must be less than everything");
    require(!codel || times_fit(*codel), "codel: target is above 0 and below interval");
    require(!watermarks || watermarks->low <= watermarks->high, "watermarks: low is at most high");
    require(times_fit(standing), "standing: target is above 0 and below interval");
    require(oldest_every >= 1, "oldest_every is at least 1");
    require(queues >= 1 && queues <= fair_queues_max, "queues is 1 to 1024");
    require(hand >= 1 && hand <= std::min(queues, hand_max), "hand is 1 to 8, and at most queues");
    require(shares.size() < Claim::no_share - fair_queues_max, "at most 64510 shares");
    require(std::ranges::all_of(shares, [](auto w) { return w >= 1 && w <= weight_max; }),
            "a share is 1 to 65536");
    return problems;
}

}  // namespace spillway::core
