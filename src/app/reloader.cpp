#include "app/reloader.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "spillway/async/steady_now.hpp"

namespace spillway::app {
namespace {

constexpr std::chrono::milliseconds together{20};  // signals within are one
constexpr std::chrono::milliseconds settle_interval{10};
constexpr std::size_t lines_max = 20;
constexpr std::size_t text_max = 2000;

double unix_seconds() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

/// "key: from -> to; ...", as much as a line may be long.
std::string text_of(const std::vector<config::Change>& changes) {
    std::string text;
    std::size_t told = 0;
    for (const config::Change& change : changes) {
        std::string one = change.key + ": ";
        if (change.from.empty()) {
            one += "added " + change.to;
        } else if (change.to.empty()) {
            one += "removed";
        } else {
            one += change.from + " -> " + change.to;
        }
        if (told == lines_max || text.size() + one.size() > text_max) break;
        text += (text.empty() ? "" : "; ") + one;
        ++told;
    }
    if (told < changes.size()) text += " and " + std::to_string(changes.size() - told) + " more";
    return text;
}

/// Pools that no route uses do not exist.
config::Config with_used_pools(config::Config config) {
    std::erase_if(config.pools, [&](const auto& pool) {
        return std::ranges::none_of(
            config.routes, [&](const config::Route& route) { return route.pool == pool.first; });
    });
    return config;
}

}  // namespace

Reloader::Reloader(boost::asio::io_context& loop, Source source, config::Config running,
                   Service& service, telemetry::Log& log, const ServiceManager& manager,
                   std::function<void(config::Config&)> adjust,
                   std::function<void(const config::Config&)> on_applied)
    : source_(std::move(source)),
      running_(with_used_pools(std::move(running))),
      service_(service),
      log_(log),
      manager_(manager),
      adjust_(std::move(adjust)),
      on_applied_(std::move(on_applied)),
      soon_(loop),
      settling_(loop) {
    service_.reloads().applied_at = unix_seconds();
}

void Reloader::request() {
    if (is_stopped_ || std::exchange(is_requested_, true)) return;
    soon_.expires_after(together);
    soon_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        is_requested_ = false;
        manager_.reloading(async::steady_now());
        reload();
        manager_.ready();
    });
}

void Reloader::stop() {
    is_stopped_ = true;
    soon_.cancel();
    settling_.cancel();
}

void Reloader::reload() {
    if (!service_.server().is_ready())
        return log_.warn("no reload while draining; nothing has changed");
    config::Reloaded reloaded =
        config::reload(source_.file, source_.overrides, source_.machine, running_);
    if (!reloaded.loaded.problems.empty()) {
        std::vector<std::string> problems;
        for (const auto& problem : reloaded.loaded.problems)
            problems.push_back(config::to_string(problem));
        return reject(problems);
    }
    config::Config resolved = config::resolve(reloaded.loaded.config, source_.machine);
    adjust_(resolved);
    std::string refusal;
    try {
        refusal = service_.reconfigure(resolved);
    } catch (const std::exception& error) {
        refusal = error.what();
    }
    if (!refusal.empty()) return reject({refusal});

    on_applied_(resolved);
    const auto pools = std::move(running_.pools);
    running_ = reloaded.loaded.config;
    running_.pools = pools;
    ReloadCounts& counts = service_.reloads();
    ++counts.applied;
    counts.last_was_applied = true;
    counts.applied_at = unix_seconds();
    report(reloaded);
    settle();
}

void Reloader::reject(const std::vector<std::string>& problems) {
    ReloadCounts& counts = service_.reloads();
    ++counts.rejected;
    counts.last_was_applied = false;
    for (std::size_t i = 0; i < std::min(problems.size(), lines_max); ++i)
        log_.error("reload: " + problems[i]);
    log_.error("reload rejected, nothing has changed", {{"problems", problems.size()}});
}

void Reloader::report(const config::Reloaded& reloaded) {
    for (const auto& warning : reloaded.loaded.warnings) log_.warn(warning);
    std::size_t told = 0;
    for (const config::Change& change : reloaded.fixed) {
        if (told++ == lines_max) break;
        log_.warn("reload: " + change.key + " cannot change while running (running " + change.from +
                  ", file says " + (change.to.empty() ? "nothing" : change.to) +
                  "); restart to apply");
    }
    if (reloaded.changes.empty()) {
        log_.info("reloaded, nothing is different", {{"fixed", reloaded.fixed.size()}});
        return;
    }
    log_.info("reloaded", {{"changes", reloaded.changes.size()},
                           {"fixed", reloaded.fixed.size()},
                           {"what", text_of(reloaded.changes)}});
}

/// Limits grow as others give back what they have too much of.
void Reloader::settle() {
    if (is_stopped_ || service_.settle()) return;
    settling_.expires_after(settle_interval);
    settling_.async_wait([this](const boost::system::error_code& error) {
        if (!error) settle();
    });
}

}  // namespace spillway::app
