#include "app/log_observer.hpp"

#include <chrono>
#include <cmath>

#include "spillway/async/steady_now.hpp"

namespace spillway::app {

namespace {

/// Three decimals: what is read in a log at three in the morning.
double rounded_ms(core::Duration d) noexcept { return std::round(core::to_seconds(d) * 1e6) / 1e3; }

}  // namespace

void LogObserver::on_request(const http::AccessRecord& record) noexcept {
    const auto level =
        record.status >= 500 ? telemetry::LogLevel::error : telemetry::LogLevel::info;
    log_.write(level, "request",
               {{"client", record.client},
                {"method", record.method},
                {"path", record.path},
                {"status", record.status},
                {"duration_ms", rounded_ms(record.duration)},
                {"request_id", record.request_id}});
}

void LogObserver::on_handler_error(std::string_view path, std::string_view what) noexcept {
    log_.error("handler failed", {{"path", path}, {"error", what}});
}

void LogObserver::on_accept_error(std::string_view what) noexcept {
    constexpr core::Clock::rep second = 1'000'000'000;
    const auto now = async::steady_now().time_since_epoch().count();
    auto last = accept_error_at_.load(std::memory_order_relaxed);
    if (now - last < second) return;
    if (!accept_error_at_.compare_exchange_strong(last, now, std::memory_order_relaxed)) return;
    log_.warn("cannot accept connections, backing off", {{"error", what}});
}

LogObserver::Access access_of(std::string_view word) noexcept {
    if (word == "all") return LogObserver::Access::all;
    return word == "off" ? LogObserver::Access::off : LogObserver::Access::errors;
}

}  // namespace spillway::app
