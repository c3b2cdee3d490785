#include "app/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdlib>

namespace spillway::app {
namespace {

/// What the end takes beyond the drain: jobs that are asked to stop, the log's last lines.
constexpr std::chrono::seconds after_drain{5};

// sd_notifyf() throws nothing: without memory for the words they are lost, and the next ones come.

long long micros(core::Duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

}  // namespace

void ServiceManager::ready() const noexcept { static_cast<void>(sd_notify(0, "READY=1")); }

void ServiceManager::reloading(core::TimePoint now) const noexcept {
    static_cast<void>(
        sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", micros(now.time_since_epoch())));
}

void ServiceManager::stopping(core::Duration left) const noexcept {
    static_cast<void>(
        sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%lld", micros(left + after_drain)));
}

void ServiceManager::extend(core::Duration left) const noexcept {
    static_cast<void>(sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%lld", micros(left + after_drain)));
}

void ServiceManager::status(std::string_view text) const noexcept {
    static_cast<void>(sd_notifyf(0, "STATUS=%.*s", static_cast<int>(text.size()), text.data()));
}

void ServiceManager::alive() const noexcept { static_cast<void>(sd_notify(0, "WATCHDOG=1")); }

bool ServiceManager::is_there() noexcept { return std::getenv("NOTIFY_SOCKET") != nullptr; }

std::optional<core::Duration> ServiceManager::watchdog_interval() noexcept {
    std::uint64_t micros = 0;
    if (sd_watchdog_enabled(0, &micros) <= 0) return std::nullopt;
    return std::chrono::microseconds(micros);
}

}  // namespace spillway::app
