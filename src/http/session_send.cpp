// The coroutine half of a session, last part: the reply of a handler.

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>

#include "http/session.hpp"

namespace spillway::http {

namespace asio = boost::asio;
using core::Ending;
using core::TimePoint;

namespace {

constexpr std::size_t source_piece_bytes = 64 * 1024;
constexpr auto use_tuple = asio::as_tuple(async::use_task);

/// Not one that would end its line, and not one that says where the reply ends: that is told here.
bool may_send(std::string_view name, std::string_view value) noexcept {
    for (const auto ours : {"Content-Length", "Transfer-Encoding", "Connection"})
        if (equals_ignoring_case(name, ours)) return false;
    return is_token(name) && std::all_of(value.begin(), value.end(), [](char c) {
               const auto u = static_cast<unsigned char>(c);
               return c == '\t' || (u >= 0x20 && u != 0x7f);
           });
}

/// RFC 9110, 15.3.5, 15.3.6 and 15.4.5: whatever the handler says.
constexpr bool never_has_body(unsigned status) noexcept {
    return status == 204 || status == 205 || status == 304;
}

}  // namespace

std::size_t Session::write_head(const Reply& reply, std::uint64_t body_size) {
    const auto tenths = [](core::Duration d) {
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(d).count() / 100);
    };
    const TimePoint now = context_.now();
    HeadWriter out(buffers_->out.data(), buffers_->out.size());
    out << "HTTP/1.1 " << std::uint64_t{reply.status} << " " << reason_phrase(reply.status)
        << "\r\nServer: spillway\r\nDate: " << context_.date.at(now);
    if (!never_has_body(reply.status))
        out << "\r\nContent-Type: " << std::string_view(reply.content_type)
            << "\r\nContent-Length: " << body_size;
    else if (reply.status == 205)
        out << "\r\nContent-Length: 0";
    out << "\r\nServer-Timing: wait;dur=" << tenths(waited_) / 10 << "." << tenths(waited_) % 10
        << ", service;dur=" << tenths(served_) / 10 << "." << tenths(served_) % 10 << "\r\n";
    // The rest, and two quotas with the longest names.
    const std::size_t room_for_common_fields = met_quotas_ ? 320 + 800 : 320;
    for (const auto& [name, value] : reply.fields) {
        if (!may_send(name, value)) continue;
        if (!out.fits(name.size() + value.size() + 4 + room_for_common_fields)) break;
        out << name << ": " << value << "\r\n";
    }
    decide_connection(!body_reader_.is_done());
    write_common_fields(out, now);
    return out.size();
}

async::Task<> Session::send(Reply reply) {
    const TimePoint now = context_.now();
    if (never_has_body(reply.status)) [[unlikely]] {
        reply.bytes.reset();
        reply.source.reset();
    }
    std::span<const char> bytes;
    if (reply.bytes) bytes = reply.bytes->bytes();
    const std::uint64_t size = reply.source ? reply.source->size() : bytes.size();
    if (cut_ == Cut::none && ending_ == Ending::deadline) served_ = now - granted_at_;
    const std::size_t head_bytes = write_head(reply, size);
    note_reply(now, reply.status, false);
    explain_reply(now, reply.status);

    stage_ = Stage::reply;
    write_until_ = core::after(now, context_.options().write_timeout);
    schedule(stage_deadline(now));

    bool sent = false;
    if (is_head_ || size == 0) {
        sent = co_await write_all({asio::buffer(buffers_->out.data(), head_bytes), {}});
    } else if (reply.source) {
        sent = co_await send_source(head_bytes, *reply.source);
    } else {
        const auto charge = charge_response(bytes.size());
        sent = co_await write_all({asio::buffer(buffers_->out.data(), head_bytes),
                                   asio::buffer(bytes.data(), bytes.size())});
    }
    if (!sent) {
        if (cut_ == Cut::none) cut_ = Cut::client_gone;
        co_return;
    }
    tally_.finish(ending_);
}

async::Task<bool> Session::send_source(std::size_t head_bytes, BodySource& source) {
    const std::size_t piece =
        static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), source_piece_bytes));
    const auto charge = charge_response(piece);
    const auto buffer = std::make_unique_for_overwrite<char[]>(piece);
    auto head = asio::const_buffer(buffers_->out.data(), head_bytes);
    for (std::uint64_t left = source.size(); left > 0;) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece, left));
        const std::size_t bytes = source.next({buffer.get(), wanted});
        // A source that ends early breaks its word, and the framing with it.
        if (bytes == 0 || bytes > wanted) co_return false;
        left -= bytes;
        const std::array both{head, asio::const_buffer(buffer.get(), bytes)};
        const bool sent = co_await write_all(both);
        if (!sent) co_return false;
        head = {};
    }
    co_return true;
}

async::Task<bool> Session::write_all(std::array<asio::const_buffer, 2> buffers) {
    if (cut_ != Cut::none && stage_ == Stage::reply) co_return false;
    auto result = co_await stream_.async_write(buffers, use_tuple);
    const boost::system::error_code error = std::get<0>(result);
    co_return !error;
}

}  // namespace spillway::http
