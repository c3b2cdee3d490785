#include "http/explain_book.hpp"

#include <chrono>

namespace spillway::http {

using core::RejectReason;

namespace {

/// What has decided about a request that was refused without having been let in.
ExplainStage stage_of(RejectReason reason) noexcept {
    switch (reason) {
        case RejectReason::rate_limited:
            return ExplainStage::quota;
        case RejectReason::bad_request:
            return ExplainStage::parameters;
        case RejectReason::body_too_large:
            return ExplainStage::upload;
        default:
            return ExplainStage::peek;
    }
}

std::uint32_t low(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
std::uint32_t high(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word >> 32); }
std::uint16_t quarter_of(std::uint64_t word, unsigned at) noexcept {
    return static_cast<std::uint16_t>(word >> 16 * at);
}
core::Duration duration_of(std::uint64_t word) noexcept {
    return core::Duration(static_cast<core::Duration::rep>(word));
}

}  // namespace

RefusalRecord unpack(const PackedRefusal& w) noexcept {
    RefusalRecord r;
    r.received_at = core::TimePoint(duration_of(w[0]));
    r.backlog = duration_of(w[1]);
    r.seen = {
        .in_flight = high(w[2]), .units = low(w[3]), .waiting = high(w[3]), .limit = low(w[2])};
    r.retry_after_s = low(w[4]);
    r.cost = high(w[4]);
    r.route = quarter_of(w[5], 0);
    r.status = quarter_of(w[5], 1);
    r.share = quarter_of(w[5], 2);
    r.band = static_cast<std::uint8_t>(w[5] >> 48);
    r.reason = static_cast<RejectReason>(w[5] >> 56);
    r.usual_us = low(w[6]);
    r.allowed_us = high(w[6]);
    return r;
}

ExplainRecord unpack(const PackedRecord& w) noexcept {
    ExplainRecord r;
    r.received_at = core::TimePoint(duration_of(w[0]));
    r.took = duration_of(w[1]);
    r.held = duration_of(w[2]);
    r.waited = duration_of(w[3]);
    r.served = duration_of(w[4]);
    r.backlog = duration_of(w[5]);
    r.usual = duration_of(w[6]);
    r.allowed = duration_of(w[7]);
    r.body_bytes = w[8];
    r.limit = low(w[9]);
    r.in_flight = high(w[9]);
    r.units = low(w[10]);
    r.waiting = high(w[10]);
    r.ahead = low(w[11]);
    r.joined_as = high(w[11]);
    r.retry_after_s = low(w[12]);
    r.cost = high(w[12]);
    r.route = quarter_of(w[13], 0);
    r.status = quarter_of(w[13], 1);
    r.share = quarter_of(w[13], 2);
    r.band = static_cast<std::uint8_t>(w[13] >> 48);
    r.stage = static_cast<ExplainStage>(w[14] & 0xff);
    r.end = static_cast<ExplainEnd>(w[14] >> 8 & 0xff);
    r.reason = static_cast<std::uint8_t>(w[14] >> 16);
    r.was_evicted = (w[14] >> 24 & 1) != 0;
    return r;
}

ExplainRecord RefusalRecord::explained() const noexcept {
    ExplainRecord record;
    record.received_at = received_at;
    record.backlog = backlog;
    record.usual = std::chrono::microseconds(usual_us);
    record.allowed = std::chrono::microseconds(allowed_us);
    record.limit = seen.limit;
    record.in_flight = seen.in_flight;
    record.units = seen.units;
    record.waiting = seen.waiting;
    record.retry_after_s = retry_after_s;
    record.cost = cost;
    record.route = route;
    record.status = status;
    record.share = share;
    record.band = band;
    record.stage = stage_of(reason);
    record.end = ExplainEnd::rejected;
    record.reason = static_cast<std::uint8_t>(reason);
    return record;
}

}  // namespace spillway::http
