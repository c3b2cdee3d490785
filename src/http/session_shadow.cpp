// What a session tells the shadow of its limiter. A shadow is shown those requests for which the
// limiter itself has decided, each once: what is refused for other reasons (the quota, the body,
// memory, the drain, too little time), any candidate would have been spared, too.

#include <algorithm>

#include "http/session.hpp"

namespace spillway::http {

using core::RejectReason;
using core::TimePoint;

namespace {

bool is_limiters_own(RejectReason reason) noexcept {
    return reason == RejectReason::queue_full || reason == RejectReason::shed;
}

}  // namespace

/// Before a body is read. Its time is taken as if the body were in.
void Session::show_peek_to_shadow(TimePoint now, RejectReason reason) const {
    const TimePoint deadline =
        std::min(client_deadline_, core::after(now, route_->options.deadline));
    const auto usual = route_->usual.usual(now);
    core::Claim claim = route_->claims.is_plain() ? core::any_claim : claim_;
    claim.deadline = usual ? deadline - *usual : deadline;
    show_refusal_to_shadow(now, claim, reason);
}

void Session::show_refusal_to_shadow(TimePoint now, const core::Claim& claim,
                                     RejectReason reason) const {
    admission::ShadowLimiter* const shadow = route_->limiter->shadow();
    if (shadow == nullptr || !is_limiters_own(reason)) return;
    (void)shadow->arrive(now, claim, admission::ShadowLimiter::Live::refused);
}

/// A permit that was granted at once.
void Session::show_grant_to_shadow(TimePoint now, core::Claim claim, TimePoint hopeless_at) {
    admission::ShadowLimiter* const shadow = route_->limiter->shadow();
    if (shadow == nullptr) return;
    claim.deadline = hopeless_at;
    permit_.follow(shadow->arrive(now, claim, admission::ShadowLimiter::Live::granted));
}

}  // namespace spillway::http
