// How a running service takes up another configuration: planned whole, then put in force in an
// order in which nothing is ever promised twice.

#include <algorithm>
#include <set>
#include <utility>

#include "app/options.hpp"
#include "app/queue_setup.hpp"
#include "app/service_plan.hpp"
#include "app/shadow_setup.hpp"
#include "spillway/async/steady_now.hpp"

namespace spillway::app {

Service::Plan Service::plan(const config::Config& config) {
    Plan plan;
    plan_limiters(plan, config);
    plan_routes(plan, config);
    return plan;
}

void Service::plan_limiters(Plan& plan, const config::Config& config) {
    for (const auto& [name, limiter] : config.limiters) {
        auto& options = plan.limiters[name] = limiter_options(name, limiter);
        options.queue = queue_options(config, name);
        if (config::is_weighted(config, name)) options.places = config::places(config, name);
        options.shadow = shadow_options(config, name);
        if (limiters_.contains(name)) {
            const auto before = running_.limiters.find(name);
            const bool is_known = before != running_.limiters.end();
            plan.keeps_limit[name] = is_known && before->second.limit == limiter.limit;
            plan.keeps_shadow[name] =
                is_known && before->second == limiter && running_.routes == config.routes;
        } else {
            plan.new_limiters[name] = std::make_unique<admission::Limiter>(timers_, options);
        }
    }
    // What is measured stands for what the configuration leaves open, from the first moment on.
    if (limiters_.empty()) return;
    for (const auto& change : CodelTuner(config).update(server_.stats())) {
        admission::LimiterOptions& options = plan.limiters.at(change.limiter);
        core::QueueOptions& queue = change.is_shadow ? options.shadow->queue : options.queue;
        if (queue.codel) queue.codel = change.times;
        queue.standing = change.times;
    }
}

void Service::plan_routes(Plan& plan, const config::Config& config) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < config.routes.size(); ++i) {
        const config::Route& route = config.routes[i];
        // No limiter's name and no other path looks like this one; a path may have several routes.
        const std::string own =
            route.path + (seen.insert(route.path).second ? "" : '#' + std::to_string(i));
        const auto known = limiters_.find(route.limiter);
        plan.routes.push_back(
            {.options = route_options(config, route),
             .handler = &handler(route.handler),
             .limiter = known != limiters_.end() ? known->second.get()
                                                 : plan.new_limiters.at(route.limiter).get(),
             .pool = route.pool.empty() ? nullptr : pools_.at(route.pool).get(),
             .quota = planned_quota(plan, own, route.rate),
             .limiter_quota =
                 planned_quota(plan, route.limiter, config.limiters.at(route.limiter).rate)});
    }
}

std::shared_ptr<admission::Quota> Service::planned_quota(
    Plan& plan, const std::string& name, const std::optional<config::Rate>& rate) const {
    if (!rate) return nullptr;
    if (const auto planned = plan.quotas.find(name); planned != plan.quotas.end())
        return planned->second;
    const auto known = quotas_.find(name);
    if (known != quotas_.end() && rates_.at(name) == *rate) return known->second;
    plan.rates[name] = *rate;
    auto options = quota_options(name, *rate);
    auto& quota = plan.quotas[name];
    quota = known == quotas_.end() ? std::make_shared<admission::Quota>(std::move(options))
                                   : std::make_shared<admission::Quota>(
                                         *known->second, async::steady_now(), std::move(options));
    return quota;
}

/// Names become known; nothing is admitted by them yet.
void Service::take_over(Plan& plan, const config::Config& config) {
    const std::lock_guard lock(names_);
    limiters_.merge(plan.new_limiters);
    for (auto& [name, quota] : plan.quotas) quotas_[name] = quota;
    for (auto& [name, rate] : plan.rates) rates_[name] = rate;
    for (const auto& route : config.routes)
        if (!route.pool.empty()) pool_of_[route.limiter] = route.pool;
    running_ = config;
}

std::string Service::reconfigure(const config::Config& config) {
    http::ServerOptions options = server_options(config, &server_.options());
    Plan plan = this->plan(config);
    if (std::string refusal = server_.refusal(plan.routes); !refusal.empty()) return refusal;

    take_over(plan, config);
    // First the caps, then the limits below them: whoever grows does so by what is given back.
    pool_room_.set_wanted(config);
    settle();
    std::vector<std::unique_ptr<core::WaitRoom>> retired;  // shards may look at them still
    for (const auto& [name, keeps_limit] : plan.keeps_limit) {
        admission::Limiter& limiter = *limiters_.at(name);
        const admission::LimiterOptions& planned = plan.limiters.at(name);
        retired.push_back(limiter.reconfigure(planned, keeps_limit));
        // A candidate that is to be compared is one that saw the same as the live one throughout.
        if (!plan.keeps_shadow.at(name)) limiter.set_shadow(planned.shadow);
    }
    resize_.set_options({.pixels_max = config.resize.pixels_max,
                         .output_pixels_max = config.resize.output_pixels_max});
    observer_.set_access(access_of(config.log.access));
    log_.set_level(log_options(config.log).level);
    index_.set_entries(index_entries(config));
    log_certificates(options);
    server_.reconfigure(std::move(options), std::move(plan.routes));
    codel_tuner_ = CodelTuner(config);
    return {};
}

/// Those that are new; before they are in force.
void Service::log_certificates(const http::ServerOptions& next) {
    const http::ServerOptions& now = server_.options();
    const auto log = [this](std::string_view listener, const tls::Context::Ptr& from,
                            const tls::Context::Ptr& to) {
        if (from == to) return;
        log_.info("new handshakes use another certificate",
                  {{"listener", listener}, {"valid_until", tls::utc_text(to->valid_until())}});
    };
    log("public", now.tls.context, next.tls.context);
    log("control", now.control_tls.context, next.control_tls.context);
}

bool Service::settle() { return pool_room_.update(limiters_, server_.is_changing()); }

}  // namespace spillway::app
