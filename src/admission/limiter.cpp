#include "spillway/admission/limiter.hpp"

#include "spillway/async/steady_now.hpp"

namespace spillway::admission {

namespace {

std::unique_ptr<AdaptiveLimit> adaptive_limit(const LimiterOptions& options,
                                              core::TimePoint start) {
    if (!options.adaptive) return nullptr;
    return std::make_unique<AdaptiveLimit>(*options.adaptive, start);
}

}  // namespace

Limiter::Limiter(boost::asio::io_context::executor_type timers, LimiterOptions options)
    : options_(std::move(options)),
      adaptive_(adaptive_limit(options_, async::steady_now())),
      semaphore_(timers, semaphore_options(&async::steady_now)) {
    if (!adaptive_) return;
    updates_.emplace(timers, [this](core::TimePoint now) { return update(now); });
    updates_->arm(adaptive_->next_update());
}

Limiter::Limiter(LimiterOptions options, core::TimePoint (*now)() noexcept)
    : options_(std::move(options)),
      adaptive_(adaptive_limit(options_, now())),
      semaphore_(semaphore_options(now)) {}

async::SemaphoreOptions Limiter::semaphore_options(core::TimePoint (*now)() noexcept) const {
    return {.limit = adaptive_ ? adaptive_->limit() : options_.limit,
            .places = options_.places,
            .queue = options_.queue,
            .now = now};
}

// One caller at a time: the timer, or whoever ticks in its place.
core::TimePoint Limiter::update(core::TimePoint now) {
    const std::uint32_t limit = adaptive_->update(now);
    if (limit != semaphore_.limit()) semaphore_.set_limit(limit);
    return adaptive_->next_update();
}

void Limiter::sample(core::TimePoint now, const Permit& permit, core::Outcome outcome) noexcept {
    // At the grant holders were counted; now, with this one still held, the units are known.
    const std::uint32_t in_flight =
        std::max(permit.in_flight_at_grant(), semaphore_.occupancy().units);
    adaptive_->record(
        now, {.rtt = now - permit.granted_at(), .in_flight = in_flight, .outcome = outcome});
}

}  // namespace spillway::admission
