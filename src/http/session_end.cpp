// How a connection ends: its last reply read, cut by a drain, in the way of others, or abandoned.

#include <algorithm>

#include "http/peer_state.hpp"
#include "http/session.hpp"

namespace spillway::http {

using core::TimePoint;

/// The client itself has said that this was its last request (RFC 9112, section 9.6), and has sent
/// nothing behind it: there is nothing to linger for.
bool Session::client_has_ended() const noexcept {
    return buffers_->parser && !buffers_->parser->keep_alive() && body_reader_.is_done() &&
           unread().empty();
}

void Session::linger(TimePoint now) {
    stream_.end_output();
    if (peer_ended_) return close();
    // Bytes that are still unread when a socket is closed turn the close into a reset, and the
    // reply that the peer has not read yet is lost with it.
    state_ = State::lingering;
    begin_ = end_;
    reuse_buffer(0);
    linger_left_ = context_.options().linger_bytes_max;
    const Shared& shared = context_.shared;
    const core::Duration linger_timeout = context_.options().linger_timeout;
    const bool ends_soon = shared.is_closing() && kind_ == ListenerKind::open;
    schedule(core::after(
        now, ends_soon ? std::min(shared.idle_grace(), linger_timeout) : linger_timeout));
    read_more();
}

/// An exception here means that memory has run out, or that a handler's prepare() has a bug. It
/// costs this connection, and nobody else.
void Session::abandon() noexcept {
    context_.shared.observer.on_handler_error(route_ != nullptr ? route_->options.path : "",
                                              "the connection was abandoned");
    if (state_ == State::serving) return cut(Cut::client_gone);  // what serves it ends it
    if (tally_.is_pending()) tally_.drop(core::DropReason::client_gone);
    close();
}

void Session::close() {
    if (state_ == State::closed) return;
    SPILLWAY_ASSERT(state_ != State::serving);
    if (state_ == State::handshake) end_handshake(HandshakeOutcome::cut);
    end_request();
    state_ = State::closed;
    context_.sweeper.clear(*this);
    context_.leave_idle(*this);
    stream_.close();
}

void Session::begin_closing() {
    ++operations_;
    const Operation operation(*this);
    if ((state_ == State::head || state_ == State::handshake) && is_idle_)
        schedule_idle(context_.now(), context_.shared.idle_grace());
    note_closing();
}

/// What has come by now is still answered, and what comes soon; then it is the client who keeps the
/// connection busy, and the drain does not wait for that.
void Session::note_closing() {
    constexpr std::size_t half_read_record_max = 17 * 1024;  // of TLS
    last_read_ = read_bytes_ + unread_bytes(stream_.socket().native_handle()) +
                 (stream_.secure() != nullptr ? half_read_record_max : 0);
    last_until_ = core::after(context_.now(), context_.shared.idle_grace());
}

bool Session::outlasts_drain() {
    if (last_until_ == TimePoint{}) return false;  // the drain has not come to this shard yet
    const std::uint64_t eaten = read_bytes_ - unread().size();
    return eaten >= last_read_ && context_.now() >= last_until_;
}

void Session::cut_by_drain() {
    ++operations_;
    const Operation operation(*this);
    if (state_ == State::serving) return cut(Cut::drain);
    close();
}

/// A request that has arrived is not to be lost because the loop has not come to it yet. Whoever
/// has not even finished the handshake has no request: unread bytes of one would be a way to stay.
bool Session::make_room() {
    if (state_ == State::head && unread_bytes(stream_.socket().native_handle()) > 0) return false;
    ++operations_;
    const Operation operation(*this);
    close();
    return true;
}

void Session::evict_upload() {
    ++operations_;
    const Operation operation(*this);
    if (state_ == State::serving && stage_ == Stage::body) cut(Cut::upload_evicted);
}

}  // namespace spillway::http
