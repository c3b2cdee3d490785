#pragma once
// One line on how the service is, for `systemctl status`.

#include <cstdint>
#include <string>

#include "spillway/core/time.hpp"
#include "spillway/http/stats.hpp"

namespace spillway::app {

struct StatusFigures {
    std::uint64_t in_work = 0;
    std::uint64_t waiting = 0;  // received, and neither let in nor told anything
    std::uint64_t connections = 0;
    std::uint64_t refused = 0;  // since the start
    std::uint64_t answered = 0;

    [[nodiscard]] static StatusFigures of(const http::ServerStats& stats) noexcept;
};

/// "serving: 12 in work, 3 waiting, 80 connections; 410 answered and 95 refused a second". *Pure.*
[[nodiscard]] std::string serving_line(const StatusFigures& now, const StatusFigures& before,
                                       core::Duration between);
/// "draining: 3 requests and 10 connections left, cut in 27 s". *Pure.*
[[nodiscard]] std::string draining_line(std::uint64_t requests, std::uint64_t connections,
                                        core::Duration left);

}  // namespace spillway::app
