#include "http/listener.hpp"

#include <linux/filter.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <sstream>
#include <system_error>
#include <utility>

#include "http/passed_sockets.hpp"

namespace spillway::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

bool is_out_of_descriptors(const boost::system::error_code& error) noexcept {
    return error == boost::system::errc::too_many_files_open ||
           error == boost::system::errc::too_many_files_open_in_system ||
           error == boost::system::errc::no_buffer_space ||
           error == boost::system::errc::not_enough_memory;
}

/// What became of one connection while it waited, and goes with it: accept(2), "Error handling".
bool is_of_one_connection(const boost::system::error_code& error) noexcept {
    constexpr std::array errors{ECONNABORTED, EPROTO, ENETDOWN,     ENOPROTOOPT,
                                EHOSTDOWN,    ENONET, EHOSTUNREACH, EOPNOTSUPP,
                                ENETUNREACH,  EINTR,  EAGAIN};
    return std::ranges::find(errors, error.value()) != errors.end();
}

/// SO_REUSEPORT lets any process of the same user bind beside us, unnoticed. A socket without it
/// cannot be bound where anybody listens already.
void fail_if_in_use(const tcp::endpoint& endpoint) {
    if (endpoint.port() == 0) return;
    asio::io_context unused;
    tcp::acceptor trial(unused, endpoint.protocol());
    trial.set_option(asio::socket_base::reuse_address(true));
    if (endpoint.protocol() == tcp::v6()) trial.set_option(asio::ip::v6_only(true));
    trial.bind(endpoint);
}

}  // namespace

Listener::Listener(ShardContext& context, ListenerKind kind, const tcp::endpoint& endpoint,
                   bool is_first)
    : context_(context), kind_(kind), is_kept_(false), acceptor_(context.executor) {
    try {
        if (is_first) fail_if_in_use(endpoint);
        acceptor_.open(endpoint.protocol());
        acceptor_.set_option(asio::socket_base::reuse_address(true));
        acceptor_.set_option(reuse_port(true));
        // Accepted sockets inherit it: replies that are streamed must not wait for each other.
        acceptor_.set_option(tcp::no_delay(true));
        if (endpoint.protocol() == tcp::v6()) acceptor_.set_option(asio::ip::v6_only(true));
        acceptor_.bind(endpoint);
        acceptor_.listen(backlog);
        descriptor_ = acceptor_.native_handle();
    } catch (const boost::system::system_error& e) {
        std::ostringstream where;
        where << "cannot listen on " << endpoint;
        throw std::system_error(std::error_code(e.code().value(), std::system_category()),
                                where.str());
    }
}

Listener::Listener(ShardContext& context, ListenerKind kind, async::Descriptor passed, bool is_kept)
    : context_(context), kind_(kind), is_kept_(is_kept), acceptor_(context.executor) {
    // Of a predecessor that ended in the middle of its drain. None is the usual case.
    const int none = 0;
    static_cast<void>(setsockopt(passed.get(), SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)));
    acceptor_.assign(listening_endpoint(passed.get(), "a passed descriptor").protocol(),
                     passed.get());
    descriptor_ = passed.release();
    acceptor_.set_option(tcp::no_delay(true));
}

Listener::~Listener() { SPILLWAY_ASSERT(!acceptor_.is_open()); }

void Listener::accept() {
    acceptor_.async_accept(context_.executor, peer_,
                           [this](const boost::system::error_code& error, Socket socket) {
                               on_accept(error, std::move(socket));
                           });
}

void Listener::on_accept(const boost::system::error_code& error, Socket socket) {
    // Closed or not: accepting is over before this is called, and whoever was accepted is served.
    if (!error) {
        parked_.emplace(std::move(socket));
        is_parked_.store(true, std::memory_order_relaxed);
        return admit_parked();
    }
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (is_of_one_connection(error)) return accept();
    on_failure(error);
}

/// Not again at once: the kernel would answer the same, at the price of a busy loop. Descriptors
/// come back; a passed socket that its owner has shut down fails for ever.
void Listener::on_failure(const boost::system::error_code& error) {
    const auto why = is_out_of_descriptors(error) ? ConnectionRefusal::no_descriptors
                                                  : ConnectionRefusal::accept_failed;
    context_.cells.listeners[static_cast<std::size_t>(kind_)]
        .refused[static_cast<std::size_t>(why)]
        .add();
    char text[128];  // there may be no memory for a string
    context_.shared.observer.on_accept_error(error.message(text, sizeof(text)));
    wait(failure_pause);
}

