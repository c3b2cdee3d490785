#pragma once
// Everything that a running service is made of, in the order in which it must be built and ended.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/codel_tuner.hpp"
#include "app/explain_page.hpp"
#include "app/idle_trim.hpp"
#include "app/limit_watch.hpp"
#include "app/limiters_page.hpp"
#include "app/log_observer.hpp"
#include "app/metrics.hpp"
#include "app/pages.hpp"
#include "app/pool_room.hpp"
#include "config/config.hpp"
#include "handlers/drill_handler.hpp"
#include "handlers/image_resize.hpp"
#include "handlers/resize_handler.hpp"
#include "spillway/admission/limiter.hpp"
#include "spillway/admission/quota.hpp"
#include "spillway/async/shard.hpp"
#include "spillway/async/worker_pool.hpp"
#include "spillway/http/server.hpp"
#include "telemetry/log.hpp"

namespace spillway::app {

/// Members are declared from what outlives to what is outlived: pools and limiters hold nothing of
/// the shards once stopped, sessions on the shards use all of them.
class Service {
public:
    /// `config` is resolved: no `auto` is left in it. `timers`: the main loop.
    Service(const config::Config& config, telemetry::Log& log, async::Executor timers);

    [[nodiscard]] http::Server& server() noexcept { return server_; }

    /// Listens, logs where, and begins to accept. Returns which of the sockets that are passed
    /// serve nothing. Throws std::runtime_error.
    std::vector<std::size_t> start(std::vector<http::PassedSocket> passed = {});

    /// Another configuration, resolved too, with the pools, addresses and shards of the first.
    /// Returns why not, and then nothing has changed; empty: it is in force on every shard. While
    /// settle() says false the limits are on their way.
    [[nodiscard]] std::string reconfigure(const config::Config& config);
    /// Lets limiters have what others have given back by now. True: nothing is left to do.
    bool settle();
    [[nodiscard]] ReloadCounts& reloads() noexcept { return reloads_; }

    [[nodiscard]] std::size_t shard_count() const noexcept { return shards_.size(); }
    /// Each shard's loop, when it comes to it, has `on_answer(its index)` called on the main loop.
    void ask_shards(const std::function<void(std::size_t)>& on_answer);

    /// Every second or so: what is to follow the measured service times does, limits that their
    /// bounds hold are told of, and memory goes back to the system when work is over.
    void tune(core::TimePoint now);

    /// Totals of refusals, one per route and reason in a fixed order, and what they are called.
    void refusals(std::vector<std::uint64_t>& totals) const;
    [[nodiscard]] std::pair<std::string, std::string> refusal_name(std::size_t counter) const;

    /// Ends everything until `deadline`. False if something would not end: a job that ignores its
    /// stop token; then the process must exit without destroying this.
    [[nodiscard]] bool stop(core::TimePoint deadline);

private:
    void watch_limits(core::TimePoint now);
    [[nodiscard]] const http::Handler& handler(const std::string& name) const;
    struct Plan;
    [[nodiscard]] Plan plan(const config::Config& config);
    void plan_limiters(Plan& plan, const config::Config& config);
    void plan_routes(Plan& plan, const config::Config& config);
    [[nodiscard]] std::shared_ptr<admission::Quota> planned_quota(
        Plan& plan, const std::string& name, const std::optional<config::Rate>& rate) const;
    void take_over(Plan& plan, const config::Config& config);
    void log_certificates(const http::ServerOptions& next);

    telemetry::Log& log_;
    const async::Executor timers_;
    config::Config running_;
    ReloadCounts reloads_;
    LogObserver observer_;
    handlers::ImageEngine engine_;
    handlers::ResizeHandler resize_;
    handlers::DrillHandler drill_;
    // Changed on the main thread, which need not lock to read; under the lock for all others.
    mutable std::mutex names_;
    Limiters limiters_;                           // all that there have been
    NamedQuotas quotas_;                          // by name of the policy; likewise
    std::map<std::string, config::Rate> rates_;   // what each of them is
    std::map<std::string, std::string> pool_of_;  // of limiters, by name; likewise
    PoolRoom pool_room_;
    CodelTuner codel_tuner_;
    std::map<std::string, LimitWatch> limit_watches_;  // by limiter
    IdleTrim idle_trim_;
    Pools pools_;
    async::ShardSet shards_;
    http::Server server_;
    HealthPage health_;
    ReadyPage ready_;
    MetricsPage metrics_;
    ExplainPage explain_;
    LimitersPage limiters_page_;
    ReloadPage reload_page_;
    IndexPage index_;
};

}  // namespace spillway::app
