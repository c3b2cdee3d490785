// Replies that a session sends without a coroutine: refusals, pages, errors.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <utility>

#include "http/problem.hpp"
#include "http/session_explain.hpp"
#include "spillway/core/rate/rate_fields.hpp"
#include "spillway/core/retry_after.hpp"

namespace spillway::http {

namespace asio = boost::asio;
using core::RejectReason;
using core::TimePoint;

namespace {

unsigned status_of(RejectReason reason, const admission::Limiter& limiter) noexcept {
    switch (reason) {
        case RejectReason::queue_full:
        case RejectReason::wait_timeout:
        case RejectReason::deadline:
        case RejectReason::shed:
            return limiter.refusal_status();
        case RejectReason::rate_limited:
            return 429;
        case RejectReason::body_too_large:
            return 413;
        case RejectReason::body_timeout:
            return 408;
        case RejectReason::bad_request:
            return 400;
        case RejectReason::draining:
        case RejectReason::ingest_full:
        case RejectReason::egress_full:
            return 503;
    }
    return 503;
}

bool is_capacity(unsigned status) noexcept { return status == 503 || status == 429; }

/// Exact for a tenant's own bucket. Many who share one come back spread over as much time again,
/// as from a full queue.
std::uint64_t retry_after_of(const admission::Quotas::Verdict& refused, std::size_t& turn) {
    const core::RateDecision decision{.retry_after = refused.retry_after};
    const std::uint64_t exact = core::retry_after_seconds(decision).value_or(1);
    if (!refused.is_crowd || exact >= core::retry_after_max_s) return exact;
    return core::retry_after_spread(refused.retry_after)[turn++ % core::retry_after_values];
}

}  // namespace

void Session::refuse(TimePoint now, RejectReason reason) {
    tally_.reject(reason);
    const unsigned status = status_of(reason, *route_->limiter);
    if (!is_capacity(status)) return reply_reason(now, status, reason, refusal_detail(reason));
    const core::Occupancy seen = route_->limiter->occupancy();
    in_flight_seen_ = seen.in_flight;
    decide_connection(!body_reader_.is_done());
    HeadWriter out(context_.out.data(), context_.out.size());
    const RetryAdvice& said = write_refusal(out, now, reason);
    note_reply(now, status, true);
    if (is_let_in_)
        explain_refusal(now, status, reason, seen, said);
    else
        explain_turned_away(now, status, reason, seen, said);
    send_out(now, out.size());
}

/// Its Retry-After is the caller's own, so there is nothing to prepare but the words.
void Session::refuse_over_quota(TimePoint now, const admission::Quotas::Verdict& verdict) {
    static const std::string words = [] {
        std::string text = problem_json(429, refusal_detail(RejectReason::rate_limited),
                                        ",\"reason\":\"rate_limited\",\"retry_after_seconds\":");
        text.resize(text.size() - std::string_view("}\n").size());
        return text;
    }();
    tally_.reject(RejectReason::rate_limited);
    std::array<char, 24> number;
    HeadWriter digits(number.data(), number.size());
    const std::uint64_t advice = retry_after_of(verdict, context_.crowd_turn);
    digits << advice;
    const std::string_view seconds(number.data(), digits.size());

    decide_connection(!body_reader_.is_done());
    HeadWriter out(context_.out.data(), context_.out.size());
    out << "HTTP/1.1 429 " << reason_phrase(429)
        << "\r\nServer: spillway\r\nDate: " << context_.date.at(now)
        << "\r\nContent-Type: " << problem_type
        << "\r\nContent-Length: " << std::uint64_t{words.size() + seconds.size() + 2}
        << "\r\nRetry-After: " << seconds << "\r\n";
    write_common_fields(out, now);
    if (!is_head_) out << words << seconds << "}\n";
    note_reply(now, 429, true);
    explain_turned_away(
        now, 429, RejectReason::rate_limited, route_->limiter->occupancy(),
        {.seconds = static_cast<std::uint32_t>(std::min<std::uint64_t>(advice, UINT32_MAX)),
         .backlog = verdict.retry_after});
    send_out(now, out.size());
}

void Session::refuse_bad_request(TimePoint now, std::string_view detail) {
    tally_.reject(RejectReason::bad_request);
    reply_reason(now, 400, RejectReason::bad_request, detail);
}

void Session::reply_reason(TimePoint now, unsigned status, RejectReason reason,
                           std::string_view detail) {
    rejected_as_ = reason;
    const std::string more = ",\"reason\":\"" + std::string(core::to_string(reason)) + '"';
    reply_now(now, status, problem_type, problem_json(status, detail, more));
}

const RetryAdvice& Session::write_refusal(HeadWriter& out, TimePoint now, RejectReason reason) {
    const unsigned status = status_of(reason, *route_->limiter);
    const auto& prepared = context_.refusals.next(
        now, context_.date, route_->limiter_index, reason, status, [this, now, reason] {
            // While draining, what is left of the drain: then a successor may be there.
            if (reason == RejectReason::draining) return context_.shared.drain_cut_at() - now;
            return route_->limiter->backlog_time();
        });
    out << prepared.head();
    write_common_fields(out, now);
    if (!is_head_) out << prepared.body();
    return prepared.advice;
}

/// The fields that differ from one reply to the next, and the end of the head.
void Session::write_common_fields(HeadWriter& out, TimePoint now) {
    if (close_after_reply_) {
        out << "Connection: close\r\n";
    } else if (buffers_->parser && !parser().is_http_1_1()) {
        out << "Connection: keep-alive\r\n";
    }
    if (in_flight_seen_) out << "X-Inflight: " << std::uint64_t{*in_flight_seen_} << "\r\n";
    if (met_quotas_) write_rate_fields(out, now);
    out << "X-Request-Id: ";
    request_id_ = out.end();
    const auto id = buffers_->parser ? parser().request_id() : std::string_view{};
    if (is_sane_request_id(id)) {
        out << id;
    } else {
        std::array<char, RequestIds::size> fresh;
        context_.ids.write(fresh.data());
        out << std::string_view(fresh.data(), fresh.size());
    }
    request_id_size_ = static_cast<std::size_t>(out.end() - request_id_);
    out << "\r\n\r\n";
}

/// What the request's tenant has left by now, in each quota that it met.
void Session::write_rate_fields(HeadWriter& out, TimePoint now) const {
    std::string_view separator = "RateLimit-Policy: ";
    route_->quotas.for_each([&](const admission::Quota& quota) {
        out << std::exchange(separator, ", ") << quota.fields().policy();
    });
    separator = "\r\nRateLimit: ";
    route_->quotas.for_each([&](const admission::Quota& quota) {
        const auto limit = quota.fields().limit(quota.standing(now, tenant_.hash));
        out << std::exchange(separator, ", ") << limit.view();
    });
    out << "\r\n";
}

/// Keep the connection wherever the framing allows: whatever is left of the body must be known to
/// come and be small, and a drain lets the requests already here be answered first.
void Session::decide_connection(bool body_unread) {
    const bool is_last = unread().empty() || body_unread;
    const bool is_closing = context_.shared.is_closing() && kind_ == ListenerKind::open;
    close_after_reply_ = !parser().keep_alive() || (is_closing && (is_last || outlasts_drain())) ||
                         (peer_ended_ && is_last);
    if (!body_unread) return;
    // With Expect nobody knows whether the body will follow; and one that ingest() has begun to
    // read was refused for what it is.
    if (parser().expects_continue() || body_begun_) close_after_reply_ = true;
    if (!body_reader_.is_chunked() && body_reader_.left() > context_.options().discard_bytes_max)
        close_after_reply_ = true;
}

/// A request that goes on like this is a HEAD, whatever is wrong with the rest of it.
bool Session::begins_as_head() const noexcept {
    return std::string_view(unread().data(), unread().size()).starts_with("HEAD ");
}

/// The header itself is refused: what follows on this connection cannot be understood.
void Session::refuse_head(TimePoint now, HeadError error, bool is_head) {
    buffers_->parser.reset();  // its views are not to be trusted
    tally_.reset();
    route_ = nullptr;
    page_ = nullptr;
    in_flight_seen_.reset();
    met_quotas_ = false;
    is_head_ = is_head;
    is_let_in_ = false;
    head_at_ = quiet_since_;
    close_after_reply_ = true;
    send_reply(now, error.status, problem_type, problem_json(error.status, error.detail, ""), {});
}

void Session::reply_now(TimePoint now, unsigned status, std::string_view content_type,
                        std::string_view body, std::string_view more_fields) {
    decide_connection(!body_reader_.is_done());
    send_reply(now, status, content_type, body, more_fields);
}

void Session::send_reply(TimePoint now, unsigned status, std::string_view content_type,
                         std::string_view body, std::string_view more_fields) {
    HeadWriter out(context_.out.data(), context_.out.size());
    out << "HTTP/1.1 " << std::uint64_t{status} << " " << reason_phrase(status)
        << "\r\nServer: spillway\r\nDate: " << context_.date.at(now) << "\r\n";
    if (!content_type.empty()) out << "Content-Type: " << content_type << "\r\n";
    out << "Content-Length: " << std::uint64_t{body.size()} << "\r\n" << more_fields;
    write_common_fields(out, now);
    note_reply(now, status, false);
    if (status >= 400) explain_error(now, status);
    if (is_head_) return send_out(now, out.size());
    if (!out.fits(body.size())) return send_long(now, out.size(), std::string(body));
    out << body;
    send_out(now, out.size());
}

/// Sends what stands in the shard's buffer. Nearly always the socket takes it all at once, so no
/// connection needs reply bytes of its own. What comes after is a turn of the loop away all the
/// same: by then the next request is often there, and one read finds it.
void Session::send_out(TimePoint now, std::size_t bytes) {
    state_ = State::replying;
    schedule(core::after(now, context_.options().write_timeout));
    const auto sent = stream_.send_now(context_.out.data(), bytes);
    if (sent == static_cast<std::ptrdiff_t>(bytes)) {
        asio::post(context_.executor, [this] { on_sent({}); });
        ++operations_;
        return;
    }
    // The rest, or whatever the error was, the asynchronous way.
    const std::size_t taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    const std::size_t rest = bytes - taken;
    std::memcpy(buffers_->out.data(), context_.out.data() + taken, rest);
    stream_.async_write(
        {asio::const_buffer(buffers_->out.data(), rest), {}},
        [this](const boost::system::error_code& error, std::size_t) { on_sent(error); });
    ++operations_;
}

/// A page larger than the fixed buffer: /metrics, above all. The bytes travel with the operation.
void Session::send_long(TimePoint now, std::size_t head_bytes, std::string body) {
    state_ = State::replying;
    schedule(core::after(now, context_.options().write_timeout));
    auto charge = charge_response(body.size());
    auto held = std::make_unique<std::string>(std::move(body));
    std::memcpy(buffers_->out.data(), context_.out.data(), head_bytes);
    const std::array buffers{asio::const_buffer(buffers_->out.data(), head_bytes),
                             asio::const_buffer(held->data(), held->size())};
    stream_.async_write(
        buffers, [this, held = std::move(held), charge = std::move(charge)](
                     const boost::system::error_code& error, std::size_t) { on_sent(error); });
    ++operations_;
}

/// Charges unsent bytes as far as the budget goes. What is ready to be sent is sent all the same:
/// at the bound it is new work that is refused (peek), so the overshoot is a reply per request that
/// was past the peek by then.
core::ByteBudget::Reservation Session::charge_response(std::size_t bytes) {
    core::ByteBudget& budget = context_.shared.response_memory;
    auto charge = budget.reserve();
    if (!charge.try_grow(bytes)) {
        const std::size_t room = budget.max() - std::min(budget.max(), budget.used());
        static_cast<void>(charge.try_grow(room));
    }
    return charge;
}

void Session::note_reply(TimePoint now, unsigned status, bool is_refusal) {
    const core::Duration took = now - head_at_;
    if (RouteCells* cells = tally_.cells()) {
        cells->responses.add(status);
        cells->request_duration.observe(took);
    } else if (page_ != nullptr) {
        page_->responses.add(status);
        page_->request_duration.observe(took);
    } else if (status >= 400) {
        context_.cells.http_errors.add(status);
    }
    Observer& observer = context_.shared.observer;
    if (error_logged_ || !observer.wants(status, is_refusal)) return;
    AccessRecord record;
    record.status = status;
    record.is_refusal = is_refusal;
    record.duration = took;
    record.request_id = request_id();
    std::string client = peer_.to_string();
    if (buffers_->parser) {
        record.method = to_string(parser().method());
        record.path = parser().path();
        client = context_.settings().trusted.client(peer_, parser()).to_string();
    }
    record.client = client;
    observer.on_request(record);
}

}  // namespace spillway::http
