#pragma once
// Drives the drain: core::DrainPlan decides, the server obeys, a timer asks again.

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <vector>

#include "spillway/async/shard.hpp"
#include "spillway/core/drain_plan.hpp"
#include "spillway/http/server.hpp"
#include "telemetry/log.hpp"

namespace spillway::app {

/// Lives on the main loop. SIGTERM and SIGINT begin the drain, each further one skips a phase.
/// SIGHUP is passed on while there is no drain.
class Drain {
public:
    struct Hooks {
        std::function<void(core::DrainPlan::Phase)> on_phase;  // before what it brings is done
        std::function<void()> on_ended;
        std::function<void()> on_hangup;
    };
    Drain(boost::asio::io_context& loop, core::DrainPlan::Options options, http::Server& server,
          telemetry::Log& log, Hooks hooks);

    /// For a drain to come; one under way goes on as it began.
    void set_options(core::DrainPlan::Options options);

    /// A successor accepts from all of the server's sockets but these: those are closed here, and
    /// the drain begins, without a lame duck.
    void hand_over(const std::vector<std::size_t>& unwanted);

    [[nodiscard]] bool is_draining() const noexcept {
        return plan_.phase() != core::DrainPlan::Phase::serving;
    }
    /// How long the drain may still last.
    [[nodiscard]] core::Duration left(core::TimePoint now) const noexcept;
    [[nodiscard]] bool was_cut() const noexcept { return plan_.was_cut(); }

private:
    void await_signal();
    void on_signal(int signal);
    void step();
    void enter(core::DrainPlan::Phase phase, http::Server::Left left);
    void ask_again();

    boost::asio::signal_set signals_;
    boost::asio::steady_timer timer_;
    core::DrainPlan::Options options_;
    core::DrainPlan plan_;
    http::Server& server_;
    telemetry::Log& log_;
    Hooks hooks_;
    std::uint64_t accepted_ = 0;
};

}  // namespace spillway::app
