#pragma once
// A connection's bytes, in the clear: a socket, and TLS on it where that is spoken.
//
// Without TLS each operation is the socket's own behind one predictable branch, and a connection
// carries one pointer for it. With TLS, OpenSSL reads and writes the socket itself and Asio only
// waits until it is ready: so a connection that waits holds no buffer for ciphertext (ADR 6).

#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "spillway/async/shard.hpp"
#include "spillway/core/handshake_gate.hpp"
#include "tls/connection.hpp"

namespace spillway::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, async::Executor>;

class Session;

/// What a connection has besides where TLS is spoken; its place among the handshakes first.
struct Secure final : core::HandshakeGate::Node {
    explicit Secure(Session& owner) noexcept : session(owner) {}

    Session& session;
    std::optional<tls::Connection> connection;  // once its handshake has been admitted
    std::size_t hello_bytes = 0;                // that the socket was told to wait for
    bool has_begun = false;                     // a byte has come, and no outcome is counted yet
};

/// Handlers are called by the loop, never within the call that begins an operation. One read and
/// one write at a time. Shard-local.
class Stream {
public:
    using Buffers = std::array<boost::asio::const_buffer, 2>;

    /// `secure` is null where no TLS is spoken.
    Stream(Socket socket, std::unique_ptr<Secure> secure) noexcept
        : socket_(std::move(socket)), secure_(std::move(secure)) {}

    [[nodiscard]] Socket& socket() noexcept { return socket_; }
    [[nodiscard]] Secure* secure() noexcept { return secure_.get(); }

    /// `handler(error, bytes)`; `eof` is the peer's FIN, or its close_notify.
    template <class Handler>
    void async_read_some(boost::asio::mutable_buffer to, Handler handler) {
        if (secure_ == nullptr) [[likely]]
            return socket_.async_read_some(to, std::move(handler));
        Reading<Handler>{*this, to, std::move(handler)}.go({}, true);
    }

    /// All of both buffers; `token` is for (error, bytes).
    template <class Token>
    auto async_write(const Buffers& from, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto handler, const Buffers& buffers) {
                if (secure_ == nullptr) [[likely]]
                    return boost::asio::async_write(socket_, buffers, std::move(handler));
                Writing<decltype(handler)>{*this, buffers, std::move(handler)}.go({}, true);
            },
            token, from);
    }

    /// As much of it as the socket takes at once; below 1: none, async_write() says why.
    [[nodiscard]] std::ptrdiff_t send_now(const char* bytes, std::size_t size) noexcept {
        if (secure_ == nullptr) [[likely]]
            return ::send(socket_.native_handle(), bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        return send_secure(bytes, size);
    }

    /// No TLS is spoken here after all.
    void become_plain() noexcept { secure_.reset(); }
    /// Nothing more will be written: FIN, behind a close_notify. What is read from now on is what
    /// the socket has, for throwing away.
    void end_output() noexcept;
    /// Says goodbye where there is a way, and ends what is under way.
    void close() noexcept;
    /// A reply is cut: whoever reads it must not take it for whole.
    void abort() noexcept;

    /// Whether the peer has sent its last, whatever still waits to be read before it, as far as
    /// that can be told. For when nothing is being read.
    [[nodiscard]] bool peer_has_closed() noexcept;

private:
    using Error = boost::system::error_code;
    using Step = tls::Connection::Step;
    using Status = tls::Connection::Status;
    /// Encrypting without end would keep the loop from others while a fast client reads.
    static constexpr std::size_t written_in_a_row = 64 * 1024;

    [[nodiscard]] std::ptrdiff_t send_secure(const char* bytes, std::size_t size) noexcept;
    [[nodiscard]] Step read(boost::asio::mutable_buffer to) noexcept;
    [[nodiscard]] Step write(Buffers& from) noexcept;

    template <class Operation>
    void wait(Status status, Operation operation) {
        const auto what = status == Status::want_read ? Socket::wait_read : Socket::wait_write;
        socket_.async_wait(what, std::move(operation));
    }
    template <class Handler>
    void finish(Handler& handler, bool is_first, const Error& error, std::size_t bytes) {
        if (!is_first) return handler(error, bytes);
        boost::asio::post(socket_.get_executor(), [handler = std::move(handler), error,
                                                   bytes]() mutable { handler(error, bytes); });
    }

    template <class Handler>
    struct Reading {
        Stream& stream;
        boost::asio::mutable_buffer to;
        Handler handler;

        void operator()(const Error& error) { go(error, false); }
        void go(const Error& error, bool is_first) {
            if (error) return handler(error, 0);
            // Its output has ended meanwhile, or all of it has.
            if (!stream.secure_) return stream.async_read_some(to, std::move(handler));
            const Step step = stream.read(to);
            switch (step.status) {
                case Status::want_read:
                case Status::want_write:
                    return stream.wait(step.status, std::move(*this));
                case Status::done:
                    return stream.finish(handler, is_first, {}, step.bytes);
                case Status::ended:
                    return stream.finish(handler, is_first, boost::asio::error::eof, 0);
                case Status::lost:
                case Status::failed:
                    return stream.finish(handler, is_first, boost::asio::error::connection_reset,
                                         0);
            }
        }
    };

    template <class Handler>
    struct Writing {
        Stream& stream;
        Buffers left;
        Handler handler;
        std::size_t written = 0;

        void operator()(const Error& error) { go(error, false); }
        void go(const Error& error, bool is_first) {
            if (error) return handler(error, written);
            for (std::size_t in_a_row = 0; boost::asio::buffer_size(left) > 0;) {
                if (!stream.secure_) {
                    return stream.finish(handler, is_first, boost::asio::error::operation_aborted,
                                         written);
                }
                if (in_a_row >= written_in_a_row) {
                    boost::asio::post(stream.socket_.get_executor(),
                                      [more = std::move(*this)]() mutable { more.go({}, false); });
                    return;
                }
                const Step step = stream.write(left);
                if (step.status == Status::want_read || step.status == Status::want_write)
                    return stream.wait(step.status, std::move(*this));
                if (step.status != Status::done) {
                    return stream.finish(handler, is_first, boost::asio::error::broken_pipe,
                                         written);
                }
                written += step.bytes;
                in_a_row += step.bytes;
            }
            stream.finish(handler, is_first, {}, written);
        }
    };

    Socket socket_;
    std::unique_ptr<Secure> secure_;
};

}  // namespace spillway::http
