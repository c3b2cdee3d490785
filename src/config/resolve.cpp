#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "config/config.hpp"

namespace spillway::config {

Pool resolve_pool(const Pool& pool, const Machine& machine) {
    const std::uint32_t workers = pool.workers.value_or(machine.cpus);
    return {workers, pool.queue.value_or(2 * workers)};
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
        }
    }
    return resolved;
}

}  // namespace spillway::config
