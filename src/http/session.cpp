#include "http/session.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cstring>
#include <utility>

namespace spillway::http {

namespace asio = boost::asio;
using core::TimePoint;

namespace {

constexpr std::size_t body_room_min = 2048;
constexpr core::Duration rest_after = std::chrono::seconds(1);

}  // namespace

Session::Operation::~Operation() {
    if (--session_.operations_ == 0 && session_.state_ == State::closed)
        session_.context_.release(session_);
}

Session::Session(ShardContext& context, Socket socket, ListenerKind kind, asio::ip::address peer,
                 bool counted_per_address)
    : context_(context),
      stream_(std::move(socket),
              context.tls(kind).context ? std::make_unique<Secure>(*this) : nullptr),
      peer_(std::move(peer)),
      buffers_(stream_.secure() == nullptr ? context.take_buffers() : nullptr),
      kind_(kind),
      counted_per_address_(counted_per_address) {}

Session::~Session() {
    SPILLWAY_ASSERT(state_ == State::closed && operations_ == 0);
    if (counted_per_address_) context_.shared.per_address.leave(client_key(peer_));
    if (buffers_) context_.give_back(std::move(buffers_));
}

void Session::start() {
    ++operations_;
    const Operation operation(*this);
    await_first_request(context_.now());
    guarded([this] {
        if (buffers_) return read_more();
        state_ = State::handshake;
        await_hello();
    });
}

void Session::await_first_request(TimePoint now) {
    quiet_since_ = now;
    if (kind_ == ListenerKind::open) context_.enter_idle(*this, now);
    // The first header is awaited from the accept on; in a drain not longer than any other.
    const auto& shared = context_.shared;
    core::Duration patience = context_.options().header_timeout;
    if (shared.is_closing() && kind_ == ListenerKind::open) {
        note_closing();
        patience = std::min(patience, shared.idle_grace());
    }
    schedule_idle(now, patience);
}

// --- reading ----------------------------------------------------------------------------------

void Session::read_more() {
    if (is_reading_ || peer_ended_ || end_ == buffers_->in_size) return;
    stream_.async_read_some(asio::buffer(buffers_->in + end_, buffers_->in_size - end_),
                            [this](const boost::system::error_code& error, std::size_t bytes) {
                                on_read(error, bytes);
                            });
    // Only now: it may have thrown, and it never completes before this turn of the loop ends.
    is_reading_ = true;
    read_at_ = end_;
    ++operations_;
}

void Session::on_read(const boost::system::error_code& error, std::size_t bytes) {
    const Operation operation(*this);
    is_reading_ = false;
    if (state_ == State::closed) return;
    const Recall recall = std::exchange(recall_, Recall::none);
    guarded([&] {
        const TimePoint now = context_.now();
        if (error == asio::error::operation_aborted && recall != Recall::none) {
            if (recall == Recall::to_move) return on_data(now);
            return is_idle_ ? rest_now() : read_more();
        }
        if (error) return on_peer_end(now, error != asio::error::eof, recall);
        SPILLWAY_ASSERT(end_ == read_at_);
        end_ += bytes;
        read_bytes_ += bytes;
        on_data(now);
    });
}

void Session::on_data(TimePoint now) {
    switch (state_) {
        case State::head:
            return next_request(now);
        case State::discarding:
            return discard(now);
        case State::lingering:
            if (end_ - begin_ >= linger_left_) return close();
            linger_left_ -= end_ - begin_;
            begin_ = end_;
            reuse_buffer(0);
            return read_more();
        case State::serving:
            if (bytes_came_.has_waiter()) return bytes_came_.notify();
            // Pipelined bytes: kept for later, and reading goes on so that a FIN behind them is
            // seen; once the buffer is full the socket is asked instead (on_due_while_serving).
            if (stage_ == Stage::queue || stage_ == Stage::work) {
                read_more();
                schedule(stage_deadline(now));
            }
            return;
        case State::handshake:
        case State::replying:
        case State::closed:
            return;
    }
}

void Session::on_peer_end(TimePoint now, bool is_reset, Recall recall) {
    peer_ended_ = true;
    switch (state_) {
        case State::serving:
            if (stage_ == Stage::body) return cut(Cut::client_gone);
            if (stage_ == Stage::reply) return;  // the write will tell
            // TCP cannot tell a client that has left from one that only has no more to say.
            if (is_reset || !context_.options().half_close) return cut(Cut::client_gone);
            return;
        case State::replying:
            return;  // what was asked for is still answered
        case State::head:
            // A request is there, and was about to be moved.
            if (recall == Recall::to_move && !is_reset && context_.options().half_close)
                return next_request(now);
            return close();
        case State::discarding:
        case State::lingering:
            return close();
        case State::handshake:
        case State::closed:
            return;
    }
}

/// The read that is under way comes back, with what it has got by then or with nothing.
void Session::recall_read(Recall why) {
    recall_ = why;
    boost::system::error_code ignored;
    stream_.socket().cancel(ignored);
}

// --- one request after the other --------------------------------------------------------------

void Session::next_request(TimePoint now) {
    if (!buffers_->parser) {
        // Empty lines before a request line are tolerated (RFC 9112, 2.2); they begin no request.
        while (unread().size() >= 2 && unread()[0] == '\r' && unread()[1] == '\n') begin_ += 2;
        if (unread().empty() || (unread().size() == 1 && unread()[0] == '\r')) return go_idle(now);
        begin_request(now);
        begin_header();
    }
    parse(now);
}

/// Everything that came has been eaten: the next bytes may go to `offset` again, unless a read that
/// is under way has been told another place.
void Session::reuse_buffer(std::size_t offset) {
    SPILLWAY_ASSERT(begin_ == end_);
    if (!is_reading_) begin_ = end_ = offset;
}

void Session::begin_header() {
    const auto& options = context_.options();
    // Buffers may be from before the limit was raised.
    const std::size_t room = buffers_->in_size - SessionBuffers::behind_header;
    buffers_->parser.emplace(buffers_->in + begin_, std::min(options.header_bytes_max, room),
                             options.target_bytes_max);
}

/// A header must be contiguous. One that began far behind in the buffer, after pipelined requests,
/// moves to the front when it reaches the end, and is read again from there.
void Session::move_header_to_front() {
    SPILLWAY_ASSERT(begin_ > 0);
    move_to_front();
    begin_header();
}

void Session::move_to_front() {
    SPILLWAY_ASSERT(!is_reading_);
    std::memmove(buffers_->in, buffers_->in + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
}

void Session::go_idle(TimePoint now) {
    if (peer_ended_) return close();
    if (!is_reading_) move_to_front();
    if (!is_idle_) {
        is_idle_ = true;
        quiet_since_ = now;
        if (kind_ == ListenerKind::open) context_.enter_idle(*this, now);
        const auto& shared = context_.shared;
        const bool ends_soon = shared.is_closing() && kind_ == ListenerKind::open;
        schedule_idle(now, ends_soon ? shared.idle_grace() : context_.options().idle_timeout);
    }
    read_more();
}

void Session::schedule_idle(TimePoint now, core::Duration patience) {
    idle_until_ = core::after(now, patience);
    schedule(buffers_ ? std::min(idle_until_, core::after(now, rest_after)) : idle_until_);
}

/// Quiet for so long that its buffers serve others better. What it costs (an epoll_ctl and a read
/// more) is paid by connections that send less than a request in that time, and by no other.
void Session::rest() {
    schedule(idle_until_);
    if (!is_reading_ || begin_ != end_) return;
    recall_read(Recall::to_rest);  // unless bytes have come meanwhile, on_read() lets it rest
}

void Session::rest_now() {
    context_.give_back(std::move(buffers_));
    begin_ = end_ = 0;
    stream_.socket().async_wait(Socket::wait_read,
                                [this](const boost::system::error_code& error) { on_wake(error); });
    ++operations_;
}

void Session::on_wake(const boost::system::error_code& error) {
    const Operation operation(*this);
    if (state_ == State::closed) return;
    if (error) return close();
    guarded([this] {
        buffers_ = context_.take_buffers();
        schedule(std::min(idle_until_, core::after(context_.now(), rest_after)));
        read_more();
    });
}

void Session::begin_request(TimePoint now) {
    is_idle_ = false;
    context_.leave_idle(*this);
    quiet_since_ = now;
    if (kind_ == ListenerKind::open) {
        in_progress_ = true;
        context_.cells.requests_begun.add();
    }
}

void Session::end_request() {
    if (in_progress_) context_.cells.requests_ended.add();
    in_progress_ = false;
    if (settings_ == nullptr) return;
    route_ = nullptr;
    context_.give_back(std::exchange(settings_, nullptr));
}

void Session::parse(TimePoint now) {
    switch (parser().parse(end_ - begin_)) {
        case HeadParser::Result::complete:
            // A body is read into what is behind its header: little room there would make it a
            // system call for every few bytes, none would make it never.
            if (parser().has_body() && begin_ > 0 &&
                begin_ + parser().size() + body_room_min > buffers_->in_size) {
                if (is_reading_) {
                    begin_header();
                    return recall_read(Recall::to_move);
                }
                move_header_to_front();
                return parse(now);
            }
            begin_ += parser().size();
            return dispatch(now);
        case HeadParser::Result::refused:
            return refuse_head(now, parser().error(), begins_as_head());
        case HeadParser::Result::need_more:
            if (peer_ended_) return close();
            schedule(core::after(quiet_since_, context_.options().header_timeout));
            if (end_ == buffers_->in_size && !is_reading_) {
                move_header_to_front();
                return parse(now);
            }
            return read_more();
    }
}

void Session::after_reply(TimePoint now) {
    end_request();
    if (close_after_reply_) return client_has_ended() ? close() : linger(now);
    if (!body_reader_.is_done()) {
        state_ = State::discarding;
        linger_left_ = context_.options().discard_bytes_max;
        schedule(core::after(now, context_.options().header_timeout));
        return discard(now);
    }
    state_ = State::head;
    buffers_->parser.reset();
    next_request(now);
}

void Session::discard(TimePoint now) {
    while (begin_ < end_ && !body_reader_.is_done()) {
        const auto step = body_reader_.next(unread());
        begin_ += step.consumed;
        if (step.status == BodyReader::Status::malformed || step.consumed > linger_left_)
            return linger(now);
        linger_left_ -= step.consumed;
    }
    if (body_reader_.is_done()) {
        state_ = State::head;
        buffers_->parser.reset();
        return next_request(now);
    }
    if (peer_ended_) return close();
    reuse_buffer(0);
    read_more();
}

void Session::on_sent(const boost::system::error_code& error) {
    const Operation operation(*this);
    if (state_ == State::closed) return;
    if (error) return close();
    guarded([this] { after_reply(context_.now()); });
}

void Session::on_due(TimePoint now) {
    ++operations_;
    const Operation operation(*this);
    switch (state_) {
        case State::serving:
            return on_due_while_serving(now);
        case State::handshake:
            return on_due_in_handshake(now);
        case State::head:
            // Nothing has come: nobody waits for an answer.
            if (is_idle_) return now < idle_until_ ? rest() : close();
            return guarded([this, now] {
                refuse_head(now, {408, "the header came too slowly"}, begins_as_head());
            });
        default:
            return close();
    }
}

}  // namespace spillway::http
