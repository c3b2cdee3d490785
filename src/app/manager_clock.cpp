#include "app/manager_clock.hpp"

#include <chrono>

#include "spillway/async/steady_now.hpp"

namespace spillway::app {
namespace {

constexpr std::chrono::seconds status_interval{1};

}  // namespace

ManagerClock::ManagerClock(boost::asio::io_context& loop, const ServiceManager& manager,
                           Service& service, const Drain& drain, telemetry::Log& log)
    : manager_(manager),
      service_(service),
      drain_(drain),
      log_(log),
      status_timer_(loop),
      figures_at_(async::steady_now()),
      watchdog_timer_(loop),
      watchdog_(ServiceManager::watchdog_interval()),
      rounds_(service.shard_count()) {
    if (!ServiceManager::is_there()) return;
    tell_status();
    if (watchdog_) ask_shards();
}

void ManagerClock::tell_status() {
    const core::TimePoint now = async::steady_now();
    if (drain_.is_draining()) {
        const auto left = service_.server().left();
        manager_.extend(drain_.left(now));
        manager_.status(draining_line(left.requests, left.connections, drain_.left(now)));
    } else {
        const StatusFigures figures = StatusFigures::of(service_.server().stats());
        manager_.status(serving_line(figures, figures_, now - figures_at_));
        figures_ = figures;
        figures_at_ = now;
    }
    status_timer_.expires_after(status_interval);
    status_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) tell_status();
    });
}

/// Twice in the interval, so that one late turn of a loop is not the end of the process.
void ManagerClock::ask_shards() {
    if (rounds_.begin()) {
        service_.ask_shards([this](std::size_t shard) {
            if (rounds_.on_answer(shard)) manager_.alive();
        });
    } else {
        for (std::size_t shard = 0; shard < service_.shard_count(); ++shard)
            if (rounds_.owes(shard))
                log_.warn("a shard does not answer; the watchdog is not told that all is well",
                          {{"shard", shard}});
    }
    watchdog_timer_.expires_after(*watchdog_ / 2);
    watchdog_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) ask_shards();
    });
}

}  // namespace spillway::app
