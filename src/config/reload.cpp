#include "config/reload.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "config/check.hpp"
#include "config/check_files.hpp"
#include "config/emit.hpp"
#include "config/layers.hpp"
#include "config/schema.hpp"

namespace spillway::config {

namespace {

using Named = std::vector<std::pair<std::string, const Value*>>;

/// The entries of a map by key, those of a list of sections by path, each of a path by its turn.
Named entries(const Value& value) {
    Named all;
    std::map<std::string, int> turns;
    for (const Value& child : value.children) {
        if (value.is_map()) {
            all.emplace_back(child.key, &child);
            continue;
        }
        const Value* const path = child.find("path");
        const std::string name = path == nullptr ? std::string{} : path->text;
        const int turn = turns[name]++;
        all.emplace_back(turn == 0 ? name : name + '#' + std::to_string(turn), &child);
    }
    return all;
}

/// Sections are looked into; anything else is one value.
bool has_keys(const Value& value) {
    return (value.is_map() && !value.children.empty()) ||
           (value.is_list() && !value.children.empty() && value.children.front().is_map());
}

void compare(const std::string& path, const Value* from, const Value* to,
             std::vector<Change>& changes) {
    if (from != nullptr && to != nullptr && has_keys(*from) && has_keys(*to) &&
        from->kind == to->kind) {
        const Named before = entries(*from);
        const Named after = entries(*to);
        const auto in = [](const Named& all, const std::string& key) {
            const auto found =
                std::ranges::find(all, key, [](const auto& entry) { return entry.first; });
            return found == all.end() ? nullptr : found->second;
        };
        for (const auto& [key, value] : before)
            compare(join(path, key), value, in(after, key), changes);
        for (const auto& [key, value] : after)
            if (in(before, key) == nullptr) compare(join(path, key), nullptr, value, changes);
        return;
    }
    const std::string was = from == nullptr ? "" : emit_line(*from);
    const std::string is = to == nullptr ? "" : emit_line(*to);
    if (was != is) changes.push_back({path, was, is});
}

bool is_used(const Config& config, const std::string& limiter) {
    return std::ranges::any_of(config.routes,
                               [&](const Route& route) { return route.limiter == limiter; });
}

/// Gives what cannot change its running value.
void fix(Config& config, const Config& running) {
    config.server.listen = running.server.listen;
    config.server.shards = running.server.shards;
    config.server.handover = running.server.handover;
    const Control next = std::exchange(config.control, running.control);
    config.control.hosts = next.hosts;
    config.control.token_file = next.token_file;
    config.control.token = next.token;
    // Whether TLS is spoken stays as it is; with which pair, and how much at a time, may change.
    if (config.server.tls.has_value() != running.server.tls.has_value())
        config.server.tls = running.server.tls;
    if (next.tls.has_value() == running.control.tls.has_value()) config.control.tls = next.tls;
    config.log.format = running.log.format;
    config.log.queue = running.log.queue;
    for (auto& [name, pool] : config.pools) {
        const auto found = running.pools.find(name);
        if (found != running.pools.end()) pool = found->second;
    }
    // Names of tenants are labels of series.
    for (auto& [name, limiter] : config.limiters) {
        const auto found = running.limiters.find(name);
        if (found == running.limiters.end() || !is_used(running, name)) continue;
        const auto& shares = found->second.tenant.shares;
        const bool has_same_names = std::ranges::equal(
            limiter.tenant.shares, shares, {}, [](const auto& share) { return share.first; },
            [](const auto& share) { return share.first; });
        if (!has_same_names) limiter.tenant.shares = shares;
    }
}

/// Its holders are in the pool that it had.
void require_same_pools(const Config& config, const Config& running, const Value& tree,
                        Problems& problems) {
    for (std::size_t i = 0; i < config.routes.size(); ++i) {
        const Route& route = config.routes[i];
        const auto before = std::ranges::find(running.routes, route.limiter, &Route::limiter);
        if (before == running.routes.end() || before->pool == route.pool) continue;
        const std::string path = "routes." + std::to_string(i) + ".pool";
        const std::string was = before->pool.empty() ? "no pool" : "pool " + before->pool;
        problems.add(nearest_value(tree, path).place, path,
                     "limiter " + route.limiter + " runs on " + was +
                         " and cannot move (allowed: another limiter; or a restart)");
    }
}

void require_running_pools(const Config& config, const Config& running, const Value& tree,
                           Problems& problems) {
    std::string names;
    for (const auto& [name, pool] : running.pools) names += (names.empty() ? "" : ", ") + name;
    for (std::size_t i = 0; i < config.routes.size(); ++i) {
        const std::string& pool = config.routes[i].pool;
        if (pool.empty() || running.pools.contains(pool)) continue;
        const std::string path = "routes." + std::to_string(i) + ".pool";
        problems.add(nearest_value(tree, path).place, path,
                     "pool " + pool + " does not run, and none can begin now (allowed: " + names +
                         "; or a restart)");
    }
}

Reloaded finish(Layers layers, const std::string& name, const Machine& machine,
                const Config& running, NamedFiles files) {
    Reloaded reloaded;
    Config& config = layers.config;
    reloaded.loaded.config = config;
    if (layers.problems.empty()) {
        fix(reloaded.loaded.config, running);
        require_running_pools(config, running, layers.tree, layers.problems);
        require_same_pools(config, running, layers.tree, layers.problems);
        if (layers.problems.empty())
            check(reloaded.loaded.config, layers.tree, machine, layers.problems);
        if (layers.problems.empty() && files == NamedFiles::checked)
            check_files(reloaded.loaded.config, layers.tree, layers.problems);
    }
    reloaded.loaded.problems = layers.problems.sorted(name);
    if (!reloaded.loaded.problems.empty()) return reloaded;
    reloaded.loaded.warnings = warnings(reloaded.loaded.config, machine);
    if (files == NamedFiles::checked)
        for (auto& warning : file_warnings(reloaded.loaded.config))
            reloaded.loaded.warnings.push_back(std::move(warning));
    reloaded.fixed = difference(reloaded.loaded.config, config);
    reloaded.changes = difference(running, reloaded.loaded.config);
    // Pools that no route uses do not exist: what the file says of them changes nothing.
    std::erase_if(reloaded.changes, [](const Change& c) { return c.key.starts_with("pools."); });
    return reloaded;
}

}  // namespace

std::vector<Change> difference(const Config& from, const Config& to) {
    const Value before = write_config(from);
    const Value after = write_config(to);
    std::vector<Change> changes;
    compare("", &before, &after, changes);
    return changes;
}

Reloaded reload_text(const std::string& text, const std::string& name,
                     const std::vector<Override>& overrides, const Machine& machine,
                     const Config& running) {
    return finish(read_layers(text, name, overrides, machine, {}), name, machine, running,
                  NamedFiles::unread);
}

Reloaded reload(const std::optional<std::string>& file_path, const std::vector<Override>& overrides,
                const Machine& machine, const Config& running) {
    return finish(read_layers(file_path, overrides, machine), file_path.value_or(""), machine,
                  running, NamedFiles::checked);
}

}  // namespace spillway::config
