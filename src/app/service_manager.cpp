#include "app/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdlib>
#include <string>

namespace spillway::app {
namespace {

/// What the end takes beyond the drain: jobs that are asked to stop, the log's last lines.
constexpr std::chrono::seconds after_drain{5};

long long micros(core::Duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

void tell(const std::string& text) noexcept { static_cast<void>(sd_notify(0, text.c_str())); }

std::string extended(core::Duration left) {
    return "EXTEND_TIMEOUT_USEC=" + std::to_string(micros(left + after_drain));
}

}  // namespace

void ServiceManager::ready() const noexcept { tell("READY=1"); }

void ServiceManager::reloading(core::TimePoint now) const noexcept {
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros(now.time_since_epoch())));
}

void ServiceManager::stopping(core::Duration left) const noexcept {
    tell("STOPPING=1\n" + extended(left));
}

void ServiceManager::extend(core::Duration left) const noexcept { tell(extended(left)); }

void ServiceManager::status(std::string_view text) const noexcept {
    tell("STATUS=" + std::string(text));
}

void ServiceManager::alive() const noexcept { tell("WATCHDOG=1"); }

bool ServiceManager::is_there() noexcept { return std::getenv("NOTIFY_SOCKET") != nullptr; }

std::optional<core::Duration> ServiceManager::watchdog_interval() noexcept {
    std::uint64_t micros = 0;
    if (sd_watchdog_enabled(0, &micros) <= 0) return std::nullopt;
    return std::chrono::microseconds(micros);
}

}  // namespace spillway::app
