#include "generator/connection.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <cstring>

#include "spillway/async/steady_now.hpp"
#include "spillway/core/assert.hpp"

namespace spillway::loadtest {

namespace asio = boost::asio;
using core::Duration;
using core::TimePoint;

namespace {

/// Slow clients read and write in pieces of this length of time: a few ticks of the wheel.
constexpr int pieces_per_s = 50;
constexpr Duration catch_up_max = std::chrono::milliseconds{20};
constexpr int slow_receive_buffer_bytes = 4096;

std::size_t piece_of(std::uint64_t rate, std::size_t most) {
    return std::clamp<std::size_t>(static_cast<std::size_t>(rate / pieces_per_s), 1, most);
}

bool is_local(const boost::system::error_code& error) {
    using namespace boost::system;
    return error == errc::address_not_available || error == errc::too_many_files_open ||
           error == errc::too_many_files_open_in_system || error == errc::no_buffer_space;
}

}  // namespace

Connection::Connection(ConnectionContext& context) : context_(context), socket_(context.executor) {}

void Connection::start(const Request& request, const Kind& kind, scenario::Random& random,
                       TimePoint deadline) {
    SPILLWAY_ASSERT(!is_busy());
    request_ = request;
    kind_ = &kind;
    written_ = 0;
    pace_at_ = TimePoint::min();
    message_ = kind.message(rendered_, request.number, request.tenant, random);
    reader_.emplace(kind.is_head());
    context_.wheel.set(deadline_, deadline);
    if (state_ == State::closed) return open();
    state_ = State::busy;
    write();
}

void Connection::open() {
    if (!buffer_) buffer_ = std::make_unique<std::array<char, buffer_bytes>>();
    state_ = State::connecting;
    Error error;
    socket_.open(context_.server.protocol(), error);
    if (error) return no_socket_later();
    socket_.non_blocking(true, error);
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    if (kind_->client().read_rate > 0)
        socket_.set_option(asio::socket_base::receive_buffer_size(slow_receive_buffer_bytes),
                           error);
    ++context_.opened;
    context_.open_peak = std::max(context_.open_peak, ++context_.open_now);
    socket_.async_connect(context_.server, [this, epoch = epoch_](const Error& result) {
        if (epoch == epoch_) on_connected(result);
    });
}

void Connection::on_connected(const Error& error) {
    if (error && is_local(error)) {
        close();
        return context_.owner.on_no_socket(*this);
    }
    if (error) return fail(Failure::refused);
    state_ = State::busy;
    write();
    if (state_ != State::closed && !is_reading_) read();
}

std::array<asio::const_buffer, 2> Connection::unwritten() const {
    const auto head = asio::buffer(message_.head.data(), message_.head.size()) + written_;
    const std::size_t of_body = written_ - std::min(written_, message_.head.size());
    return {head, asio::buffer(message_.body.data(), message_.body.size()) + of_body};
}

void Connection::write() {
    auto buffers = unwritten();
    const std::uint64_t rate = kind_->client().write_rate;
    if (rate > 0) {
        // One piece of one of the two, then a pause.
        auto& buffer = buffers[0].size() > 0 ? buffers[0] : buffers[1];
        const std::size_t piece = piece_of(rate, buffer.size());
        buffers = {asio::buffer(buffer, piece), {}};
    }
    Error error;
    const std::size_t bytes = buffers[1].size() == 0 ? socket_.write_some(buffers[0], error)
                                                     : socket_.write_some(buffers, error);
    written_ += bytes;
    context_.bytes_sent += bytes;
    // A broken connection is the reader's to find: the answer may be there already.
    if (error && error != asio::error::would_block) return;
    if (has_written_all()) return;
    if (rate > 0 && !error) return pause(bytes, rate);
    write_later();
}

void Connection::write_later() {
    socket_.async_write_some(unwritten(),
                             [this, epoch = epoch_](const Error& error, std::size_t bytes) {
                                 if (epoch == epoch_) on_written(error, bytes);
                             });
}

void Connection::on_written(const Error& error, std::size_t bytes) {
    written_ += bytes;
    context_.bytes_sent += bytes;
    if (error || has_written_all()) return;
    if (kind_->client().write_rate > 0) return pause(bytes, kind_->client().write_rate);
    write_later();
}

void Connection::pause(std::size_t bytes, std::uint64_t rate) {
    const double seconds = static_cast<double>(bytes) / static_cast<double>(rate);
    const auto piece = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(std::min(seconds, 3600.0)));
    // From where the last piece should have ended: ticks are coarse, the rate should not be. What
    // was missed by more than a little (a server that stalls) is not made up for.
    pace_at_ = std::max(pace_at_, async::steady_now() - catch_up_max) + piece;
    is_pausing_ = true;
    context_.wheel.set(pace_, pace_at_);
}

