#pragma once
// All listeners of a server: bound or taken over, closed in part, handed on.

#include <algorithm>
#include <memory>
#include <vector>

#include "http/every_shard.hpp"
#include "http/listener.hpp"
#include "http/passed_sockets.hpp"
#include "spillway/http/server.hpp"

namespace spillway::http {

/// For the composition root's thread, except where said. Destroy it before the contexts, into which
/// the listeners' sweeper nodes point.
class Listeners {
public:
    explicit Listeners(const ShardContexts& contexts) : contexts_(contexts) {}

    /// What is there already is taken, the rest is bound. Throws std::runtime_error
    /// (std::system_error) that names the address, and then listens nowhere.
    [[nodiscard]] Server::Listening listen(const ServerOptions& options,
                                           std::vector<PassedSocket> passed);
    void start();

    /// Whoever reaches the control listener is on this machine.
    [[nodiscard]] bool is_control_local() const;
    /// By socket, in the order of their beginning.
    [[nodiscard]] std::vector<std::vector<Listener*>> by_socket() const;
    [[nodiscard]] bool is_backlog_empty() const;                // of the public ones
    [[nodiscard]] std::uint64_t parked_count() const noexcept;  // likewise; thread-safe

    /// `f(listener)` for each on its own shard. When it returns, what has been accepted by then is
    /// a connection, or parked.
    template <class F>
    void on_all(F f) {
        on_every_shard(contexts_, [this, &f](ShardContext& context) {
            for (auto& listener : listeners_)
                if (&listener->context() == &context) f(*listener);
        });
        // An accept that had succeeded is told after what was posted above.
        on_every_shard(contexts_, [](ShardContext&) {});
    }

private:
    void add(ShardContext& context, ListenerKind kind, boost::asio::ip::tcp::endpoint& endpoint);
    [[nodiscard]] Server::Bound bind(const WantedAddress& address);
    [[nodiscard]] Server::Bound adopt(const WantedAddress& address,
                                      const std::vector<const PassedSocket*>& passed);
    [[nodiscard]] Server::Listening take_and_bind(const std::vector<WantedAddress>& addresses,
                                                  const std::vector<PassedSocket>& passed);

    const ShardContexts& contexts_;
    std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace spillway::http
