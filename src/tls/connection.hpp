#pragma once
// One TLS connection on a socket, step by step: OpenSSL does the protocol, whoever owns the socket
// does the waiting.

#include <cstddef>
#include <cstdint>
#include <span>

#include "spillway/tls/context.hpp"

struct ssl_st;

namespace spillway::tls {

/// Every call is non-blocking, whatever the socket's flags, and never raises SIGPIPE. Does not own
/// the socket. While nothing is half read or half written it holds no record buffers. Not
/// thread-safe.
class Connection {
public:
    enum class Status : std::uint8_t {
        done,
        want_read,   // call again, with the same arguments, when the socket is readable
        want_write,  // likewise, writable
        ended,       // the peer has said so, or has closed its sending side
        lost,        // the connection is broken
        failed       // of no use any more; the peer has been told, where there was a way
    };
    /// Records in a row without data: beyond that the peer is taken for one that means harm. 32, as
    /// BoringSSL has it for key updates and OpenSSL for empty records.
    static constexpr std::uint32_t idle_records_max = 32;
    struct Step {
        Status status = Status::failed;
        std::size_t bytes = 0;
    };

    /// The server's side. Throws bad_alloc.
    Connection(const Context& context, int socket);
    /// The client's side, which takes any certificate: for asking oneself only. Throws bad_alloc.
    explicit Connection(int socket);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    [[nodiscard]] Status handshake() noexcept;
    [[nodiscard]] Step read(std::span<char> to) noexcept;
    /// At most one record, 16 KiB. After want_write the next call must begin with the same bytes.
    [[nodiscard]] Step write(std::span<const char> from) noexcept;

    /// The peer's end is what comes next. Reads no further than to what it does not give away.
    [[nodiscard]] bool has_ended() noexcept;
    /// close_notify, if the socket takes it at once.
    void end() noexcept;

    /// Resumed by a ticket: no key exchange with the certificate was needed.
    [[nodiscard]] bool is_resumed() const noexcept;

private:
    [[nodiscard]] Status status_of(int result) noexcept;

    int socket_;  // OpenSSL's callbacks look here
    ssl_st* ssl_;
    std::uint32_t idle_records_ = 0;  // likewise
    bool has_failed_ = false;
};

/// What stands at the beginning of a connection, unread.
struct Hello {
    enum class Kind : std::uint8_t {
        silence,  // nothing yet
        partial,  // not yet a whole record; `bytes` must be there for the next look
        whole,    // a handshake's first record, or one that is too large to be any
        other,    // no TLS
        ended     // the peer has left
    };
    Kind kind = Kind::silence;
    std::size_t bytes = 0;
    char first = 0;  // of `other`
};

/// Looks and reads nothing; two system calls.
[[nodiscard]] Hello look_at_hello(int socket) noexcept;

}  // namespace spillway::tls
