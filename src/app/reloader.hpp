#pragma once
// SIGHUP: the configuration is read again, checked against what runs, and put in force or not.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/service.hpp"
#include "app/service_manager.hpp"
#include "config/config.hpp"
#include "config/override.hpp"
#include "config/reload.hpp"
#include "telemetry/log.hpp"

namespace spillway::app {

/// Where a configuration comes from, to be read again.
struct Source {
    std::optional<std::string> file;
    std::vector<config::Override> overrides;  // environment, then --set
    config::Machine machine;                  // what `auto` means, as found at the start
};

/// Lives on the main loop. Signals that come close together are one reload.
class Reloader {
public:
    /// `running` as it was loaded. `adjust` fits a resolved configuration to the machine;
    /// `on_applied` is told each that is in force.
    Reloader(boost::asio::io_context& loop, Source source, config::Config running, Service& service,
             telemetry::Log& log, const ServiceManager& manager,
             std::function<void(config::Config&)> adjust,
             std::function<void(const config::Config&)> on_applied);

    /// Soon, unless one is to come anyway.
    void request();
    /// None any more.
    void stop();

private:
    void reload();
    void reject(const std::vector<std::string>& problems);
    void report(const config::Reloaded& reloaded);
    void settle();

    Source source_;
    config::Config running_;  // as written, with the pools that there are
    Service& service_;
    telemetry::Log& log_;
    const ServiceManager& manager_;
    std::function<void(config::Config&)> adjust_;
    std::function<void(const config::Config&)> on_applied_;
    boost::asio::steady_timer soon_;
    boost::asio::steady_timer settling_;
    bool is_requested_ = false;
    bool is_stopped_ = false;
};

}  // namespace spillway::app
