#pragma once
// Keeps the service manager told: each second how the service is and, while it drains, how long it
// may last; and, if there is a watchdog, that every shard answers.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "app/drain.hpp"
#include "app/service.hpp"
#include "app/service_manager.hpp"
#include "app/status_line.hpp"
#include "app/watchdog_rounds.hpp"
#include "telemetry/log.hpp"

namespace spillway::app {

/// Lives on the main loop, while the shards run.
class ManagerClock {
public:
    ManagerClock(boost::asio::io_context& loop, const ServiceManager& manager, Service& service,
                 const Drain& drain, telemetry::Log& log);

private:
    void tell_status();
    void ask_shards();

    const ServiceManager& manager_;
    Service& service_;
    const Drain& drain_;
    telemetry::Log& log_;
    boost::asio::steady_timer status_timer_;
    StatusFigures figures_;
    core::TimePoint figures_at_;

    boost::asio::steady_timer watchdog_timer_;
    std::optional<core::Duration> watchdog_;  // how often it wants to hear of us
    WatchdogRounds rounds_;
};

}  // namespace spillway::app
