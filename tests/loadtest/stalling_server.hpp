#pragma once
// A server that stalls when its programme says so, and remembers when it answered whom.

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "spillway/core/time.hpp"

namespace spillway::loadtest {

/// From `begin` to `end` after the first request it answers nobody; then all that waited.
struct Stall {
    core::Duration begin;
    core::Duration end;
};

/// When a request numbered N (GET /N) was answered: between the two.
struct Answered {
    core::TimePoint before;
    core::TimePoint after;
};

/// Listens on a free loopback port and serves on a thread of its own until it is destroyed.
class StallingServer {
public:
    static constexpr const char* ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /// `requests`: one more than the largest number.
    /// `answer` is what everybody is told.
    StallingServer(std::vector<Stall> stalls, std::size_t requests, std::string answer = ok);
    ~StallingServer();

    [[nodiscard]] std::string url() const;
    /// Ends the thread and says when each request was answered; nothing: never.
    [[nodiscard]] std::vector<std::optional<Answered>> stop();

private:
    struct Loop;
    std::unique_ptr<Loop> loop_;
    std::thread thread_;
};

}  // namespace spillway::loadtest