void Connection::go_on() {
    is_pausing_ = false;
    if (state_ != State::busy) return;
    if (!has_written_all()) write();
    if (state_ != State::closed && !is_reading_ && !is_pausing_) read();
}

void Connection::read() {
    const bool into_sink = reader_ && size_ == 0 && reader_->body_left() >= buffer_bytes;
    asio::mutable_buffer target = asio::buffer(*buffer_) + size_;
    if (into_sink) {
        const auto most = std::min<std::uint64_t>(context_.sink.size(), reader_->body_left());
        target = asio::buffer(context_.sink.data(), static_cast<std::size_t>(most));
    }
    const bool is_slow = state_ == State::busy && kind_->client().read_rate > 0;
    if (is_slow) target = asio::buffer(target, piece_of(kind_->client().read_rate, target.size()));
    is_reading_ = true;
    socket_.async_read_some(
        target, [this, epoch = epoch_, into_sink](const Error& error, std::size_t bytes) {
            if (epoch != epoch_) return;
            is_reading_ = false;
            on_read(error, bytes, into_sink);
        });
}

void Connection::on_read(const Error& error, std::size_t bytes, bool into_sink) {
    if (error) return on_read_end(error);
    context_.bytes_received += bytes;
    if (state_ == State::idle) {  // an answer that nobody asked for: mostly a 408 before a close
        close();
        return context_.owner.on_closed(*this);
    }
    if (into_sink) {
        std::size_t consumed = 0;
        const auto status = reader_->feed(context_.sink.data(), bytes, consumed);
        if (status == ResponseReader::Status::malformed) return fail(Failure::malformed);
        if (status == ResponseReader::Status::complete) return finish();
    } else {
        size_ += bytes;
        const std::uint64_t epoch = epoch_;
        digest();
        if (epoch != epoch_ || is_reading_) return;
    }
    if (state_ == State::closed) return;
    if (state_ == State::busy && kind_->client().read_rate > 0)
        return pause(bytes, kind_->client().read_rate);
    read();
}

void Connection::on_read_end(const Error& error) {
    if (state_ == State::idle) {
        close();
        return context_.owner.on_closed(*this);
    }
    if (error == asio::error::eof && reader_->feed_end() == ResponseReader::Status::complete)
        return finish();
    fail(Failure::reset);
}

void Connection::digest() {
    while (size_ > 0) {
        std::size_t consumed = 0;
        const auto status = reader_->feed(buffer_->data(), size_, consumed);
        size_ -= consumed;
        if (size_ > 0 && consumed > 0)
            std::memmove(buffer_->data(), buffer_->data() + consumed, size_);
        if (status == ResponseReader::Status::malformed) return fail(Failure::malformed);
        if (status == ResponseReader::Status::complete) {
            if (!reader_->is_interim()) return finish();
            reader_.emplace(kind_->is_head());
            continue;
        }
        if (size_ == buffer_bytes) return fail(Failure::malformed);
        if (consumed == 0) return;
    }
}

void Connection::finish() {
    const bool is_reusable =
        reader_->keeps_alive() && has_written_all() && size_ == 0 && !kind_->wants_own_connection();
    if (is_reusable) {
        state_ = State::idle;
        context_.wheel.set(deadline_, core::never);
    } else {
        close();
    }
    context_.owner.on_answer(*this, *reader_);
    if (state_ != State::closed && !is_reading_ && state_ != State::connecting) read();
}

void Connection::fail(Failure why) {
    close();
    context_.owner.on_failure(*this, why);
}

void Connection::no_socket_later() {
    asio::post(context_.executor, [this, epoch = epoch_] {
        if (epoch != epoch_) return;
        close();
        context_.owner.on_no_socket(*this);
    });
}

void Connection::close() {
    if (state_ == State::closed) return;
    if (socket_.is_open()) --context_.open_now;
    ++epoch_;
    Error ignored;
    socket_.close(ignored);
    state_ = State::closed;
    is_reading_ = false;
    is_pausing_ = false;
    size_ = 0;
    context_.wheel.clear(deadline_);
    context_.wheel.clear(pace_);
}

}  // namespace spillway::loadtest
