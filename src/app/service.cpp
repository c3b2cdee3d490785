#include "app/service.hpp"

#include <malloc.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "app/options.hpp"
#include "app/queue_setup.hpp"
#include "app/service_plan.hpp"

namespace spillway::app {
namespace {

std::uint64_t received(const http::ServerStats& stats) {
    std::uint64_t sum = 0;
    for (const auto& route : stats.routes) sum += route.received;
    return sum;
}

/// Those in work included.
std::uint64_t unfinished(const http::ServerStats& stats) {
    std::uint64_t sum = 0;
    for (const auto& route : stats.routes) {
        sum += route.pending() + route.accepted;
        for (const auto finished : route.finished) sum -= finished;
    }
    return sum;
}

void log_bound(telemetry::Log& log, const std::string& limiter,
               const admission::AdaptiveLimitState& state, LimitWatch::Bound bound) {
    const auto ms = [](core::Duration d) { return std::round(core::to_seconds(d) * 1e4) / 10; };
    const telemetry::LogFields fields{{"limiter", limiter},
                                      {"limit", std::round(state.metrics.limit)},
                                      {"baseline_ms", ms(state.metrics.baseline)},
                                      {"latency_ms", ms(state.metrics.latency)}};
    switch (bound) {
        case LimitWatch::Bound::min:
            return log.warn("limit stands at its min: even that few at a time are slow", fields);
        case LimitWatch::Bound::max:
            return log.warn("limit stands at its max: nothing but max holds it", fields);
        case LimitWatch::Bound::none:
            return log.info("limit has left its bound", fields);
    }
}

handlers::ResizeOptions resize_options(const config::Config& config) {
    return {.pixels_max = config.resize.pixels_max,
            .output_pixels_max = config.resize.output_pixels_max};
}

}  // namespace

Service::Service(const config::Config& config, telemetry::Log& log, async::Executor timers)
    : log_(log),
      timers_(timers),
      running_(config),
      observer_(log, access_of(config.log.access)),
      resize_(engine_, resize_options(config)),
      pool_room_(config),
      codel_tuner_(config),
      shards_(config.server.shards.value()),
      server_(shards_, server_options(config), observer_),
      ready_(server_),
      metrics_([this] {
          const auto stats = server_.stats();
          const std::lock_guard lock(names_);
          return metrics_text(stats, limiters_, quotas_, pools_, log_, reloads_);
      }),
      explain_(server_),
      limiters_page_(server_, names_, limiters_, quotas_, pool_of_),
      index_(index_entries(config)) {
    for (const auto& [name, pool] : config.pools) {
        auto options = pool_options(name, pool);
        options.on_thread_exit = &handlers::ImageEngine::thread_exit;
        pools_[name] = std::make_unique<async::WorkerPool>(std::move(options));
    }
    Plan first = plan(config);
    take_over(first, config);
    for (http::RouteSpec& route : first.routes) server_.add_route(std::move(route));
    const auto& open = config.control.public_pages;
    const auto is_open = [&open](std::string_view page) {
        return std::find(open.begin(), open.end(), page) != open.end();
    };
    server_.add_page("/healthz", health_, is_open("healthz"), true);
    server_.add_page("/readyz", ready_, is_open("readyz"), true);
    server_.add_page("/metrics", metrics_, is_open("metrics"), true);
    server_.add_page("/limiters", limiters_page_, false, true);
    server_.add_page_tree("/explain", explain_, false, true);
    server_.add_action("/reload", reload_page_);
    server_.add_page("/", index_, true, true);
}

const http::Handler& Service::handler(const std::string& name) const {
    if (name == "resize") return resize_;
    return drill_;
}

std::vector<std::size_t> Service::start(std::vector<http::PassedSocket> passed) {
    auto listening = server_.listen(std::move(passed));
    shards_.run();
    server_.start();
    for (const auto& one : listening.bound) {
        const http::ServerOptions& options = server_.options();
        const auto& tls = one.listener == "public" ? options.tls : options.control_tls;
        const bool has_tls = tls.context != nullptr;
        log_.info("listening", {{"listener", one.listener},
                                {"address", one.address},
                                {"tls", has_tls},
                                {"passed", one.is_passed}});
    }
    return std::move(listening.unwanted);
}

void Service::ask_shards(const std::function<void(std::size_t)>& on_answer) {
    for (std::size_t i = 0; i < shards_.size(); ++i)
        boost::asio::post(shards_[i].executor(), [main = timers_, on_answer, i] {
            boost::asio::post(main, [on_answer, i] { on_answer(i); });
        });
}

void Service::tune(core::TimePoint now) {
    const http::ServerStats stats = server_.stats();
    for (const auto& change : codel_tuner_.update(stats)) {
        admission::Limiter& limiter = *limiters_.at(change.limiter);
        if (!change.is_shadow) {
            limiter.set_codel(change.times);
        } else if (auto* const shadow = limiter.shadow()) {
            shadow->set_codel(change.times);
        }
    }
    watch_limits(now);
    if (idle_trim_.update(now, received(stats), unfinished(stats))) {
        server_.release_spare();
        ::malloc_trim(0);
    }
}

void Service::watch_limits(core::TimePoint now) {
    for (const auto& [name, limiter] : limiters_) {
        const auto state = limiter->adaptive_state();
        if (!state || state->metrics.reason == core::LimitReason::initial) continue;
        const auto news = limit_watches_[name].update(now, state->metrics.limit, state->bounds);
        if (news) log_bound(log_, name, *state, *news);
    }
}

void Service::refusals(std::vector<std::uint64_t>& totals) const {
    const auto stats = server_.stats();
    totals.clear();
    for (const auto& route : stats.routes)
        totals.insert(totals.end(), route.rejected.begin(), route.rejected.end());
}

std::pair<std::string, std::string> Service::refusal_name(std::size_t counter) const {
    const auto stats = server_.stats();
    return {stats.routes[counter / core::reject_reason_count].path,
            std::string(core::to_string(
                static_cast<core::RejectReason>(counter % core::reject_reason_count)))};
}

bool Service::stop(core::TimePoint deadline) {
    for (auto& [name, limiter] : limiters_) limiter->stop();
    std::size_t running = 0;
    for (auto& [name, pool] : pools_) running += pool->close(deadline).running;
    const bool closed = server_.stop(deadline);
    if (!closed || running > 0) return false;
    shards_.stop();
    shards_.join();
    return true;
}

}  // namespace spillway::app
