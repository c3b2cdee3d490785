#include "app/metrics.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "app/shadow_metrics.hpp"
#include "app/version.hpp"
#include "spillway/async/steady_now.hpp"
#include "telemetry/exposition.hpp"
#include "telemetry/process_metrics.hpp"

namespace spillway::app {
namespace {

using telemetry::Exposition;

/// Statuses that every route is known to give: their series exist before they are given.
constexpr std::array route_codes{200U, 400U, 408U, 413U, 415U, 422U, 429U, 500U, 503U, 504U};
constexpr std::array page_codes{200U};
constexpr std::array error_codes{400U, 404U, 405U, 408U, 414U, 417U, 421U, 431U, 501U, 505U};

void add_codes(Exposition::Family family, const std::map<unsigned, std::uint64_t>& counts,
               std::span<const unsigned> known, const std::string* path) {
    std::map<unsigned, std::uint64_t> all = counts;
    for (const unsigned code : known) all.try_emplace(code, 0);
    for (const auto& [code, n] : all) {
        const std::string text = std::to_string(code);
        const auto value = static_cast<double>(n);
        if (path != nullptr)
            family.add({{"route", *path}, {"code", text}}, value);
        else
            family.add({{"code", text}}, value);
    }
}

double number(std::uint64_t n) noexcept { return static_cast<double>(n); }

void add_route(Exposition& e, const http::RouteStats& r) {
    e.counter("spillway_requests_received_total", "Requests whose route was found")
        .add({{"route", r.path}}, number(r.received));
    e.counter("spillway_requests_accepted_total", "Requests that were granted a permit")
        .add({{"route", r.path}}, number(r.accepted));
    auto rejected = e.counter("spillway_requests_rejected_total",
                              "Requests that got a final answer instead of a permit");
    for (std::size_t i = 0; i < r.rejected.size(); ++i) {
        const auto reason = core::to_string(static_cast<core::RejectReason>(i));
        rejected.add({{"route", r.path}, {"reason", reason}}, number(r.rejected[i]));
    }
    auto dropped = e.counter("spillway_requests_dropped_total",
                             "Requests that left with neither permit nor answer");
    for (std::size_t i = 0; i < r.dropped.size(); ++i) {
        const auto reason = core::to_string(static_cast<core::DropReason>(i));
        dropped.add({{"route", r.path}, {"reason", reason}}, number(r.dropped[i]));
    }
    auto finished = e.counter("spillway_requests_finished_total", "Accepted requests by ending");
    for (std::size_t i = 0; i < r.finished.size(); ++i) {
        const auto ending = core::to_string(static_cast<core::Ending>(i));
        finished.add({{"route", r.path}, {"ending", ending}}, number(r.finished[i]));
    }
    e.gauge("spillway_requests_pending", "Requests received and in no class yet")
        .add({{"route", r.path}}, number(r.pending()));
    e.gauge("spillway_requests_held", "Requests held back by a quota's delay_max")
        .add({{"route", r.path}}, r.held);
    add_codes(e.counter("spillway_responses_total", "Responses by status"), r.responses,
              route_codes, &r.path);
    e.histogram("spillway_request_duration_seconds",
                "From the end of the header to the beginning of the response")
        .add({{"route", r.path}}, r.request_duration);
    e.histogram("spillway_service_duration_seconds", "From the permit to the end of the work")
        .add({{"route", r.path}}, r.service_duration);
}

void add_page(Exposition& e, const http::PageStats& p) {
    add_codes(e.counter("spillway_responses_total", "Responses by status"), p.responses, page_codes,
              &p.path);
    e.histogram("spillway_request_duration_seconds",
                "From the end of the header to the beginning of the response")
        .add({{"route", p.path}}, p.request_duration);
}

void add_limit(Exposition& e, const std::string& name, const admission::AdaptiveLimitState& state) {
    const auto& inside = state.metrics;
    e.gauge("spillway_limit_min", "Least that an adaptive limit may be")
        .add({{"limiter", name}}, state.bounds.min);
    e.gauge("spillway_limit_max", "Most that an adaptive limit may be")
        .add({{"limiter", name}}, state.bounds.max);
    e.gauge("spillway_limit_gradient", "Above 1 room, below 1 slowness; 0: not known")
        .add({{"limiter", name}}, inside.gradient);
    e.gauge("spillway_limit_queue_estimate", "Permits taken for waiting behind the limiter")
        .add({{"limiter", name}}, inside.queue);
    e.gauge("spillway_limit_baseline_seconds", "Latency taken for that without load")
        .add({{"limiter", name}}, core::to_seconds(inside.baseline));
    e.gauge("spillway_limit_window_seconds", "Latency of the latest window")
        .add({{"limiter", name}}, core::to_seconds(inside.latency));
    auto changes = e.counter("spillway_limit_changes_total", "Moves of an adaptive limit");
    auto reasons = e.gauge("spillway_limit_reason", "1 for why the limit is what it is");
    for (std::size_t i = 0; i < state.changes.size(); ++i) {
        const auto reason = static_cast<core::LimitReason>(i);
        const auto word = core::to_string(reason);
        changes.add({{"limiter", name}, {"reason", word}}, number(state.changes[i]));
        reasons.add({{"limiter", name}, {"reason", word}}, inside.reason == reason ? 1 : 0);
    }
}

void add_limiter(Exposition& e, const std::string& name, const admission::Limiter& limiter,
                 const http::ServerStats& stats) {
    const auto now = limiter.occupancy();
    e.gauge("spillway_limit", "Permits").add({{"limiter", name}}, now.limit);
    if (const auto state = limiter.adaptive_state()) add_limit(e, name, *state);
    e.gauge("spillway_in_flight", "Permits held").add({{"limiter", name}}, now.in_flight);
    e.gauge("spillway_in_flight_units", "What the permits held cost")
        .add({{"limiter", name}}, now.units);
    e.gauge("spillway_queue_depth", "Requests waiting").add({{"limiter", name}}, now.waiting);
    if (const auto queue = limiter.queue_state(); queue.bands > 1) {
        auto depths = e.gauge("spillway_queue_depth_band", "Requests waiting, by band");
        for (std::uint32_t b = 0; b < queue.bands; ++b)
            depths.add({{"limiter", name}, {"band", std::to_string(b)}}, queue.band[b].waiting);
    }
    e.gauge("spillway_queue_capacity", "Places in the queue")
        .add({{"limiter", name}}, limiter.capacity());
    core::HistogramSnapshot wait;
    for (const auto& route : stats.routes) {
        if (route.limiter != name) continue;
        for (std::size_t i = 0; i < wait.buckets.size(); ++i)
            wait.buckets[i] += route.admission_wait.buckets[i];
        wait.count += route.admission_wait.count;
        wait.sum_s += route.admission_wait.sum_s;
    }
    e.histogram("spillway_admission_wait_seconds",
                "Time in the queue of requests that got a permit")
        .add({{"limiter", name}}, wait);
}

/// A tenant's requests of all routes of the limiter.
void add_tenants(Exposition& e, const std::string& name, const http::ServerStats& stats) {
    std::vector<http::TenantStats> sums;
    for (const auto& route : stats.routes) {
        if (route.limiter != name) continue;
        for (const http::TenantStats& tenant : route.tenants) {
            auto found = std::ranges::find(sums, tenant.name, &http::TenantStats::name);
            if (found == sums.end()) found = sums.insert(sums.end(), {.name = tenant.name});
            found->accepted += tenant.accepted;
            found->rejected += tenant.rejected;
        }
    }
    for (const auto& tenant : sums) {
        e.counter("spillway_tenant_requests_accepted_total",
                  "Requests of a configured tenant that were granted a permit")
            .add({{"limiter", name}, {"tenant", tenant.name}}, number(tenant.accepted));
        e.counter("spillway_tenant_requests_rejected_total",
                  "Requests of a configured tenant that got a final answer instead of a permit")
            .add({{"limiter", name}, {"tenant", tenant.name}}, number(tenant.rejected));
    }
}

void add_quota(Exposition& e, const std::string& name, const admission::Quota& quota) {
    e.gauge("spillway_rate_tenants", "Tenants that have spent some of their quota")
        .add({{"policy", name}}, number(quota.tenants(async::steady_now())));
    e.gauge("spillway_rate_tenants_max", "Slots for tenants")
        .add({{"policy", name}}, number(quota.tenants_max()));
    e.counter("spillway_rate_shared_total", "Decisions by a bucket shared for want of a slot")
        .add({{"policy", name}}, number(quota.shared()));
}

void add_pool(Exposition& e, const std::string& name, const async::PoolStats& pool) {
    auto submitted = e.counter("spillway_pool_submitted_total",
                               "Jobs given to the pool; dropped: taken, discarded before they ran");
    submitted.add({{"pool", name}, {"result", "accepted"}}, number(pool.submitted_accepted));
    submitted.add({{"pool", name}, {"result", "rejected"}}, number(pool.submitted_rejected));
    submitted.add({{"pool", name}, {"result", "dropped"}}, number(pool.dropped));
    e.gauge("spillway_pool_queue_depth", "Jobs waiting for a worker")
        .add({{"pool", name}}, number(pool.queue_depth));
    e.gauge("spillway_pool_in_flight", "Jobs running")
        .add({{"pool", name}}, number(pool.in_flight));
    e.gauge("spillway_pool_workers", "Worker threads").add({{"pool", name}}, number(pool.workers));
    e.histogram("spillway_pool_submit_wait_seconds", "Time from submission to a worker")
        .add({{"pool", name}}, pool.submit_wait);
}

void add_tls(Exposition& e, const http::ListenerStats& l) {
    auto handshakes = e.counter("spillway_tls_handshakes_total", "TLS handshakes by outcome");
    for (std::size_t i = 0; i < l.handshakes.size(); ++i) {
        const auto outcome = to_string(static_cast<http::HandshakeOutcome>(i));
        handshakes.add({{"listener", l.name}, {"outcome", outcome}}, number(l.handshakes[i]));
    }
    e.counter("spillway_tls_handshakes_resumed_total", "Of those done, the ones by a ticket")
        .add({{"listener", l.name}}, number(l.handshakes_resumed));
    e.gauge("spillway_tls_handshakes", "TLS handshakes that hold a place")
        .add({{"listener", l.name}}, number(l.handshakes_inside));
    e.gauge("spillway_tls_handshakes_max", "Places for TLS handshakes")
        .add({{"listener", l.name}}, number(l.handshakes_max));
    e.gauge("spillway_tls_handshakes_waiting", "TLS handshakes that wait for a place")
        .add({{"listener", l.name}}, number(l.handshakes_waiting));
    e.gauge("spillway_tls_certificate_valid_until_timestamp_seconds",
            "When the certificate expires, in seconds since 1970")
        .add({{"listener", l.name}}, static_cast<double>(l.certificate_valid_until));
}

void add_listener(Exposition& e, const http::ListenerStats& l) {
    e.gauge("spillway_connections", "Open connections")
        .add({{"listener", l.name}}, number(l.accepted - l.closed));
    e.gauge("spillway_connections_max", "Most connections at a time")
        .add({{"listener", l.name}}, number(l.connections_max));
    e.counter("spillway_connections_accepted_total", "Connections accepted")
        .add({{"listener", l.name}}, number(l.accepted));
    auto refused = e.counter("spillway_connections_refused_total",
                             "Connections closed or not taken for want of a place");
    for (std::size_t i = 0; i < l.refused.size(); ++i) {
        const auto reason = to_string(static_cast<http::ConnectionRefusal>(i));
        refused.add({{"listener", l.name}, {"reason", reason}}, number(l.refused[i]));
    }
    if (l.has_tls) add_tls(e, l);
}

void add_server(Exposition& e, const http::ServerStats& s) {
    add_codes(e.counter("spillway_http_errors_total", "Requests refused before a route was known"),
              s.http_errors, error_codes, nullptr);
    e.gauge("spillway_body_memory_bytes", "Request bodies held").add(number(s.body_memory));
    e.gauge("spillway_body_memory_max_bytes", "Bound of body_memory_bytes")
        .add(number(s.body_memory_max));
    e.gauge("spillway_response_memory_bytes", "Unsent response bytes")
        .add(number(s.response_memory));
    e.gauge("spillway_response_memory_max_bytes", "Bound of response_memory_bytes")
        .add(number(s.response_memory_max));
    e.counter("spillway_handler_errors_total", "Exceptions that left a handler")
        .add(number(s.handler_errors));
    e.gauge("spillway_draining", "1 from the moment a drain begins").add(s.draining ? 1 : 0);
}

void add_reloads(Exposition& e, const ReloadCounts& reloads) {
    auto all = e.counter("spillway_config_reloads_total", "Reloads by SIGHUP");
    all.add({{"result", "applied"}}, number(reloads.applied.load()));
    all.add({{"result", "rejected"}}, number(reloads.rejected.load()));
    e.gauge("spillway_config_last_reload_successful", "0 while the file is not what runs")
        .add(reloads.last_was_applied.load() ? 1 : 0);
    e.gauge("spillway_config_last_reload_success_timestamp_seconds",
            "When what runs was read, in seconds since 1970")
        .add(reloads.applied_at.load());
}

/// The parts of a route's past: totals of all, gauges of the one that tells them.
http::RouteStats& operator+=(http::RouteStats& sum, const http::RouteStats& part) {
    const auto add = [](core::HistogramSnapshot& to, const core::HistogramSnapshot& from) {
        for (std::size_t i = 0; i < to.buckets.size(); ++i) to.buckets[i] += from.buckets[i];
        to.count += from.count;
        to.sum_s += from.sum_s;
    };
    sum.received += part.received;
    sum.accepted += part.accepted;
    for (std::size_t i = 0; i < sum.rejected.size(); ++i) sum.rejected[i] += part.rejected[i];
    for (std::size_t i = 0; i < sum.dropped.size(); ++i) sum.dropped[i] += part.dropped[i];
    for (std::size_t i = 0; i < sum.finished.size(); ++i) sum.finished[i] += part.finished[i];
    for (const auto& [code, n] : part.responses) sum.responses[code] += n;
    add(sum.service_duration, part.service_duration);
    add(sum.request_duration, part.request_duration);
    sum.held += part.held;
    return sum;
}

/// One for each path, in the order in which they came.
std::vector<http::RouteStats> by_path(const std::vector<http::RouteStats>& routes) {
    std::vector<http::RouteStats> sums;
    for (const http::RouteStats& route : routes) {
        const auto found = std::ranges::find(sums, route.path, &http::RouteStats::path);
        if (found == sums.end()) {
            sums.push_back(route);
        } else {
            *found += route;
        }
    }
    return sums;
}

}  // namespace

std::string metrics_text(const http::ServerStats& stats, const Limiters& limiters,
                         const NamedQuotas& quotas, const Pools& pools, const telemetry::Log& log,
                         const ReloadCounts& reloads) {
    Exposition e;
    for (const auto& route : by_path(stats.routes)) add_route(e, route);
    for (const auto& page : stats.pages) add_page(e, page);
    for (const auto& [name, limiter] : limiters) {
        add_limiter(e, name, *limiter, stats);
        add_tenants(e, name, stats);
        if (auto* const shadow = limiter->shadow()) {
            if (const auto state = shadow->state()) add_shadow(e, name, *state);
        }
    }
    for (const auto& [name, quota] : quotas) add_quota(e, name, *quota);
    for (const auto& [name, pool] : pools) add_pool(e, name, pool->stats());
    for (const auto& listener : stats.listeners) add_listener(e, listener);
    add_server(e, stats);
    add_reloads(e, reloads);
    e.counter("spillway_log_messages_dropped_total", "Log lines lost").add(number(log.dropped()));
    e.gauge("spillway_build_info", "Always 1; the labels say what is running")
        .add({{"version", version()}, {"compiler", compiler()}, {"boost", boost_version()}}, 1);
    telemetry::add_process_metrics(e, telemetry::process_usage());
    return e.text();
}

}  // namespace spillway::app
