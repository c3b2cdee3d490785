#include "app/limiters_page.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/instant_text.hpp"
#include "app/json_page.hpp"
#include "config/words.hpp"
#include "spillway/async/steady_now.hpp"

namespace spillway::app {

namespace json = boost::json;

namespace {

json::object limit_json(const admission::Limiter& limiter) {
    json::object out;
    const auto state = limiter.adaptive_state();
    out["algorithm"] = to_string(state ? state->kind : core::LimitKind::fixed);
    out["current"] = limiter.occupancy().limit;
    if (!state) return out;
    out["exact"] = state->metrics.limit;
    out["min"] = state->bounds.min;
    out["max"] = state->bounds.max;
    out["reason"] = core::to_string(state->metrics.reason);
    out["gradient"] = state->metrics.gradient;
    out["queue_estimate"] = state->metrics.queue;
    out["baseline_seconds"] = core::to_seconds(state->metrics.baseline);
    out["window_seconds"] = core::to_seconds(state->metrics.latency);
    if (const auto& change = state->last_change) {
        out["last_change"] = json::object{{"at", instant_text(change->at)},
                                          {"from", change->from},
                                          {"to", change->to},
                                          {"reason", core::to_string(change->reason)}};
    }
    return out;
}

double age(core::TimePoint now, const std::optional<core::TimePoint>& since) {
    return since ? std::max(core::to_seconds(now - *since), 0.0) : 0.0;
}

json::object queue_json(const admission::Limiter& limiter, core::TimePoint now) {
    const core::QueueState state = limiter.queue_state();
    json::object out;
    out["discipline"] = config::disciplines()[static_cast<std::size_t>(state.discipline)];
    out["depth"] = limiter.occupancy().waiting;
    out["capacity"] = limiter.capacity();
    out["wait_timeout_seconds"] = core::to_seconds(limiter.wait_timeout());
    out["oldest_wait_seconds"] = age(now, state.oldest_since());
    if (state.standing) {
        out["target_seconds"] = core::to_seconds(state.standing->target);
        out["interval_seconds"] = core::to_seconds(state.standing->interval);
        bool is_standing = false;
        for (const auto& band : state.band) is_standing |= band.is_standing;
        out["is_standing"] = is_standing;
    }
    if (state.watermarks) {
        out["watermarks"] = json::object{{"high", state.watermarks->high},
                                         {"low", state.watermarks->low},
                                         {"is_shedding", state.is_shedding}};
    }
    if (state.bands > 1) {
        json::array bands;
        for (std::uint32_t b = 0; b < state.bands; ++b) {
            bands.push_back(
                json::object{{"band", b},
                             {"depth", state.band[b].waiting},
                             {"oldest_wait_seconds", age(now, state.band[b].oldest_since)}});
        }
        out["bands"] = std::move(bands);
    }
    return out;
}

json::object limiter_json(const std::string& name, const admission::Limiter& limiter,
                          core::TimePoint now) {
    const core::Occupancy occupancy = limiter.occupancy();
    json::object out;
    out["name"] = name;
    out["limit"] = limit_json(limiter);
    out["in_flight"] = json::object{{"requests", occupancy.in_flight}, {"units", occupancy.units}};
    if (occupancy.closed) out["closed"] = true;
    out["queue"] = queue_json(limiter, now);
    out["service_seconds"] = core::to_seconds(limiter.mean_service_time());
    out["backlog_seconds"] = core::to_seconds(limiter.backlog_time());
    return out;
}

json::object quota_json(const std::string& name, const admission::Quota& quota,
                        core::TimePoint now) {
    json::object out;
    out["policy"] = name;
    out["per"] = quota.options().is_per_tenant ? "tenant" : "all";
    out["tenants"] = quota.tenants(now);
    out["tenants_max"] = quota.tenants_max();
    out["shared_total"] = quota.shared();
    return out;
}

}  // namespace

http::Page::Content LimitersPage::render() const {
    const core::TimePoint now = async::steady_now();
    const http::ServerStats stats = server_.stats();
    const std::lock_guard lock(names_);
    json::array limiters;
    for (const auto& [name, limiter] : limiters_) {
        json::object one = limiter_json(name, *limiter, now);
        if (const auto pool = pools_.find(name); pool != pools_.end()) one["pool"] = pool->second;
        json::array routes;
        for (const auto& route : stats.routes)
            if (route.limiter == name) routes.emplace_back(route.path);
        one["routes"] = std::move(routes);
        limiters.push_back(std::move(one));
    }
    json::array quotas;
    for (const auto& [name, quota] : quotas_) quotas.push_back(quota_json(name, *quota, now));
    json::object out;
    out["at"] = instant_text(now);
    out["limiters"] = std::move(limiters);
    out["quotas"] = std::move(quotas);
    return json_page(200, json_type, out);
}

}  // namespace spillway::app
