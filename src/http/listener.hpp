#pragma once
// One listening socket on one shard: accepts what the caps allow, and never spins.

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>

#include "http/shard_context.hpp"
#include "spillway/async/descriptor.hpp"

namespace spillway::http {

/// Either its own, bound with SO_REUSEPORT so that every shard has a queue of its own in the
/// kernel, or one that was passed. Shard-local once started; the descriptor may be polled from
/// elsewhere.
class Listener final : private Sweeper::Node {
public:
    using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, async::Executor>;

    /// Throws std::system_error that names the endpoint; for the first listener of an endpoint also
    /// when anybody else listens there.
    Listener(ShardContext& context, ListenerKind kind,
             const boost::asio::ip::tcp::endpoint& endpoint, bool is_first);
    /// A socket that listens already, on its own or as one of several descriptors. `is_kept`:
    /// somebody else will accept what is left in its queue. Throws std::system_error.
    Listener(ShardContext& context, ListenerKind kind, async::Descriptor passed, bool is_kept);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

    [[nodiscard]] ListenerKind kind() const noexcept { return kind_; }
    [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const {
        return acceptor_.local_endpoint();
    }
    [[nodiscard]] ShardContext& context() noexcept { return context_; }
    [[nodiscard]] bool is_kept() const noexcept { return is_kept_; }
    /// Of the socket while it is open here, else -1. While the shard runs: as close() says.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

    void start() { accept(); }

    /// From now on the kernel drops bare SYNs to this socket: no new handshakes begin, those under
    /// way complete, and a client that asks later asks again, of whoever listens then. Any thread.
    void stop_handshakes() noexcept;
    /// A connection is waiting to be accepted. Any thread, as close() says.
    [[nodiscard]] bool has_backlog() const noexcept;
    /// An accepted connection waits for a place under the cap. Any thread.
    [[nodiscard]] bool is_parked() const noexcept {
        return is_parked_.load(std::memory_order_relaxed);
    }
    /// Accepts no more. What has been accepted is served, also if that is told only later. Whoever
    /// calls it on the shard must wait for it before another thread asks anything here again.
    void close();
    /// Closed, and a parked connection is dropped.
    void abandon();

private:
    /// How long to leave the kernel's queue alone when nothing can be accepted from it, and how
    /// long the connection that was asked to make room may take to go.
    static constexpr core::Duration failure_pause = std::chrono::milliseconds(20);
    static constexpr core::Duration room_pause = std::chrono::milliseconds(5);
    static constexpr int backlog = 4096;  // cut by net.core.somaxconn

    void accept();
    void on_accept(const boost::system::error_code& error, Socket socket);
    void on_failure(const boost::system::error_code& error);
    void admit_parked();
    [[nodiscard]] bool try_enter();
    void ask_for_room();
    [[nodiscard]] bool take(Socket socket);
    void wait(core::Duration pause);
    void on_due(core::TimePoint now) override;

    ShardContext& context_;
    const ListenerKind kind_;
    const bool is_kept_;
    Acceptor acceptor_;
    boost::asio::ip::tcp::endpoint peer_;  // of the connection accepted last
    std::optional<Socket> parked_;         // accepted, waiting for a place under the cap
    std::atomic<bool> is_parked_{false};   // the same, for has_backlog() on other threads
    int descriptor_ = -1;                  // of the acceptor, for other threads
};

}  // namespace spillway::http
