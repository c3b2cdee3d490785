// What precedes a session's first request where TLS is spoken. Until a whole hello stands in the
// socket nothing is read of it and nothing is held for it; then it asks for a place.

#include <sys/socket.h>

#include <algorithm>

#include "http/peer_state.hpp"
#include "http/session.hpp"

namespace spillway::http {

namespace asio = boost::asio;
using core::TimePoint;

namespace {

/// When a socket is readable and yet has less than was asked for.
constexpr core::Duration look_again_after = std::chrono::milliseconds(20);

/// The socket is ready when so many bytes are there, or when no more will come.
void ask_for_bytes(int socket, std::size_t bytes) noexcept {
    const int least = static_cast<int>(bytes);
    setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof(least));
}

}  // namespace

void Session::await_socket(Socket::wait_type what, void (Session::*then)(TimePoint)) {
    ++operations_;
    stream_.socket().async_wait(what, [this, then](const boost::system::error_code& error) {
        const Operation operation(*this);
        if (state_ == State::closed) return;
        if (error) return fail_handshake(HandshakeOutcome::client_gone);
        guarded([this, then] { (this->*then)(context_.now()); });
    });
}

void Session::await_hello() { await_socket(Socket::wait_read, &Session::look_at_hello); }

void Session::look_at_hello(TimePoint now) {
    Secure& secure = *stream_.secure();
    const int socket = stream_.socket().native_handle();
    const tls::Hello hello = tls::look_at_hello(socket);
    switch (hello.kind) {
        case tls::Hello::Kind::silence:
            return await_hello();
        case tls::Hello::Kind::ended:
            return fail_handshake(HandshakeOutcome::client_gone);
        case tls::Hello::Kind::other:
            secure.has_begun = true;
            return refuse_plain(now, hello.first);
        case tls::Hello::Kind::partial:
            secure.has_begun = true;
            if (std::exchange(secure.hello_bytes, hello.bytes) != hello.bytes) {
                ask_for_bytes(socket, hello.bytes);
                return await_hello();
            }
            if (peer_has_sent_fin(socket)) return fail_handshake(HandshakeOutcome::client_gone);
            // Not every kind of socket knows of low-water marks, and none must make the loop spin.
            return schedule(std::min(idle_until_, core::after(now, look_again_after)));
        case tls::Hello::Kind::whole:
            secure.has_begun = true;
            if (secure.hello_bytes != 0) ask_for_bytes(socket, 1);
            is_idle_ = false;
            context_.leave_idle(*this);
            schedule(idle_until_);
            return context_.handshakes_of(kind_).arrive(secure);
    }
}

/// Plain HTTP, most likely from somebody who has left out the s: told so in plain HTTP.
void Session::refuse_plain(TimePoint now, char first) {
    if (first < 'A' || first > 'z') return fail_handshake(HandshakeOutcome::not_tls);
    end_handshake(HandshakeOutcome::not_tls);
    state_ = State::head;
    stream_.become_plain();
    buffers_ = context_.take_buffers();
    begin_request(now);
    const bool is_head = first == 'H';  // no other method of HTTP begins so
    refuse_head(now, {400, "this port speaks TLS: https, not http"}, is_head);
}

void Session::begin_handshake() {
    ++operations_;
    const Operation operation(*this);
    guarded([this] {
        const int socket = stream_.socket().native_handle();
        // It has waited, and may have given up: a signature would be wasted on it.
        if (peer_has_sent_fin(socket)) return fail_handshake(HandshakeOutcome::client_gone);
        // The pair of this moment: one that has been replaced is not used for newcomers.
        stream_.secure()->connection.emplace(*context_.tls(kind_).context, socket);
        step_handshake(context_.now());
    });
}

void Session::step_handshake(TimePoint now) {
    switch (stream_.secure()->connection->handshake()) {
        case tls::Connection::Status::want_read:
            return await_socket(Socket::wait_read, &Session::step_handshake);
        case tls::Connection::Status::want_write:
            return await_socket(Socket::wait_write, &Session::step_handshake);
        case tls::Connection::Status::ended:
        case tls::Connection::Status::lost:
            return fail_handshake(HandshakeOutcome::client_gone);
        case tls::Connection::Status::failed:
            return fail_handshake(HandshakeOutcome::failed);
        case tls::Connection::Status::done:
            break;
    }
    if (stream_.secure()->connection->is_resumed())
        context_.cells.listeners[static_cast<std::size_t>(kind_)].handshakes_resumed.add();
    end_handshake(HandshakeOutcome::done);
    buffers_ = context_.take_buffers();
    state_ = State::head;
    is_idle_ = true;
    await_first_request(now);
    read_more();
}

void Session::give_way() {
    ++operations_;
    const Operation operation(*this);
    fail_handshake(HandshakeOutcome::gave_way);
}

void Session::on_due_in_handshake(TimePoint now) {
    if (now < idle_until_) return guarded([this, now] { look_at_hello(now); });
    const bool is_waiting = stream_.secure()->is_waiting();
    fail_handshake(is_waiting ? HandshakeOutcome::no_place : HandshakeOutcome::timeout);
}

/// Its place is somebody else's; counted once, and only if anything came at all.
void Session::end_handshake(HandshakeOutcome outcome) {
    Secure& secure = *stream_.secure();
    context_.handshakes_of(kind_).leave(secure);
    if (!std::exchange(secure.has_begun, false)) return;
    context_.cells.listeners[static_cast<std::size_t>(kind_)]
        .handshakes[static_cast<std::size_t>(outcome)]
        .add();
}

void Session::fail_handshake(HandshakeOutcome outcome) {
    end_handshake(outcome);
    close();
}

}  // namespace spillway::http
