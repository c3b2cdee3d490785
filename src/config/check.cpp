#include "config/check.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "config/address.hpp"
#include "config/check_limiter.hpp"
#include "config/limit_schema.hpp"
#include "config/nearest.hpp"
#include "config/units.hpp"
#include "config/words.hpp"

namespace spillway::config {

namespace {

class Checker {
public:
    Checker(const Config& config, const Value& tree, const Machine& machine, Problems& problems)
        : config_(config), tree_(tree), machine_(machine), problems_(problems) {}

    void check_addresses();
    void check_route(std::size_t index);
    void check_overlaps();
    void check_pools_of_limiters();
    void check_auto_limits();
    void check_sum(const std::string& pool_name);
    void check_auto_limit(std::size_t route, const std::string& path, const Limit& limit);
    void check_queues(const std::string& name, const Limiter& limiter);
    void check_priority(const std::string& name, const Priority& priority);
    void check_tenant(const std::string& name, const Limiter& limiter);
    void check_cost(std::size_t index);

private:
    void complain(const std::string& path, std::string message) {
        if (problems_.has_under(path)) return;
        problems_.add(nearest_value(tree_, path).place, path, std::move(message));
    }

    template <typename Section>
    void check_reference(const std::string& path, const std::string& name,
                         const std::map<std::string, Section>& sections, const char* kind);

    [[nodiscard]] static std::string route_path(std::size_t index) {
        return "routes." + std::to_string(index);
    }
    [[nodiscard]] std::vector<std::string> limiters_of(const std::string& pool) const;
    [[nodiscard]] std::string culprit(const std::vector<std::string>& paths) const {
        return config::culprit(tree_, paths);
    }

