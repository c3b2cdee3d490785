// What a session leaves behind of a request, so that its answer can be explained.
//
// A record is made where an answer is written, before its bytes are sent: whoever has the answer
// finds it. A request that has to wait is written down before that too, if its caller has given it
// an id by which it can be asked for; the same record then gets the rest.

#include <algorithm>

#include "http/session_explain.hpp"

namespace spillway::http {

using core::RejectReason;
using core::TimePoint;

namespace {

std::uint32_t micros(core::Duration duration) noexcept {
    const auto count = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, UINT32_MAX));
}

}  // namespace

ExplainStage Session::explained_stage() const noexcept {
    switch (stage_) {
        case Stage::held:
            return ExplainStage::held;
        case Stage::body:
            return tally_.is_accepted() ? ExplainStage::work : ExplainStage::upload;
        case Stage::queue:
            return ExplainStage::queue;
        case Stage::work:
            return ExplainStage::work;
        case Stage::reply:
            return ExplainStage::reply;
    }
    return ExplainStage::header;
}

/// What is known so far of a request that was let in.
[[gnu::always_inline]] inline void Session::explain_let_in(ExplainRecord& record,
                                                           TimePoint now) const noexcept {
    record.received_at = head_at_;
    record.took = now - head_at_;
    record.held = notes_.held;
    record.waited = waited_;
    record.served = served_;
    const TimePoint until = std::min(deadline_, client_deadline_);
    if (until != core::never) record.allowed = until - head_at_;
    record.body_bytes = body_bytes_;
    record.limit = notes_.limit;
    record.in_flight = in_flight_seen_.value_or(0);
    record.ahead = notes_.place.ahead;
    record.joined_as = notes_.place.waiting;
    record.cost = notes_.cost;
    record.route = route_index();
    if (!route_->claims_nothing) {
        record.band = claim_.band;
        record.share = claim_.share;
    }
    record.stage = explained_stage();
}

/// The caller's own id, if it is one: until the answer is written there is no other.
std::string_view Session::callers_id() const noexcept {
    const std::string_view id = buffers_->parser->request_id();
    return !id.empty() && is_sane_request_id(id) ? id : std::string_view{};
}

[[gnu::always_inline]] inline void Session::keep(const ExplainRecord& record,
                                                 std::string_view id) noexcept {
    notes_.number = context_.explain.let_in.replace(notes_.number, pack(record), id);
}

void Session::explain_named_progress(TimePoint now) noexcept {
    if (!context_.explain.is_on()) return;
    const auto id = callers_id();
    if (id.empty()) return;
    ExplainRecord record;
    explain_let_in(record, now);
    keep(record, id);
}

/// The queue says exactly where it stands, but tells only its ticket's owner, who sleeps by then:
/// as long as it waits its record says what could be seen just before.
void Session::explain_joining(TimePoint now) noexcept {
    const core::Occupancy seen = route_->limiter->occupancy();
    notes_.place = {.ahead = seen.waiting,
                    .waiting = seen.waiting + 1,
                    .in_flight = seen.in_flight,
                    .limit = seen.limit};
    explain_progress(now);
    notes_.place = {};
}

void Session::explain_refusal(TimePoint now, unsigned status, RejectReason reason,
                              const core::Occupancy& seen, const RetryAdvice& said) noexcept {
    if (is_let_in_) return explain_late_refusal(now, status, reason, seen, said);
    explain_turned_away(now, status, reason, seen, said);
}

/// How long its route usually takes, and how long it would have had.
std::pair<std::uint32_t, std::uint32_t> Session::micros_of_time(TimePoint now) const noexcept {
    return {micros(usual_service(now)), micros(time_allowed())};
}

/// Of a request that was refused after it had been let in.
void Session::explain_late_refusal(TimePoint now, unsigned status, RejectReason reason,
                                   const core::Occupancy& seen, const RetryAdvice& said) noexcept {
    ExplainRecord record;
    explain_let_in(record, now);
    if (record.stage == ExplainStage::held) record.stage = ExplainStage::peek;
    record.end = ExplainEnd::rejected;
    record.reason = static_cast<std::uint8_t>(reason);
    record.status = static_cast<std::uint16_t>(status);
    record.limit = seen.limit;
    record.in_flight = seen.in_flight;
    record.units = seen.units;
    record.waiting = seen.waiting;
    record.retry_after_s = said.seconds;
    record.backlog = said.backlog;
    record.was_evicted = notes_.was_evicted;
    if (is_of_time(reason)) {
        record.usual = usual_service(now);
        record.allowed = time_allowed();
    }
    keep(record, request_id());
}

/// Of an answer that send_reply() has written, and that is an error.
void Session::explain_error(TimePoint now, unsigned status) noexcept {
    if (page_ != nullptr || !context_.explain.is_on()) return;
    if (tally_.cells() != nullptr) {
        return explain_refusal(now, status, rejected_as_, route_->limiter->occupancy(), {});
    }
    ExplainRecord record;
    record.received_at = head_at_;
    record.took = now - head_at_;
    record.status = static_cast<std::uint16_t>(status);
    record.end = ExplainEnd::unrouted;
    context_.explain.unrouted.add(pack(record), request_id());
}

/// Of a handler's reply, before it is sent; explain_unanswered() corrects it if that fails.
void Session::explain_reply(TimePoint now, unsigned status) noexcept {
    if (!context_.explain.is_on()) return;
    ExplainRecord record;
    explain_let_in(record, now);
    record.stage = ExplainStage::reply;
    record.end = ExplainEnd::finished;
    record.reason = static_cast<std::uint8_t>(ending_);
    record.status = static_cast<std::uint16_t>(status);
    keep(record, request_id());
}

void Session::explain_unanswered(TimePoint now, ExplainEnd end, std::uint8_t reason) noexcept {
    if (!context_.explain.is_on()) return;
    ExplainRecord record;
    explain_let_in(record, now);
    record.end = end;
    record.reason = reason;
    keep(record, stage_ == Stage::reply ? request_id() : callers_id());
}

core::Duration Session::usual_service(TimePoint now) const noexcept {
    return route_->usual.usual(now).value_or(core::Duration::zero());
}

/// From the end of the header to the deadline that counts.
core::Duration Session::time_allowed() const noexcept {
    const TimePoint by_route = core::after(head_at_, route_->options.deadline);
    return std::min({deadline_, client_deadline_, by_route}) - head_at_;
}

}  // namespace spillway::http
