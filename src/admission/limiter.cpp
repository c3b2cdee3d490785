#include "spillway/admission/limiter.hpp"

#include "spillway/async/steady_now.hpp"

namespace spillway::admission {

namespace {

std::unique_ptr<AdaptiveLimit> adaptive_limit(const LimiterOptions& options,
                                              core::TimePoint start) {
    if (!options.adaptive) return nullptr;
    return std::make_unique<AdaptiveLimit>(*options.adaptive, start);
}

async::SemaphoreOptions semaphore_options(const LimiterOptions& options,
                                          const AdaptiveLimit* adaptive,
                                          core::TimePoint (*now)() noexcept) {
    return {.limit = adaptive != nullptr ? adaptive->limit() : options.limit,
            .places = options.places,
            .queue = options.queue,
            .now = now};
}

}  // namespace

Limiter::Limiter(boost::asio::io_context::executor_type timers, const LimiterOptions& options)
    : Limiter(Timers(timers), options, &async::steady_now) {}

Limiter::Limiter(const LimiterOptions& options, core::TimePoint (*now)() noexcept)
    : Limiter(Timers(), options, now) {}

Limiter::Limiter(Timers timers, const LimiterOptions& options, core::TimePoint (*now)() noexcept)
    : name_(options.name),
      timers_(timers),
      now_(now),
      queue_(options.queue),
      wait_timeout_(options.wait_timeout.count()),
      refusal_status_(options.refusal_status),
      found_(adaptive_limit(options, now())),
      semaphore_(timers
                     ? async::AsyncSemaphore(*timers, semaphore_options(options, found_.get(), now))
                     : async::AsyncSemaphore(semaphore_options(options, found_.get(), now))) {
    set_shadow(options.shadow);
    if (found_) follow(*found_);
}

std::unique_ptr<core::WaitRoom> Limiter::reconfigure(const LimiterOptions& options,
                                                     bool keeps_limit) {
    std::unique_ptr<core::WaitRoom> retired;
    // Times are changed in place: they are measured, and must not cost anybody a turn.
    core::QueueOptions untimed = options.queue;
    if (untimed.codel && queue_.codel) untimed.codel = queue_.codel;
    untimed.standing = queue_.standing;
    if (untimed != queue_) {
        retired = semaphore_.reorder(options.queue);
    } else if (options.queue != queue_) {
        semaphore_.set_codel(options.queue.codel.value_or(options.queue.standing));
    }
    queue_ = options.queue;
    wait_timeout_.store(options.wait_timeout.count(), std::memory_order_relaxed);
    refusal_status_.store(options.refusal_status, std::memory_order_relaxed);
    if (!keeps_limit) set_limit(options);
    return retired;
}

void Limiter::set_limit(const LimiterOptions& options) {
    if (!options.adaptive) {
        adaptive_.store(nullptr, std::memory_order_release);
        return semaphore_.set_limit(options.limit);
    }
    core::LimitPolicyOptions policy = *options.adaptive;
    core::LimitBounds& bounds = policy.bounds;
    bounds.initial = std::clamp(semaphore_.limit(), bounds.min, bounds.max);
    if (found_) {
        found_->restart(policy, now_());
    } else {
        found_ = std::make_unique<AdaptiveLimit>(policy, now_());
    }
    semaphore_.set_limit(found_->limit());
    follow(*found_);
}

/// From now on the limit is what this one says.
void Limiter::follow(AdaptiveLimit& limit) {
    adaptive_.store(&limit, std::memory_order_release);
    if (!timers_) return;
    if (!updates_) updates_.emplace(*timers_, [this](core::TimePoint now) { return update(now); });
    updates_->arm(limit.next_update());
}

// One caller at a time: the timer, or whoever ticks in its place.
core::TimePoint Limiter::update(core::TimePoint now) {
    AdaptiveLimit* const adaptive = this->adaptive();
    if (adaptive == nullptr) return core::never;
    const std::uint32_t limit = adaptive->update(now);
    if (limit != semaphore_.limit()) semaphore_.set_limit(limit);
    return adaptive->next_update();
}

core::Sample Limiter::sample_of(core::TimePoint now, const Permit& permit,
                                core::Outcome outcome) const noexcept {
    // At the grant holders were counted; now, with this one still held, the units are known.
    const std::uint32_t in_flight =
        std::max(permit.in_flight_at_grant(), semaphore_.occupancy().units);
    return {.rtt = now - permit.granted_at(),
            .in_flight = in_flight,
            .outcome = outcome,
            .wait = permit.waited()};
}

void Limiter::sample(AdaptiveLimit& limit, core::TimePoint now, const Permit& permit,
                     core::Outcome outcome) noexcept {
    limit.record(now, sample_of(now, permit, outcome));
}

// --- the shadow ---------------------------------------------------------------------------------

void Limiter::set_shadow(const std::optional<core::ShadowOptions>& options) {
    if (!candidates_ && !options) return;
    if (!candidates_) {
        candidates_ = timers_ ? std::make_unique<ShadowLimiter>(*timers_, now_)
                              : std::make_unique<ShadowLimiter>(now_);
    }
    candidates_->replace(options);
    shadow_.store(options ? candidates_.get() : nullptr, std::memory_order_release);
}

void Limiter::tell_shadow(core::TimePoint now, Permit& permit, core::Outcome outcome) noexcept {
    candidates_->note_end(now, std::exchange(permit.shadow_, {}), sample_of(now, permit, outcome));
}

void Limiter::abandon(ShadowTicket ticket, core::TimePoint granted_at) noexcept {
    candidates_->note_end(ticket, granted_at);
}

}  // namespace spillway::admission
