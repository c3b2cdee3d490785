#include "simulate/admission.hpp"

#include <algorithm>
#include <cmath>

#include "config/limiter_options.hpp"

namespace spillway::simulate {

using core::TimePoint;

namespace {

/// As long as the service's prepared refusals live.
constexpr core::Duration retry_after_kept = std::chrono::milliseconds{100};

/// An algorithm that is due is asked when something happens, which is not at every nanosecond.
constexpr core::Duration update_gap_min = std::chrono::milliseconds{1};

/// As often as the service looks whether its work takes longer than it did.
constexpr core::Duration tuning_every = std::chrono::seconds{1};

/// As many as the service holds back at once.
constexpr std::uint32_t held_max = 1024;

}  // namespace

core::LimitPolicyOptions limit_options(const scenario::Limiter& limiter,
                                       const scenario::Service& service) {
    const config::Limit limit = config::resolve_limit(limiter.limit, scenario::pool_of(service), 1);
    return config::policy_options(limit);
}

core::QueueOptions queue_options(const scenario::Limiter& limiter) {
    return config::queue_options(limiter.queue,
                                 {.bands = limiter.priority.bands, .floor = limiter.priority.floor},
                                 {.queues = limiter.tenant.queues,
                                  .hand = limiter.tenant.hand,
                                  .shares = limiter.tenant.shares});
}

Admission::Admission(const scenario::Limiter& limiter, const scenario::Service& service,
                     TimePoint start)
    : limit_(limit_options(limiter, service), start),
      queue_({.limit = limit_.limit()}, queue_options(limiter)),
      rate_(limiter.rate),
      next_update_(limit_.next_update()),
      codel_(limiter.queue.codel.value_or(config::Codel{})) {
    window_.clear(limit_.epoch(), limit_.counts_wait());
    if (rate_) rates_.emplace(core::TenantRates::Options{.rate = config::resolve_rate(*rate_)});
    const bool stands = limiter.queue.codel || limiter.queue.discipline == "adaptive_lifo";
    if (stands && !(codel_.target && codel_.interval))
        next_tuning_ = core::after(start, tuning_every);
}

core::TenantRates::Decision Admission::take_quota(TimePoint now, std::uint64_t tenant,
                                                  scenario::Millis patience) noexcept {
    if (!rates_) return {{.allowed = true}};
    const scenario::Millis delay_max =
        held_ < held_max ? std::min(rate_->delay_max, patience) : scenario::Millis::zero();
    const auto decision = rates_->reserve(now, rate_->per == "tenant" ? tenant : 0, 1, delay_max);
    if (!decision.allowed) over_rate_for_ = decision.retry_after;
    if (decision.allowed && decision.delay > core::Duration::zero()) ++held_;
    return decision;
}

void Admission::give_back_quota(TimePoint now, std::uint64_t tenant,
                                const core::RateReservation& unit, bool shared) noexcept {
    end_hold();
    rates_->cancel(now, rate_->per == "tenant" ? tenant : 0, unit, shared);
}

void Admission::release(TimePoint now, std::uint32_t cost, const core::Sample& sample) noexcept {
    queue_.release(cost);
    window_.add(now, sample);
    if (sample.outcome != core::Outcome::success) return;
    usual_.record(now, sample.rtt);
    if (next_tuning_ != core::never) service_times_.observe(sample.rtt);
}

void Admission::update(TimePoint now) noexcept {
    if (now >= next_tuning_) tune(now);
    if (now < next_update_) return;
    const std::uint32_t limit = limit_.update(now, window_);
    window_.clear(limit_.epoch(), limit_.counts_wait());
    if (limit != queue_.limit()) queue_.set_limit(limit);
    next_update_ = std::max(limit_.next_update(), core::after(now, update_gap_min));
}

void Admission::tune(TimePoint now) noexcept {
    next_tuning_ = core::after(now, tuning_every);
    core::HistogramSnapshot all;
    service_times_.snapshot(all);
    const auto measured = tuning_.update(all);
    if (measured) queue_.set_codel(config::codel_times(codel_, *measured));
}

std::uint32_t Admission::retry_after_s(TimePoint now, core::RejectReason reason) noexcept {
    if (reason == core::RejectReason::rate_limited) {
        const double seconds = std::ceil(core::to_seconds(over_rate_for_));
        return static_cast<std::uint32_t>(std::clamp<double>(seconds, 1, core::retry_after_max_s));
    }
    if (now >= retry_after_until_) {
        retry_after_ = core::retry_after_spread(
            core::backlog_time(in_flight() + waiting(), limit(), usual_.mean()));
        retry_after_until_ = core::after(now, retry_after_kept);
    }
    return retry_after_[retry_after_next_++ % retry_after_.size()];
}

}  // namespace spillway::simulate
