#include "app/pool_room.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "spillway/core/handover.hpp"
#include "spillway/core/occupancy.hpp"

namespace spillway::app {

PoolRoom::PoolRoom(const config::Config& config) {
    for (const auto& [name, pool] : config.pools)
        rooms_[name] = std::uint64_t{pool.workers.value()} + pool.queue.value();
    want(config);
    for (auto& [name, member] : members_) member.had = member.wanted;
}

void PoolRoom::set_wanted(const config::Config& config) {
    for (auto& [name, member] : members_) member.is_gone = true;
    want(config);
}

void PoolRoom::want(const config::Config& config) {
    for (const config::Route& route : config.routes) {
        Member& member = members_[route.limiter];
        member.pool = route.pool;
        member.is_gone = false;
        const bool is_weighted = config::is_weighted(config, route.limiter);
        member.places =
            is_weighted ? config::places(config, route.limiter) : core::Occupancy::count_max;
        member.wanted =
            is_weighted ? member.places : config::largest(config.limiters.at(route.limiter).limit);
    }
}

std::uint32_t PoolRoom::places(const std::string& limiter) const {
    const Member& member = members_.at(limiter);
    return member.pool.empty() || member.had >= member.wanted ? member.places : member.had;
}

bool PoolRoom::update(const Limiters& limiters, bool may_come) {
    bool is_done = true;
    for (const auto& [pool, room] : rooms_)
        is_done = update_pool(pool, limiters, may_come) && is_done;
    return is_done;
}

bool PoolRoom::update_pool(const std::string& pool, const Limiters& limiters, bool may_come) {
    std::vector<std::pair<const std::string*, Member*>> sharers;
    std::vector<core::RoomPart> parts;
    for (auto& [name, member] : members_) {
        if (member.pool != pool) continue;
        const auto found = limiters.find(name);
        const core::Occupancy now =
            found == limiters.end() ? core::Occupancy{} : found->second->occupancy();
        if (member.is_gone) {
            member.wanted =
                std::max(std::min(member.had, now.in_flight + now.waiting), may_come ? 1U : 0U);
        }
        sharers.emplace_back(&name, &member);
        parts.push_back({.wanted = member.wanted, .had = member.had, .held = now.in_flight});
    }
    core::hand_over(rooms_.at(pool), parts);
    bool is_done = true;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto& [name, member] = sharers[i];
        member->had = parts[i].allowed;
        is_done =
            is_done && (member->is_gone ? member->wanted == 0 : member->had >= member->wanted);
        const auto found = limiters.find(*name);
        if (found == limiters.end()) continue;
        found->second->set_places(member->is_gone ? member->had : places(*name));
    }
    return is_done;
}

}  // namespace spillway::app
