// The coroutine half of a session, first part: the body of a request.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "http/session.hpp"

namespace spillway::http {

namespace asio = boost::asio;
using core::RejectReason;
using core::TimePoint;

namespace {

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

std::optional<RejectReason> Session::open_upload(TimePoint now) {
    upload_id_ = context_.uploads.enter(*this);
    const auto got = route_->uploads.with(
        [this, now](core::UploadSlots& slots) { return slots.acquire(now, upload_id_); });
    if (got.kind == core::UploadSlots::Kind::full) {
        context_.uploads.leave(std::exchange(upload_id_, 0));
        return RejectReason::ingest_full;
    }
    has_upload_slot_ = true;
    upload_slot_ = got.slot;
    if (got.kind == core::UploadSlots::Kind::evicted) {
        ShardContext* home = context_.peers[UploadTable::shard_of(got.victim)];
        // At most one such post per upload begun, so uploads_max bounds them.
        asio::post(home->executor, [home, victim = got.victim] { home->evict_upload(victim); });
    }
    return std::nullopt;
}

void Session::close_upload() {
    if (!has_upload_slot_) return;
    has_upload_slot_ = false;
    // An eviction that is still on its way has come too late.
    context_.uploads.leave(std::exchange(upload_id_, 0));
    route_->uploads.with([this](core::UploadSlots& slots) { return slots.release(upload_slot_); });
}

async::Task<std::optional<RejectReason>> Session::ingest() {
    const TimePoint began = context_.now();
    if (auto refused = open_upload(began)) co_return refused;
    stage_ = Stage::body;
    body_begun_ = true;
    body_began_ = began;
    next_rate_check_ = core::after(began, context_.options().body_rate_grace);
    schedule(stage_deadline(began));

    // Only now is the body wanted; a client that has begun to send it needs no invitation.
    if (parser().expects_continue() && unread().empty()) {
        const std::array line{asio::buffer(continue_line), asio::const_buffer{}};
        const bool sent = co_await write_all(line);
        if (!sent && cut_ == Cut::none) cut_ = Cut::client_gone;
    }
    std::optional<RejectReason> refused;
    while (cut_ == Cut::none && !refused) {
        refused = take_body_bytes();
        if (refused || body_reader_.is_done()) break;
        if (notes_.number == 0) explain_progress(began);
        co_await wait_for_bytes();
    }
    close_upload();
    if (cut_ == Cut::body_timeout || cut_ == Cut::upload_evicted) {
        cut_ = Cut::none;
        refused = RejectReason::body_timeout;
    }
    co_return refused;
}

/// Eats what has come of the body so far.
std::optional<RejectReason> Session::take_body_bytes() {
    while (begin_ < end_ && !body_reader_.is_done()) {
        const auto step = body_reader_.next(unread());
        begin_ += step.consumed;
        if (step.status == BodyReader::Status::malformed) return RejectReason::bad_request;
        body_bytes_ += step.data.size();
        if (body_bytes_ > route_->options.body_bytes_max) return RejectReason::body_too_large;
        if (step.data.empty()) continue;
        route_->uploads.with([&](core::UploadSlots& slots) {
            return slots.note_bytes(upload_slot_, step.data.size());
        });
        if (body_mode_ == BodyMode::buffered && !body_.append(step.data))
            return RejectReason::ingest_full;
    }
    return std::nullopt;
}

async::Task<> Session::wait_for_bytes() {
    if (peer_ended_) {  // seen behind an earlier request: no more will come
        cut_ = Cut::client_gone;
        co_return;
    }
    // The header stays where it is, the room behind it is used again and again.
    if (begin_ == end_) reuse_buffer(parser().end_offset(buffers_->in));
    read_more();
    co_await bytes_came_.async_wait(async::use_task);
}

async::Task<std::span<const char>> Session::read_some() {
    stage_ = Stage::body;
    std::span<const char> data;
    while (data.empty() && cut_ == Cut::none && !body_reader_.is_done()) {
        if (begin_ == end_) {
            co_await wait_for_bytes();
            continue;
        }
        const auto step = body_reader_.next(unread());
        begin_ += step.consumed;
        body_bytes_ += step.data.size();
        if (step.status == BodyReader::Status::malformed) cut_ = Cut::client_gone;
        data = step.data;
    }
    stage_ = Stage::work;
    co_return data;
}

}  // namespace spillway::http
