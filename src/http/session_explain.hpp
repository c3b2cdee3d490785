#pragma once
// The part of a record that every refusal of an overload pays for, in sight of those who refuse.

#include "http/session.hpp"

namespace spillway::http {

/// Refused for want of time: what there was of it is told.
[[nodiscard]] constexpr bool is_of_time(core::RejectReason reason) noexcept {
    return reason == core::RejectReason::deadline || reason == core::RejectReason::draining;
}

inline std::uint16_t Session::route_index() const noexcept { return route_->record.index; }

[[gnu::always_inline]] inline void Session::explain_turned_away(core::TimePoint now,
                                                                unsigned status,
                                                                core::RejectReason reason,
                                                                const core::Occupancy& seen,
                                                                const RetryAdvice& said) noexcept {
    if (!context_.explain.is_on()) return;
    RefusalRecord record{.received_at = head_at_,
                         .backlog = said.backlog,
                         .seen = seen,
                         .retry_after_s = said.seconds,
                         .route = route_index(),
                         .status = static_cast<std::uint16_t>(status),
                         .reason = reason};
    if (!route_->claims_nothing) {
        record.cost = claim_.cost;
        record.share = claim_.share;
        record.band = claim_.band;
    }
    if (is_of_time(reason)) std::tie(record.usual_us, record.allowed_us) = micros_of_time(now);
    context_.explain.turned_away.add(pack(record), request_id());
}

}  // namespace spillway::http