/// The cap is on connections served, and exact: one accepted above it stays parked, unread, until
/// one has gone. So at most one per listener is neither in the kernel's queue nor served.
void Listener::admit_parked() {
    if (!try_enter()) {
        ask_for_room();
        return wait(room_pause);
    }
    Socket socket(std::move(*parked_));
    parked_.reset();
    is_parked_.store(false, std::memory_order_relaxed);
    if (!take(std::move(socket)))
        context_.shared.connections[static_cast<std::size_t>(kind_)].fetch_sub(
            1, std::memory_order_relaxed);
    if (acceptor_.is_open()) accept();
}

bool Listener::try_enter() {
    Shared& shared = context_.shared;
    const std::uint32_t max = kind_ == ListenerKind::open
                                  ? context_.options().connections_max
                                  : context_.options().control_connections_max;
    auto& count = shared.connections[static_cast<std::size_t>(kind_)];
    std::uint32_t seen = count.load(std::memory_order_relaxed);
    do {
        if (seen >= max) return false;
    } while (!count.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed));
    return true;
}

/// The connection of its kind that has been idle longest, on whichever shard, gives way. Control
/// connections are all on this one.
void Listener::ask_for_room() {
    if (kind_ == ListenerKind::control)
        return asio::post(context_.executor,
                          [here = &context_] { static_cast<void>(here->make_control_room()); });
    ShardContext* const oldest = *std::min_element(
        context_.peers.begin(), context_.peers.end(),
        [](const auto* a, const auto* b) { return a->oldest_idle() < b->oldest_idle(); });
    // One post per round, rounds a pause apart.
    if (oldest->oldest_idle() != core::never)
        asio::post(oldest->executor, [oldest] { oldest->make_room(); });
}

/// False if the connection is not wanted, or nothing can be made of it.
bool Listener::take(Socket socket) {
    Shared& shared = context_.shared;
    auto& cells = context_.cells.listeners[static_cast<std::size_t>(kind_)];
    const bool counted = kind_ == ListenerKind::open &&
                         context_.options().connections_per_ip_max > 0 &&
                         !context_.settings().trusted.contains(peer_.address());
    if (counted && !shared.per_address.try_enter(client_key(peer_.address()))) {
        cells.refused[static_cast<std::size_t>(ConnectionRefusal::per_ip)].add();
        return false;  // closed, with nothing said: there is no request to answer yet
    }
    cells.accepted.add();
    if (context_.adopt(std::move(socket), kind_, peer_.address(), counted)) return true;
    cells.closed.add();
    cells.refused[static_cast<std::size_t>(ConnectionRefusal::no_memory)].add();
    return false;
}

void Listener::wait(core::Duration pause) { context_.sweeper.set(*this, context_.now() + pause); }

void Listener::on_due(core::TimePoint) {
    if (parked_) return admit_parked();
    if (acceptor_.is_open()) accept();
}

void Listener::stop_handshakes() noexcept {
    // The filter sees a segment from its TCP header on: byte 13 holds the flags.
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),  // SYN, ACK
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),           // a bare SYN: dropped
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),  // all else: passed
    };
    const sock_fprog filter{sizeof(program) / sizeof(program[0]), program};
    // Without it (a kernel that refuses) the sweep still takes what has arrived; only connections
    // of its last milliseconds may then be reset.
    static_cast<void>(
        setsockopt(descriptor_, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)));
}

bool Listener::has_backlog() const noexcept {
    if (is_parked()) return true;
    pollfd waiting{descriptor_, POLLIN, 0};
    // With POLLHUP it has been shut down: it stays readable, and there is nothing to accept.
    return ::poll(&waiting, 1, 0) == 1 && waiting.revents == POLLIN;
}

void Listener::close() {
    if (!acceptor_.is_open()) return;
    if (!parked_) context_.sweeper.clear(*this);
    // Not acceptor_.close(): it leaves it to the kernel to take the socket out of the epoll set,
    // and the kernel does so only when nobody has the socket any more. Another shard, systemd or
    // the next instance may.
    boost::system::error_code ignored;
    static_cast<void>(acceptor_.release(ignored));
    ::close(std::exchange(descriptor_, -1));
}

void Listener::abandon() {
    close();
    context_.sweeper.clear(*this);
    parked_.reset();
    is_parked_.store(false, std::memory_order_relaxed);
}

}  // namespace spillway::http
