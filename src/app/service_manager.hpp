#pragma once
// What the service manager is told: systemd, or whoever reads $NOTIFY_SOCKET; without that, nobody.

#include <optional>
#include <string_view>

#include "spillway/core/time.hpp"

namespace spillway::app {

/// Main thread. Never fails: who cannot be told is not told.
class ServiceManager {
public:
    /// It listens and accepts.
    void ready() const noexcept;
    /// A reload begins; ready() ends it.
    void reloading(core::TimePoint now) const noexcept;
    /// The drain begins, and may last for this long.
    void stopping(core::Duration left) const noexcept;
    void extend(core::Duration left) const noexcept;
    void status(std::string_view text) const noexcept;
    void alive() const noexcept;

    [[nodiscard]] static bool is_there() noexcept;
    /// How often it wants to hear alive(), if it does.
    [[nodiscard]] static std::optional<core::Duration> watchdog_interval() noexcept;
};

}  // namespace spillway::app
