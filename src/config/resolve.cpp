#include <algorithm>
#include <functional>

#include "config/config.hpp"

namespace spillway::config {

Pool resolve_pool(const Pool& pool, const Machine& machine) {
    const std::uint32_t workers = pool.workers.value_or(machine.cpus);
    return {workers, pool.queue.value_or(2 * workers)};
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
    for (const Route& route : resolved.routes) {
        const auto pool = resolved.pools.find(route.pool);
        const auto limiter = resolved.limiters.find(route.limiter);
        if (pool == resolved.pools.end() || limiter == resolved.limiters.end()) continue;
        auto& value = limiter->second.limit.value;
        if (!value) value = pool->second.workers;
    }
    return resolved;
}

}  // namespace spillway::config
