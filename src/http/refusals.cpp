#include "http/refusals.hpp"

#include <algorithm>

#include "http/problem.hpp"
#include "spillway/core/assert.hpp"
#include "spillway/http/reply.hpp"

namespace spillway::http {

using core::RejectReason;

std::string_view refusal_detail(RejectReason reason) noexcept {
    switch (reason) {
        case RejectReason::queue_full:
            return "every worker is busy and the queue is full";
        case RejectReason::wait_timeout:
            return "no worker became free in time";
        case RejectReason::deadline:
            return "too little time is left to finish the request";
        case RejectReason::shed:
            return "the queue is too long, and others come first";
        case RejectReason::draining:
            return "the server is shutting down";
        case RejectReason::ingest_full:
            return "no room for another upload";
        case RejectReason::egress_full:
            return "too many responses are waiting for slow readers";
        case RejectReason::rate_limited:
            return "over the caller's rate";
        case RejectReason::body_too_large:
            return "the body is larger than this route allows";
        case RejectReason::body_timeout:
            return "the body came too slowly";
        case RejectReason::bad_request:
            return "the request is malformed";
    }
    return "";
}

RefusalBook::Ring& RefusalBook::at(std::size_t limiter, RejectReason reason) {
    auto& ring = rings_[limiter * core::reject_reason_count + static_cast<std::size_t>(reason)];
    if (!ring) ring = std::make_unique<Ring>();
    return *ring;
}

void RefusalBook::write(PreparedRefusal& reply, core::TimePoint now, DateText& date,
                        RejectReason reason, unsigned status) {
    const std::uint32_t retry_after = reply.advice.seconds;
    const std::string more = ",\"reason\":\"" + std::string(core::to_string(reason)) +
                             "\",\"retry_after_seconds\":" + std::to_string(retry_after);
    const std::string body = problem_json(status, refusal_detail(reason), more);
    SPILLWAY_ASSERT(body.size() <= reply.body_bytes.size());
    std::copy(body.begin(), body.end(), reply.body_bytes.begin());
    reply.body_size = static_cast<std::uint16_t>(body.size());

    const auto date_text = date.at(now);
    HeadWriter head(reply.head_bytes.data(), reply.head_bytes.size());
    head << "HTTP/1.1 " << status << " " << reason_phrase(status)
         << "\r\nServer: spillway\r\nDate: " << date_text << "\r\nContent-Type: " << problem_type
         << "\r\nContent-Length: " << body.size()
         << "\r\nRetry-After: " << std::uint64_t{retry_after} << "\r\n";
    reply.head_size = static_cast<std::uint16_t>(head.size());
    reply.status = status;
    reply.valid_until = std::min(now + valid_for, date.valid_until());
}

}  // namespace spillway::http