    const Config& config_;
    const Value& tree_;
    const Machine& machine_;
    Problems& problems_;
};

void Checker::check_addresses() {
    std::vector<std::pair<std::string, std::string>> all;  // key path, address
    for (std::size_t i = 0; i < config_.server.listen.size(); ++i) {
        all.emplace_back("server.listen." + std::to_string(i), config_.server.listen[i]);
    }
    if (!config_.control.listen.empty()) all.emplace_back("control.listen", config_.control.listen);

    for (std::size_t i = 1; i < all.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const auto later = parse_endpoint(all[i].second);
            const auto earlier = parse_endpoint(all[j].second);
            if (!later || !earlier || !overlap(*later, *earlier)) continue;
            // The one of the defaults is never the one to be changed.
            const bool is_default = nearest_value(tree_, all[i].first).place.origin.empty();
            const auto& [path, address] = is_default ? all[j] : all[i];
            const auto& other = is_default ? all[i].first : all[j].first;
            complain(path, address + " is the address of " + other +
                               " too (allowed: another port, or 0 for any free one)");
        }
    }
}

template <typename Section>
void Checker::check_reference(const std::string& path, const std::string& name,
                              const std::map<std::string, Section>& sections, const char* kind) {
    // Where the section as a whole is wrong, what is missing in it is not the reference's fault.
    if (sections.contains(name) || problems_.has(std::string{kind} + 's')) return;
    std::vector<std::string> names;
    std::string allowed;
    for (const auto& [known, section] : sections) {
        names.push_back(known);
        allowed += (allowed.empty() ? "" : ", ") + known;
    }
    complain(path, "there is no " + std::string{kind} + " \"" + name + '"' +
                       did_you_mean(name, names) + " (allowed: " + allowed + ")");
}

void Checker::check_route(std::size_t index) {
    const Route& route = config_.routes[index];
    const std::string path = route_path(index);
    check_reference(join(path, "limiter"), route.limiter, config_.limiters, "limiter");
    if (!route.pool.empty()) {
        check_reference(join(path, "pool"), route.pool, config_.pools, "pool");
    } else if (needs_pool(route.handler)) {
        complain(join(path, "pool"), "is missing: the handler " + route.handler +
                                         " runs on a pool (allowed: a name of the pools)");
    }
}

/// GET implies HEAD, so a route with one stands in the way of another route with the other.
std::set<std::string> effective_methods(const Route& route) {
    std::set<std::string> methods{route.methods.begin(), route.methods.end()};
    if (methods.contains("GET")) methods.insert("HEAD");
    return methods;
}

void Checker::check_overlaps() {
    for (std::size_t i = 1; i < config_.routes.size(); ++i) {
        const std::set<std::string> methods = effective_methods(config_.routes[i]);
        for (std::size_t j = 0; j < i; ++j) {
            if (config_.routes[i].path != config_.routes[j].path) continue;
            if (config_.routes[i].path.empty()) continue;
            std::string shared;
            for (const std::string& method : effective_methods(config_.routes[j])) {
                if (methods.contains(method)) shared += (shared.empty() ? "" : ", ") + method;
            }
            if (shared.empty()) continue;
            complain(join(route_path(i), "methods"),
                     shared + " of " + config_.routes[i].path + " is already in " + route_path(j) +
                         " (allowed: one route for each path and method; GET implies HEAD)");
        }
    }
}

void Checker::check_pools_of_limiters() {
    for (std::size_t i = 1; i < config_.routes.size(); ++i) {
        const Route& route = config_.routes[i];
        const auto first =
            std::find_if(config_.routes.begin(), config_.routes.end(),
                         [&](const Route& other) { return other.limiter == route.limiter; });
        if (route.limiter.empty() || first->pool == route.pool) continue;
        const auto j = static_cast<std::size_t>(first - config_.routes.begin());
        const std::string other = first->pool.empty() ? "no pool" : "pool " + first->pool;
        complain(join(route_path(i), "pool"),
                 "limiter " + route.limiter + " has " + other + " in " + route_path(j) +
                     " (allowed: the same pool, or none, in all routes of a limiter)");
    }
}

void Checker::check_auto_limits() {
    for (std::size_t i = 0; i < config_.routes.size(); ++i) {
        const Route& route = config_.routes[i];
        const auto limiter = config_.limiters.find(route.limiter);
        if (!route.pool.empty() || limiter == config_.limiters.end()) continue;
        if (needs_pool(route.handler)) continue;
        const std::string path = "limiters." + route.limiter;
        check_auto_limit(i, join(path, "limit"), limiter->second.limit);
        const auto& shadow = limiter->second.shadow;
        if (shadow && shadow->limit)
            check_auto_limit(i, join(path, "shadow.limit"), *shadow->limit);
    }
}

void Checker::check_auto_limit(std::size_t route, const std::string& path, const Limit& limit) {
    const bool has_auto =
        limit.is_adaptive() ? !limit.max || !limit.initial : !limit.value.has_value();
    if (!has_auto) return;
    const char* const key = !limit.is_adaptive() ? "value" : !limit.max ? "max" : "initial";
    complain(join(path, key),
             "auto needs a pool, and " + route_path(route) + " has none (allowed: a number)");
}

std::vector<std::string> Checker::limiters_of(const std::string& pool) const {
    std::set<std::string> names;
    for (const Route& route : config_.routes) {
        if (route.pool == pool && config_.limiters.contains(route.limiter)) {
            names.insert(route.limiter);
        }
    }
    return {names.begin(), names.end()};
}

void Checker::check_sum(const std::string& pool_name) {
    const std::vector<std::string> limiters = limiters_of(pool_name);
    const std::string pool_path = "pools." + pool_name;
    if (limiters.empty() || problems_.has_under(pool_path)) return;

    std::vector<std::string> paths;
    std::string terms;
    std::uint64_t sum = 0;
    const Pool pool = resolve_pool(config_.pools.at(pool_name), machine_);
    for (const std::string& name : limiters) {
        const std::string path = "limiters." + name + ".limit";
        if (problems_.has_under(path)) return;
        const Limit limit = resolve_limit(config_.limiters.at(name).limit, pool, limiters.size());
        paths.push_back(join(path, limit.is_adaptive() ? "max" : "value"));
        // A limit of units: requests have what the others leave, one place at least.
        const std::uint32_t most = is_weighted(config_, name) ? 1 : largest(limit);
        sum += most;
        terms += (terms.empty() ? "" : " + ") + name + ' ' + std::to_string(most);
    }
    const std::uint64_t room = std::uint64_t{*pool.workers} + *pool.queue;
    if (sum <= room) return;

    paths.push_back(join(pool_path, "workers"));
    paths.push_back(join(pool_path, "queue"));
    for (std::size_t i = 0; i < config_.routes.size(); ++i) {
        if (config_.routes[i].pool == pool_name) paths.push_back(join(route_path(i), "limiter"));
    }
    complain(culprit(paths), "the limits on pool " + pool_name + " sum to " + std::to_string(sum) +
                                 " (" + terms + "), more than it takes (allowed: at most workers " +
                                 std::to_string(*pool.workers) + " + queue " +
                                 std::to_string(*pool.queue) + " = " + std::to_string(room) + ")");
}

void Checker::check_queues(const std::string& name, const Limiter& limiter) {
    const std::string path = "limiters." + name;
    check_queue(join(path, "queue"), limiter.queue, tree_, problems_);
    if (limiter.shadow && limiter.shadow->queue)
        check_queue(join(path, "shadow.queue"), *limiter.shadow->queue, tree_, problems_);
}

void Checker::check_priority(const std::string& name, const Priority& priority) {
    const std::uint32_t others = priority.bands - 1;
    if (std::lround(priority.floor * 1000) * others >= 1000) {
        const std::string path = "limiters." + name + ".priority";
        complain(culprit({join(path, "floor"), join(path, "bands")}),
                 "the floors of " + std::to_string(others) +
                     " bands leave nothing to the first one (allowed: floor x (bands - 1) below "
                     "1)");
    }
}

void Checker::check_tenant(const std::string& name, const Limiter& limiter) {
    const std::string path = "limiters." + name + ".tenant";
    const Tenant& tenant = limiter.tenant;
    if (tenant.hand > tenant.queues) {
        complain(culprit({join(path, "hand"), join(path, "queues")}),
                 "hand " + std::to_string(tenant.hand) + " is more than queues " +
                     std::to_string(tenant.queues) + " (allowed: hand at most queues)");
    }
    if (tenant.key != "ip") return;
    for (const auto& [who, share] : tenant.shares) {
        const bool is_v6 = who.find(':') != std::string::npos;
        if (is_cidr(who + (is_v6 ? "/128" : "/32"))) continue;
        // Not by its path: addresses have dots.
        const Value& shares = nearest_value(tree_, join(path, "shares"));
        const Value* const entry = shares.find(who);
        problems_.add(entry != nullptr ? entry->key_place : shares.place,
                      join(join(path, "shares"), who),
                      "is not an address, and the key is ip (allowed: addresses)");
    }
}

void Checker::check_cost(std::size_t index) {
    const Route& route = config_.routes[index];
    if (route.cost.per != Cost::Per::pixel || reads_image(route.handler)) return;
    complain(join(route_path(index), "cost"),
             "the handler " + route.handler +
                 " reads no image (allowed: N, {per_bytes: N}; per_pixels for the handler "
                 "resize)");
}

}  // namespace

void check(const Config& config, const Value& tree, const Machine& machine, Problems& problems) {
    Checker checker{config, tree, machine, problems};
    checker.check_addresses();
    for (std::size_t i = 0; i < config.routes.size(); ++i) checker.check_route(i);
    checker.check_overlaps();
    checker.check_pools_of_limiters();
    checker.check_auto_limits();
    check_limits(config, tree, machine, problems);
    for (const auto& [name, pool] : config.pools) checker.check_sum(name);
    for (const auto& [name, limiter] : config.limiters) {
        checker.check_queues(name, limiter);
        checker.check_priority(name, limiter.priority);
        checker.check_tenant(name, limiter);
    }
    for (std::size_t i = 0; i < config.routes.size(); ++i) checker.check_cost(i);
    for (const auto& [name, limiter] : config.limiters)
        check_rate("limiters." + name + ".rate", limiter.rate, tree, problems);
    for (std::size_t i = 0; i < config.routes.size(); ++i)
        check_rate("routes." + std::to_string(i) + ".rate", config.routes[i].rate, tree, problems);
}

}  // namespace spillway::config
