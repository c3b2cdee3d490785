#pragma once
// What the server tells about single events, as log lines.

#include <atomic>
#include <cstdint>
#include <string>

#include "spillway/core/time.hpp"
#include "spillway/http/observer.hpp"
#include "telemetry/log.hpp"

namespace spillway::app {

/// Thread-safe. Refusals are never a line each (telemetry::RefusalSummary has them), and errors of
/// accept are at most one a second: both come by the thousand when they come.
class LogObserver final : public http::Observer {
public:
    enum class Access : std::uint8_t { all, errors, off };

    LogObserver(telemetry::Log& log, Access access) noexcept : log_(log), access_(access) {}

    [[nodiscard]] bool wants(unsigned status, bool is_refusal) const noexcept override {
        const Access access = access_.load(std::memory_order_relaxed);
        if (is_refusal || access == Access::off) return false;
        return access == Access::all || status >= 500;
    }
    /// Any thread.
    void set_access(Access access) noexcept { access_.store(access, std::memory_order_relaxed); }
    void on_request(const http::AccessRecord& record) noexcept override;
    void on_handler_error(std::string_view path, std::string_view what) noexcept override;
    void on_accept_error(std::string_view what) noexcept override;

private:
    telemetry::Log& log_;
    std::atomic<Access> access_;
    std::atomic<core::Clock::rep> accept_error_at_{core::Clock::rep{0}};  // the last line, ns
};

[[nodiscard]] LogObserver::Access access_of(std::string_view word) noexcept;

}  // namespace spillway::app
