#include <map>
#include <optional>
#include <set>
#include <utility>

#include "config/check_limiter.hpp"
#include "config/emit.hpp"
#include "config/limit_schema.hpp"
#include "config/schema.hpp"

namespace spillway::config {

namespace {

class LimitChecker {
public:
    LimitChecker(std::string path, const Value& tree, Problems& problems)
        : path_(std::move(path)), tree_(tree), problems_(problems) {}

    /// A parameter that the algorithm does not know would be ignored, which nothing is.
    void check_keys(const Limit& limit) {
        if (problems_.has(join(path_, "algorithm"))) return;
        const Limit untouched;
        for (const auto& key : table<Limit>().keys) {
            if (key.name == "algorithm" || is_key_of(limit.algorithm, key.name)) continue;
            if (emit_line(key.write(limit)) == emit_line(key.write(untouched))) continue;
            complain(key.name, "is not a parameter of " + limit.algorithm +
                                   " (allowed: " + joined(algorithm_keys(limit.algorithm)) + ")");
        }
        check_percentile(limit);
        if (limit.window.min_window > limit.window.max_window) {
            complain("window.min_window", "is above max_window (allowed: at most max_window)");
        }
    }

    /// `limit` is resolved.
    void check_bounds(const Limit& limit) {
        if (!limit.is_adaptive() || has_any({"min", "max", "initial"})) return;
        const std::uint32_t max = limit.max.value();
        const std::uint32_t initial = limit.initial.value();
        const std::string range = std::to_string(limit.min) + ".." + std::to_string(max);
        if (limit.min > max) {
            complain(written({"min", "max"}), "min " + std::to_string(limit.min) +
                                                  " is above max " + std::to_string(max) +
                                                  " (allowed: min at most max)");
        } else if (initial < limit.min || initial > max) {
            complain(written({"initial", "min", "max"}),
                     "initial " + std::to_string(initial) +
                         " is not within min and max (allowed: " + range + ")");
        }
    }

private:
    /// These two look at a percentile of their own.
    void check_percentile(const Limit& limit) {
        const bool has_own = limit.algorithm == "slo" || limit.algorithm == "gradient_minrtt";
        if (!has_own || limit.window.percentile == LimitWindow{}.percentile) return;
        const std::string own = limit.algorithm == "slo" ? "quantile" : "aggregate_percentile";
        complain("window.percentile",
                 "is not looked at by " + limit.algorithm + " (allowed: " + own + " instead)");
    }

    void complain(const std::string& key, std::string message) {
        const std::string path = join(path_, key);
        if (problems_.has_under(path)) return;
        problems_.add(nearest_value(tree_, path).place, path, std::move(message));
    }

    [[nodiscard]] bool has_any(const std::vector<std::string>& keys) const {
        for (const std::string& key : keys) {
            if (problems_.has_under(join(path_, key))) return true;
        }
        return false;
    }

    /// The first key that somebody wrote; the first, when all are defaults.
    [[nodiscard]] std::string written(const std::vector<std::string>& keys) const {
        for (const std::string& key : keys) {
            const Value& value = nearest_value(tree_, join(path_, key));
            if (value.key == key && !value.place.origin.empty()) return key;
        }
        return keys.front();
    }

    static std::string joined(const std::vector<std::string>& words) {
        std::string all;
        for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
        return all;
    }

    std::string path_;
    const Value& tree_;
    Problems& problems_;
};

}  // namespace

void check_limit_keys(const std::string& path, const Limit& limit, const Value& tree,
                      Problems& problems) {
    LimitChecker{path, tree, problems}.check_keys(limit);
}

void check_limit_bounds(const std::string& path, const Limit& limit, const Pool& pool,
                        std::size_t limiters, const Value& tree, Problems& problems) {
    LimitChecker{path, tree, problems}.check_bounds(resolve_limit(limit, pool, limiters));
}

void check_limits(const Config& config, const Value& tree, const Machine& machine,
                  Problems& problems) {
    std::map<std::string, std::set<std::string>> limiters_of;
    for (const Route& route : config.routes) {
        if (config.limiters.contains(route.limiter)) limiters_of[route.pool].insert(route.limiter);
    }
    for (const auto& [name, limiter] : config.limiters) {
        check_limit_keys("limiters." + name + ".limit", limiter.limit, tree, problems);
        if (!limiter.shadow || !limiter.shadow->limit) continue;
        check_limit_keys("limiters." + name + ".shadow.limit", *limiter.shadow->limit, tree,
                         problems);
    }
    for (const auto& [pool_name, limiters] : limiters_of) {
        const auto pool = config.pools.find(pool_name);
        if (pool == config.pools.end() || problems.has_under("pools." + pool_name)) continue;
        const Pool resolved = resolve_pool(pool->second, machine);
        for (const std::string& name : limiters) {
            const Limiter& limiter = config.limiters.at(name);
            check_limit_bounds("limiters." + name + ".limit", limiter.limit, resolved,
                               limiters.size(), tree, problems);
            if (!limiter.shadow || !limiter.shadow->limit) continue;
            check_limit_bounds("limiters." + name + ".shadow.limit", *limiter.shadow->limit,
                               resolved, limiters.size(), tree, problems);
        }
    }
}

}  // namespace spillway::config
