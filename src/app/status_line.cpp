#include "app/status_line.hpp"

#include <chrono>
#include <cmath>

namespace spillway::app {
namespace {

std::string a_second(std::uint64_t now, std::uint64_t before, core::Duration between) {
    const double seconds = core::to_seconds(between);
    if (seconds <= 0 || now < before) return "0";
    return std::to_string(std::llround(static_cast<double>(now - before) / seconds));
}

}  // namespace

StatusFigures StatusFigures::of(const http::ServerStats& stats) noexcept {
    StatusFigures figures;
    for (const auto& route : stats.routes) {
        figures.in_work += route.accepted;
        for (const auto finished : route.finished) {
            figures.in_work -= finished;
            figures.answered += finished;
        }
        figures.waiting += route.pending();
        for (const auto rejected : route.rejected) figures.refused += rejected;
    }
    for (const auto& listener : stats.listeners)
        if (listener.name == "public") figures.connections += listener.accepted - listener.closed;
    return figures;
}

std::string serving_line(const StatusFigures& now, const StatusFigures& before,
                         core::Duration between) {
    return "serving: " + std::to_string(now.in_work) + " in work, " + std::to_string(now.waiting) +
           " waiting, " + std::to_string(now.connections) + " connections; " +
           a_second(now.answered, before.answered, between) + " answered and " +
           a_second(now.refused, before.refused, between) + " refused a second";
}

std::string draining_line(std::uint64_t requests, std::uint64_t connections, core::Duration left) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
    return "draining: " + std::to_string(requests) + " requests and " +
           std::to_string(connections) + " connections left, cut in " + std::to_string(seconds) +
           " s";
}

}  // namespace spillway::app
