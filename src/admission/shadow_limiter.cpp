#include "spillway/admission/shadow_limiter.hpp"

#include "spillway/core/reason.hpp"

namespace spillway::admission {

ShadowLimiter::ShadowLimiter(boost::asio::io_context::executor_type timers,
                             core::TimePoint (*now)() noexcept)
    : now_(now) {
    timer_.emplace(timers, [this](core::TimePoint at) { return tick(at); });
}

ShadowLimiter::ShadowLimiter(core::TimePoint (*now)() noexcept) : now_(now) {}

void ShadowLimiter::replace(const std::optional<core::ShadowOptions>& options) {
    const core::TimePoint now = now_();
    auto fresh = options ? std::make_unique<core::Shadow>(*options, now) : nullptr;
    core::TimePoint next = core::never;
    {
        const std::lock_guard lock(mutex_);
        ++candidate_;
        shadow_.swap(fresh);
        if (shadow_) next = shadow_->advance(now);
    }
    if (timer_ && next != core::never) timer_->arm(next);
}

ShadowTicket ShadowLimiter::arrive(core::TimePoint now, const core::Claim& claim, Live live) {
    const std::lock_guard lock(mutex_);
    if (!shadow_) return {};
    return {.handle = shadow_->arrive(now, claim, live), .candidate = candidate_};
}

/// Not where the ticket is of an earlier candidate.
template <class F>
void ShadowLimiter::with(ShadowTicket ticket, F f) {
    const std::lock_guard lock(mutex_);
    if (shadow_ && ticket.candidate == candidate_) f(*shadow_);
}

void ShadowLimiter::note_grant(core::TimePoint now, ShadowTicket ticket) {
    with(ticket, [&](core::Shadow& shadow) { shadow.note_grant(now, ticket.handle); });
}

void ShadowLimiter::note_refusal(core::TimePoint now, ShadowTicket ticket) {
    with(ticket, [&](core::Shadow& shadow) { shadow.note_refusal(now, ticket.handle); });
}

void ShadowLimiter::note_gone(ShadowTicket ticket) {
    with(ticket, [&](core::Shadow& shadow) { shadow.note_gone(now_(), ticket.handle); });
}

void ShadowLimiter::note_end(core::TimePoint now, ShadowTicket ticket, const core::Sample& sample) {
    with(ticket, [&](core::Shadow& shadow) { shadow.note_end(now, ticket.handle, sample); });
}

void ShadowLimiter::note_end(ShadowTicket ticket, core::TimePoint granted_at) {
    const core::TimePoint now = now_();
    note_end(now, ticket, {.rtt = now - granted_at, .outcome = core::Outcome::ignored});
}

void ShadowLimiter::set_codel(core::CodelTimes times) {
    const std::lock_guard lock(mutex_);
    if (shadow_) shadow_->set_codel(times);
}

core::TimePoint ShadowLimiter::tick(core::TimePoint now) {
    const std::lock_guard lock(mutex_);
    return shadow_ ? shadow_->advance(now) : core::never;
}

std::optional<core::ShadowState> ShadowLimiter::state() {
    const core::TimePoint now = now_();
    const std::lock_guard lock(mutex_);
    if (!shadow_) return std::nullopt;
    (void)shadow_->advance(now);
    return shadow_->state();
}

void ShadowLimiter::stop() {
    if (timer_) timer_->stop();
}

}  // namespace spillway::admission
