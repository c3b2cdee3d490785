#pragma once
// A drain for a server of one's own: core::DrainPlan decides, the server obeys, a timer asks again.

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>

#include "spillway/async/shard.hpp"
#include "spillway/async/steady_now.hpp"
#include "spillway/core/drain_plan.hpp"
#include "spillway/http/server.hpp"

/// Waits for SIGTERM or SIGINT, then goes the way that the plan says. Returns when nothing is left.
inline spillway::async::Task<> drain_on_signal(spillway::http::Server& server) {
    namespace asio = boost::asio;
    namespace core = spillway::core;
    using spillway::async::steady_now;
    using Phase = core::DrainPlan::Phase;

    const auto loop = co_await asio::this_coro::executor;
    asio::signal_set signals(loop, SIGTERM, SIGINT);
    co_await signals.async_wait(spillway::async::use_task);

    const core::DrainPlan::Options options{.timeout = std::chrono::seconds(10)};
    core::DrainPlan plan(options);
    plan.signal(steady_now());
    server.set_unready();
    asio::steady_timer timer(loop);
    std::uint64_t accepted = server.accepted();
    for (Phase before = plan.phase(); before != Phase::ended; before = plan.phase()) {
        const auto left = server.left();
        const bool quiet = server.is_backlog_empty() && server.accepted() == accepted;
        accepted = server.accepted();
        const Phase phase = plan.update(steady_now(), {.backlog_empty = quiet,
                                                       .requests_left = left.requests,
                                                       .connections_left = left.connections});
        if (phase == before) {
            timer.expires_after(std::chrono::milliseconds(2));
            co_await timer.async_wait(spillway::async::use_task);
        } else if (phase == Phase::sweeping) {
            server.set_cut_at(plan.cut_at());
            server.stop_handshakes(options.idle_grace);
        } else if (phase == Phase::draining) {
            server.close_listeners();
        }
    }
    server.cut();
    std::cout << (plan.was_cut() ? "drained, work was cut\n" : "drained\n");
}
