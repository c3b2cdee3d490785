#pragma once
// Takes the listening sockets over from the instance that runs.

#include <optional>
#include <string>
#include <vector>

#include "spillway/async/descriptor.hpp"
#include "spillway/http/server.hpp"

namespace spillway::app {

/// Before the main loop runs: each step blocks, for a bounded time.
class HandoverTaker {
public:
    /// Nothing if no instance answers at `path`: then there is nobody to take over from. Throws
    /// std::runtime_error if there is one and it does not give what it should; it goes on as
    /// before.
    [[nodiscard]] static std::optional<HandoverTaker> begin(const std::string& path);

    [[nodiscard]] std::vector<http::PassedSocket> take_sockets() { return std::move(sockets_); }

    /// The process of the other one.
    [[nodiscard]] int peer() const noexcept;
    /// We accept from all of them but these. True: the other one accepts no more. False: it has not
    /// said so, and may have changed its mind when we were late.
    [[nodiscard]] bool finish(const std::vector<std::size_t>& unwanted);

private:
    explicit HandoverTaker(async::Descriptor peer) : peer_(std::move(peer)) {}
    void receive_sockets();

    async::Descriptor peer_;
    std::vector<http::PassedSocket> sockets_;
};

}  // namespace spillway::app
