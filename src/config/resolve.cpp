#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "config/config.hpp"
#include "spillway/core/occupancy.hpp"

namespace spillway::config {

namespace {

constexpr std::uint32_t places_max = core::Occupancy::count_max;

}  // namespace

Pool resolve_pool(const Pool& pool, const Machine& machine) {
    const std::uint32_t workers = pool.workers.value_or(machine.cpus);
    return {workers, pool.queue.value_or(2 * workers)};
}

core::RateOptions resolve_rate(const Rate& rate) {
    return {.rate = rate.rate, .period = rate.period, .burst = rate.burst.value_or(rate.rate)};
}

Limit resolve_limit(const Limit& limit, const Pool& pool, std::size_t limiters) {
    const std::uint32_t workers = pool.workers.value();
    Limit resolved = limit;
    if (!limit.is_adaptive()) {
        resolved.value = limit.value.value_or(workers);
        return resolved;
    }
    const std::size_t part = (std::size_t{workers} + pool.queue.value()) / limiters;
    const auto share = static_cast<std::uint32_t>(std::max<std::size_t>(part, 1));
    resolved.max = limit.max.value_or(share);
    resolved.initial =
        limit.initial.value_or(std::max(limit.min, std::min(workers, *resolved.max)));
    return resolved;
}

std::uint32_t largest(const Limit& resolved) {
    return resolved.is_adaptive() ? resolved.max.value() : resolved.value.value();
}

Config resolve(const Config& config, const Machine& machine) {
    Config resolved = config;
    resolved.server.shards = config.server.shards.value_or(machine.cpus);

    const auto is_used = [&](auto Route::* member) {
        return [&config, member](const auto& named) {
            return std::any_of(config.routes.begin(), config.routes.end(),
                               [&](const Route& route) { return route.*member == named.first; });
        };
    };
    std::erase_if(resolved.pools, std::not_fn(is_used(&Route::pool)));
    std::erase_if(resolved.limiters, std::not_fn(is_used(&Route::limiter)));

    for (auto& [name, pool] : resolved.pools) pool = resolve_pool(pool, machine);
    std::map<std::string, std::set<std::string>> limiters_of;
    for (const Route& route : resolved.routes) limiters_of[route.pool].insert(route.limiter);
    for (const auto& [pool_name, limiters] : limiters_of) {
        const auto pool = resolved.pools.find(pool_name);
        if (pool == resolved.pools.end()) continue;
        for (const std::string& name : limiters) {
            const auto limiter = resolved.limiters.find(name);
            if (limiter == resolved.limiters.end()) continue;
            Limit& limit = limiter->second.limit;
            limit = resolve_limit(limit, pool->second, limiters.size());
            auto& shadow = limiter->second.shadow;
            if (shadow && shadow->limit)
                shadow->limit = resolve_limit(*shadow->limit, pool->second, limiters.size());
        }
    }
    return resolved;
}

bool is_weighted(const Config& config, const std::string& limiter) {
    return std::any_of(config.routes.begin(), config.routes.end(), [&](const Route& route) {
        return route.limiter == limiter && route.cost != Cost{};
    });
}

std::uint32_t places(const Config& config, const std::string& limiter) {
    const auto route = std::find_if(config.routes.begin(), config.routes.end(),
                                    [&](const Route& r) { return r.limiter == limiter; });
    if (route == config.routes.end() || route->pool.empty()) return places_max;

    const Pool& pool = config.pools.at(route->pool);
    std::uint64_t taken = 0;
    std::uint64_t sharers = 0;
    std::set<std::string> seen;
    for (const Route& other : config.routes) {
        if (other.pool != route->pool || !seen.insert(other.limiter).second) continue;
        if (is_weighted(config, other.limiter)) {
            ++sharers;
        } else {
            taken += largest(config.limiters.at(other.limiter).limit);
        }
    }
    const std::uint64_t room = std::uint64_t{pool.workers.value()} + pool.queue.value();
    const std::uint64_t left = room > taken ? room - taken : 0;
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(left / sharers, 1, places_max));
}

}  // namespace spillway::config
