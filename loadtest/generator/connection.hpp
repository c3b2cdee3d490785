#pragma once
// One connection of the generator: at most one request at a time, no allocation between them.
//
// A read is outstanding as long as the connection is open, between requests too: the server's
// closing is seen at once, and the read that takes an answer needs no call of its own to find that
// nothing has come yet. A request goes out by a direct write; only what the socket does not take is
// written later. Deadlines and the pauses of slow clients are nodes of the engine's wheel.

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "generator/ledger.hpp"
#include "generator/message.hpp"
#include "generator/response_reader.hpp"
#include "spillway/async/shard.hpp"
#include "spillway/core/timer_wheel.hpp"

namespace spillway::loadtest {

class Connection;

/// Who starts requests and hears of their endings. By the time of a call the connection is idle or
/// closed, and may be used again at once.
class ConnectionOwner {
public:
    /// `answer` is valid until the connection is used again. The connection is idle or closed.
    virtual void on_answer(Connection& connection, const ResponseReader& answer) = 0;
    virtual void on_failure(Connection& connection, Failure why) = 0;
    /// The generator's own machine had no socket or no port left.
    virtual void on_no_socket(Connection& connection) = 0;
    /// It was idle, and the server has closed it.
    virtual void on_closed(Connection& connection) = 0;

protected:
    ~ConnectionOwner() = default;
};

/// What the connections of one engine share. *Shard-local.*
struct ConnectionContext {
    ConnectionOwner& owner;
    async::Executor executor;
    core::TimerWheel& wheel;
    boost::asio::ip::tcp::endpoint server;
    std::uint64_t opened = 0;
    std::uint64_t open_now = 0;
    std::uint64_t open_peak = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    /// Where parts of bodies go that nobody looks at: all connections read into the same bytes.
    std::array<char, 64 * 1024> sink{};
};

/// *Shard-local*; stays where it was made, and as long as the io_context may run.
class Connection {
public:
    static constexpr std::size_t buffer_bytes = 8 * 1024;  // the largest header that is understood

    struct Timer : core::TimerWheel::Node {
        Timer(Connection& c, bool pace) : connection(c), is_pace(pace) {}
        Connection& connection;
        const bool is_pace;
    };

    explicit Connection(ConnectionContext& context);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] bool is_open() const noexcept { return state_ != State::closed; }
    [[nodiscard]] bool is_busy() const noexcept {
        return state_ == State::busy || state_ == State::connecting;
    }
    [[nodiscard]] const Request& request() const noexcept { return request_; }
    [[nodiscard]] const Kind& kind() const noexcept { return *kind_; }
    /// At least one byte of the request is on its way.
    [[nodiscard]] bool has_sent() const noexcept { return written_ > 0; }

    /// Sends a request, over a connection made for it when it is closed. Pre: not busy. `rendered`
    /// is the memory that Kind::message() may use. Its ending is told to the owner, never from
    /// within this call.
    void start(const Request& request, const Kind& kind, scenario::Random& random,
               core::TimePoint deadline);
    /// Ends whatever is under way without telling the owner.
    void close();
    /// The pause of a slow reader or writer is over.
    void go_on();

    std::size_t index = 0;  // the owner's: its place in a list

private:
    enum class State : std::uint8_t { closed, connecting, idle, busy };
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, async::Executor>;
    using Error = boost::system::error_code;

    void open();
    void on_connected(const Error& error);
    void write();
    void write_later();
    void on_written(const Error& error, std::size_t bytes);
    [[nodiscard]] bool has_written_all() const noexcept {
        return written_ == message_.head.size() + message_.body.size();
    }
    [[nodiscard]] std::array<boost::asio::const_buffer, 2> unwritten() const;
    void read();
    void on_read(const Error& error, std::size_t bytes, bool into_sink);
    void on_read_end(const Error& error);
    void digest();
    void finish();
    void fail(Failure why);
    void no_socket_later();
    void pause(std::size_t bytes, std::uint64_t rate);

    ConnectionContext& context_;
    Socket socket_;
    std::unique_ptr<std::array<char, buffer_bytes>> buffer_;
    std::size_t size_ = 0;     // bytes in the buffer
    std::uint64_t epoch_ = 0;  // completions of an earlier one are void
    State state_ = State::closed;
    bool is_reading_ = false;
    bool is_pausing_ = false;
    Request request_;
    const Kind* kind_ = nullptr;
    Message message_;
    std::string rendered_;
    std::size_t written_ = 0;
    core::TimePoint pace_at_ = core::TimePoint::min();  // when a slow client may go on
    std::optional<ResponseReader> reader_;
    Timer deadline_{*this, false};
    Timer pace_{*this, true};
};

}  // namespace spillway::loadtest
