#include "simulate/admission.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "spillway/core/assert.hpp"

namespace spillway::simulate {

using core::LimitKind;
using core::TimePoint;

namespace {

/// As long as the service's prepared refusals live.
constexpr core::Duration retry_after_kept = std::chrono::milliseconds{100};

/// An algorithm that is due is asked when something happens, which is not at every nanosecond.
constexpr core::Duration update_gap_min = std::chrono::milliseconds{1};

LimitKind kind_of(const std::string& algorithm) {
    constexpr std::array kinds{LimitKind::fixed,    LimitKind::aimd,
                               LimitKind::vegas,    LimitKind::gradient2,
                               LimitKind::gradient, LimitKind::gradient_minrtt,
                               LimitKind::slo};
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](LimitKind kind) {
        return core::to_string(kind) == algorithm;
    });
    SPILLWAY_ASSERT(found != kinds.end());
    return *found;
}

}  // namespace

core::LimitPolicyOptions limit_options(const scenario::Limit& limit, std::uint32_t workers) {
    const LimitKind kind = kind_of(limit.algorithm);
    if (kind == LimitKind::fixed) {
        const std::uint32_t value = limit.value.value_or(workers);
        core::LimitPolicyOptions options =
            core::LimitPolicyOptions::service(kind, {.min = value, .max = value, .initial = value});
        options.algorithm = core::FixedLimit::Options{.value = value};
        return options;
    }
    const std::uint32_t max = limit.max.value_or(scenario::largest_limit(workers));
    const core::LimitBounds bounds{
        .min = limit.min,
        .max = max,
        .initial = std::clamp(limit.initial.value_or(workers), limit.min, max)};
    core::LimitPolicyOptions options = core::LimitPolicyOptions::service(kind, bounds);
    if (auto* const slo = std::get_if<core::SloLimit::Options>(&options.algorithm)) {
        slo->target = limit.target;
        slo->percentile = limit.quantile;
    }
    if (!limit.cures) options.cures = core::LimitCures::none();
    return options;
}

core::QueueOptions queue_options(const scenario::Limiter& limiter) {
    constexpr std::array<std::string_view, 5> names{"fifo", "lifo", "adaptive_lifo", "deadline",
                                                    "fair"};
    const auto found = std::find(names.begin(), names.end(), limiter.queue.discipline);
    SPILLWAY_ASSERT(found != names.end());
    core::QueueOptions options{
        .capacity = limiter.queue.capacity,
        .discipline = static_cast<core::Discipline>(found - names.begin()),
        .bands = limiter.priority.bands,
        .floor_permille = static_cast<std::uint32_t>(std::lround(limiter.priority.floor * 1000)),
        .queues = limiter.tenant.queues,
        .hand = limiter.tenant.hand};
    for (const auto& [name, weight] : limiter.tenant.shares) options.shares.push_back(weight);
    SPILLWAY_ASSERT(options.validate().empty());
    return options;
}

Admission::Admission(const scenario::Limiter& limiter, std::uint32_t workers, TimePoint start)
    : limit_(limit_options(limiter.limit, workers), start),
      queue_({.limit = limit_.limit()}, queue_options(limiter)),
      is_rate_per_tenant_(limiter.rate.per == scenario::RatePer::tenant),
      next_update_(limit_.next_update()) {
    window_.clear(limit_.epoch());
    if (limiter.rate.per == scenario::RatePer::none) return;
    rates_.emplace(core::TenantRates::Options{.rate = {.rate = limiter.rate.rate,
                                                       .period = limiter.rate.period,
                                                       .burst = limiter.rate.burst}});
}

core::Arrival Admission::arrive(TimePoint now, const core::Claim& claim) noexcept {
    if (rates_) {
        const std::uint64_t who = is_rate_per_tenant_ ? claim.tenant : 0;
        const auto decision = rates_->allow(now, who, claim.cost);
        if (!decision.allowed) {
            over_rate_for_ = decision.retry_after;
            return core::Arrival::refused(in_flight(), core::RejectReason::rate_limited);
        }
    }
    return queue_.arrive(now, claim);
}

void Admission::release(TimePoint now, std::uint32_t cost, const core::Sample& sample) noexcept {
    queue_.release(cost);
    window_.add(now, sample);
    if (sample.outcome == core::Outcome::success) usual_.record(now, sample.rtt);
}

void Admission::update(TimePoint now) noexcept {
    const std::uint32_t limit = limit_.update(now, window_);
    window_.clear(limit_.epoch());
    if (limit != queue_.limit()) queue_.set_limit(limit);
    next_update_ = std::max(limit_.next_update(), core::after(now, update_gap_min));
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
