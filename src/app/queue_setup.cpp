#include "app/queue_setup.hpp"

#include <algorithm>

#include "config/claim_rules.hpp"
#include "config/limiter_options.hpp"

namespace spillway::app {
namespace {

/// As many as differ: where all requests come in one band, the others would only cost time.
std::uint32_t bands_in_use(const config::Config& config, const std::string& limiter) {
    const config::Priority& priority = config.limiters.at(limiter).priority;
    const std::uint32_t last = priority.bands - 1;
    if (priority.from != "route") return priority.bands;
    const config::Route* first = nullptr;
    for (const config::Route& route : config.routes) {
        if (route.limiter != limiter) continue;
        if (first == nullptr) first = &route;
        if (std::min(route.priority, last) != std::min(first->priority, last))
            return priority.bands;
    }
    return 1;
}

void set_band(http::ClaimOptions& to, const config::Config& config, const config::Route& route) {
    using BandFrom = http::ClaimOptions::BandFrom;
    const config::Priority& priority = config.limiters.at(route.limiter).priority;
    to.bands = bands_in_use(config, route.limiter);
    to.band = route.priority;
    if (priority.from == "rfc9218") to.band_from = BandFrom::rfc9218;
    if (const auto header = config::header_of(priority.from); !header.empty()) {
        to.band_from = BandFrom::header;
        to.band_header = header;
    }
}

/// Names are looked at only where they matter: in a fair queue, for the counters of shares, and for
/// quotas of their own.
bool has_tenants(const config::Limiter& limiter, const config::Route& route) {
    const auto is_per_tenant = [](const std::optional<config::Rate>& rate) {
        return rate && rate->per == "tenant";
    };
    const auto is_fair = [](const config::Queue& queue) { return queue.discipline == "fair"; };
    const bool is_shadow_fair =
        limiter.shadow && limiter.shadow->queue && is_fair(*limiter.shadow->queue);
    return is_fair(limiter.queue) || is_shadow_fair || !limiter.tenant.shares.empty() ||
           is_per_tenant(limiter.rate) || is_per_tenant(route.rate);
}

void set_cost(http::ClaimOptions& to, const config::Config& config, const config::Route& route) {
    using CostPer = http::ClaimOptions::CostPer;
    to.cost = route.cost.number;
    switch (route.cost.per) {
        case config::Cost::Per::request:
            to.cost_per = CostPer::request;
            break;
        case config::Cost::Per::byte:
            to.cost_per = CostPer::byte;
            break;
        case config::Cost::Per::pixel:
            to.cost_per = CostPer::pixel;
            to.pixels_max = config.resize.pixels_max;
            break;
    }
}

}  // namespace

core::QueueOptions queue_options(const config::Config& config, const std::string& limiter) {
    return queue_options(config, limiter, config.limiters.at(limiter).queue);
}

core::QueueOptions queue_options(const config::Config& config, const std::string& limiter,
                                 const config::Queue& queue) {
    const config::Limiter& from = config.limiters.at(limiter);
    core::QueueOptions to = config::queue_options(queue, from.priority, from.tenant);
    to.bands = bands_in_use(config, limiter);
    return to;
}

http::TenantOptions tenant_options(const config::Config& config, const config::Route& route) {
    using From = http::TenantOptions::From;
    const config::Limiter& limiter = config.limiters.at(route.limiter);
    if (!has_tenants(limiter, route)) return {};
    http::TenantOptions to{.from = From::address};
    if (const auto header = config::header_of(limiter.tenant.key); !header.empty()) {
        to.from = From::header;
        to.header = header;
    }
    for (const auto& [name, share] : limiter.tenant.shares) to.shares.push_back(name);
    return to;
}

http::ClaimOptions claim_options(const config::Config& config, const config::Route& route) {
    http::ClaimOptions to;
    set_band(to, config, route);
    set_cost(to, config, route);
    return to;
}

}  // namespace spillway::app
