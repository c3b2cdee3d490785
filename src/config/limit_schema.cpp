// The keys of `limiters.NAME.limit`, and which of them belong to which algorithm.

#include "config/limit_schema.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include "config/schema.hpp"
#include "config/section.hpp"

namespace spillway::config {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::uint32_t limit_max = 1'000'000;

Rule<Millis> span() { return duration(milliseconds{1}, hours{24}); }
Rule<Millis> span_or_none() { return duration(milliseconds{0}, hours{24}); }
Rule<std::optional<double>> factor(double low, double high) { return or_auto(decimal(low, high)); }

const std::map<std::string, std::vector<std::string>>& own_keys() {
    static const std::map<std::string, std::vector<std::string>> keys{
        {"fixed", {"value"}},
        {"aimd", {"backoff_ratio", "timeout"}},
        {"vegas", {"smoothing", "alpha", "beta", "threshold", "probe_multiplier", "probe_jitter"}},
        {"gradient2", {"smoothing", "rtt_tolerance", "queue_size", "long_window"}},
        {"gradient",
         {"smoothing", "rtt_tolerance", "queue_size", "backoff_ratio", "probe_countdown"}},
        {"gradient_minrtt",
         {"aggregate_percentile", "buffer_pct", "min_rtt_request_count", "min_rtt_interval",
          "update_interval"}},
        {"slo", {"target", "of", "quantile", "margin", "growth", "shrink_min"}}};
    return keys;
}

/// A key that print-config leaves out where the algorithm does not know it.
template <typename T>
Key<Limit> param(std::string name, T Limit::* member, Rule<T> rule) {
    Key<Limit> made = key(name, member, std::move(rule));
    made.applies = [name](const Limit& limit) { return is_key_of(limit.algorithm, name); };
    return made;
}

template <typename Inner>
Key<Limit> part(std::string name, Inner Limit::* member) {
    Key<Limit> made = section(name, member);
    made.applies = [name](const Limit& limit) { return is_key_of(limit.algorithm, name); };
    return made;
}

}  // namespace

std::vector<std::string> algorithms() {
    return {"fixed", "aimd", "vegas", "gradient2", "gradient", "gradient_minrtt", "slo"};
}

std::vector<std::string> algorithm_keys(const std::string& algorithm) {
    const auto found = own_keys().find(algorithm);
    if (found == own_keys().end()) return {};
    std::vector<std::string> keys = found->second;
    if (algorithm != "fixed") {
        keys.insert(keys.begin(), {"min", "max", "initial"});
        keys.insert(keys.end(), {"window", "cures"});
    }
    return keys;
}

bool is_key_of(const std::string& algorithm, const std::string& key) {
    const std::vector<std::string> keys = algorithm_keys(algorithm);
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

template <>
const Table<LimitWindow>& table<LimitWindow>() {
    static const Table<LimitWindow> window{
        {key("min_window", &LimitWindow::min_window, span()),
         key("max_window", &LimitWindow::max_window, span()),
         key("window_size", &LimitWindow::window_size, or_auto(count(1, limit_max))),
         key("percentile", &LimitWindow::percentile, decimal(0, 1))}};
    return window;
}

template <>
const Table<LimitCures>& table<LimitCures>() {
    static const Table<LimitCures> cures{
        {key("enabled", &LimitCures::enabled, flag()),
         key("rtt_resolution", &LimitCures::rtt_resolution,
             fine_duration(core::Duration::zero(), std::chrono::seconds{1})),
         key("overload_share", &LimitCures::overload_share, decimal(0, 2)),
         key("overload_ratio", &LimitCures::overload_ratio, decimal(0, 1)),
         key("healthy_max", &LimitCures::healthy_max, span_or_none()),
         key("drift_max", &LimitCures::drift_max, factor(0, 1000)),
         key("drift_span", &LimitCures::drift_span, span()),
         key("flat_max", &LimitCures::flat_max, factor(0, 1)),
         key("proportional_min", &LimitCures::proportional_min, decimal(0, 1)),
         key("probe_keeps", &LimitCures::probe_keeps, decimal(0, 1))}};
    return cures;
}

template <>
const Table<Limit>& table<Limit>() {
    static const Table<Limit> limit{
        {key("algorithm", &Limit::algorithm, one_of(algorithms())),
         param("value", &Limit::value, or_auto(count(1, limit_max))),
         param("min", &Limit::min, count(1, limit_max)),
         param("max", &Limit::max, or_auto(count(1, limit_max))),
         param("initial", &Limit::initial, or_auto(count(1, limit_max))),
         param("target", &Limit::target, or_auto(span())),
         param("of", &Limit::of, one_of({"service", "total"})),
         param("quantile", &Limit::quantile, factor(0.01, 0.999)),
         param("margin", &Limit::margin, factor(0, 0.9)),
         param("growth", &Limit::growth, factor(0.01, 10)),
         param("shrink_min", &Limit::shrink_min, factor(0.01, 1)),
         param("smoothing", &Limit::smoothing, factor(0.001, 1)),
         param("rtt_tolerance", &Limit::rtt_tolerance, factor(1, 100)),
         param("queue_size", &Limit::queue_size, factor(0, 10'000)),
         param("long_window", &Limit::long_window, or_auto(count(1, limit_max))),
         param("backoff_ratio", &Limit::backoff_ratio, factor(0.01, 1)),
         param("timeout", &Limit::timeout, or_auto(span())),
         param("alpha", &Limit::alpha, factor(0, 10'000)),
         param("beta", &Limit::beta, factor(0, 10'000)),
         param("threshold", &Limit::threshold, factor(0, 10'000)),
         param("probe_multiplier", &Limit::probe_multiplier, factor(1, 2'147'483'647)),
         param("probe_jitter", &Limit::probe_jitter, factor(0.5, 1)),
         param("probe_countdown", &Limit::probe_countdown, or_auto(count(0, 1'000'000'000))),
         param("aggregate_percentile", &Limit::aggregate_percentile, factor(1, 100)),
         param("buffer_pct", &Limit::buffer_pct, factor(0, 1000)),
         param("min_rtt_request_count", &Limit::min_rtt_request_count,
               or_auto(count(1, limit_max))),
         param("min_rtt_interval", &Limit::min_rtt_interval, or_auto(span())),
         param("update_interval", &Limit::update_interval, or_auto(span())),
         part("window", &Limit::window),
         part("cures", &Limit::cures)}};
    return limit;
}

}  // namespace spillway::config
