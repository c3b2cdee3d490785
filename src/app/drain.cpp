#include "app/drain.hpp"

#include <chrono>
#include <csignal>

#include "spillway/async/steady_now.hpp"

namespace spillway::app {

using Phase = core::DrainPlan::Phase;

namespace {

/// How often a drain looks at what is left. It exists for seconds; a few wake-ups cost less than
/// having every connection's end reported across threads.
constexpr std::chrono::milliseconds look_interval{2};

std::string_view name_of(Phase phase) noexcept {
    switch (phase) {
        case Phase::serving:
            return "serving";
        case Phase::lame_duck:
            return "lame_duck";
        case Phase::sweeping:
            return "sweeping";
        case Phase::draining:
            return "draining";
        case Phase::ended:
            return "ended";
    }
    return "";
}

}  // namespace

Drain::Drain(boost::asio::io_context& loop, core::DrainPlan::Options options, http::Server& server,
             telemetry::Log& log, Hooks hooks)
    : signals_(loop, SIGTERM, SIGINT),
      timer_(loop),
      options_(options),
      plan_(options),
      server_(server),
      log_(log),
      hooks_(std::move(hooks)) {
    signals_.add(SIGHUP);
    await_signal();
}

void Drain::set_options(core::DrainPlan::Options options) {
    if (plan_.phase() != Phase::serving) return;
    options_ = options;
    plan_ = core::DrainPlan(options);
}

void Drain::await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        on_signal(signal);
        await_signal();
    });
}

void Drain::on_signal(int signal) {
    if (signal == SIGHUP) {
        if (plan_.phase() == Phase::serving) return hooks_.on_hangup();
        log_.warn("no reload while draining; nothing has changed");
        return;
    }
    const bool first = plan_.phase() == Phase::serving;
    const Phase before = plan_.phase();
    const Phase after = plan_.signal(async::steady_now());
    log_.info(first ? "drain begins" : "drain skips ahead",
              {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    if (after != before) enter(after, server_.left());
    step();
}

void Drain::hand_over(const std::vector<std::size_t>& unwanted) {
    server_.hand_over(unwanted);
    if (plan_.phase() > Phase::lame_duck) return;  // a signal was faster
    log_.info("drain begins", {{"signal", "hand-over"}});
    const core::TimePoint now = async::steady_now();
    while (plan_.phase() < Phase::sweeping) static_cast<void>(plan_.signal(now));
    enter(Phase::sweeping, server_.left());
    step();
}

core::Duration Drain::left(core::TimePoint now) const noexcept {
    if (plan_.phase() == Phase::lame_duck) return plan_.cut_at() - now;
    return plan_.left(now);
}

void Drain::step() {
    const core::TimePoint now = async::steady_now();
    for (;;) {
        const std::uint64_t accepted = server_.accepted();
        const auto left = server_.left();
        const core::DrainPlan::Progress progress{
            .backlog_empty = accepted == accepted_ && server_.is_backlog_empty(),
            .requests_left = left.requests,
            .connections_left = left.connections};
        accepted_ = accepted;
        const Phase before = plan_.phase();
        const Phase after = plan_.update(now, progress);
        if (after == before) break;
        enter(after, left);
    }
    if (plan_.phase() != Phase::ended) ask_again();
}

void Drain::ask_again() {
    timer_.expires_after(look_interval);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) step();
    });
}

void Drain::enter(Phase phase, http::Server::Left left) {
    log_.info("drain phase", {{"phase", name_of(phase)},
                              {"requests_left", left.requests},
                              {"connections_left", left.connections}});
    hooks_.on_phase(phase);
    switch (phase) {
        case Phase::serving:
            return;
        case Phase::lame_duck:
            return server_.set_unready();
        case Phase::sweeping:
            server_.set_unready();
            server_.set_cut_at(plan_.cut_at());
            return server_.stop_handshakes(options_.idle_grace);
        case Phase::draining:
            return server_.close_listeners();
        case Phase::ended:
            break;
    }
    if (plan_.was_cut()) {
        log_.warn("drain timeout: the work that was left is cut",
                  {{"requests_cut", left.requests}, {"connections_cut", left.connections}});
    }
    server_.cut();
    boost::system::error_code ignored;
    signals_.cancel(ignored);
    hooks_.on_ended();
}

}  // namespace spillway::app
