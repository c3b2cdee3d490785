#include "simulate/admission.hpp"

#include <algorithm>
#include <array>

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

Admission::Admission(const scenario::Limiter& limiter, std::uint32_t workers, TimePoint start)
    : limit_(limit_options(limiter.limit, workers), start),
      queue_(limit_.limit(), limiter.queue.capacity),
      next_update_(limit_.next_update()) {
    window_.clear(limit_.epoch());
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

std::uint32_t Admission::retry_after_s(TimePoint now) noexcept {
    if (now >= retry_after_until_) {
        retry_after_ = core::retry_after_spread(
            core::backlog_time(in_flight() + waiting(), limit(), usual_.mean()));
        retry_after_until_ = core::after(now, retry_after_kept);
    }
    return retry_after_[retry_after_next_++ % retry_after_.size()];
}

}  // namespace spillway::simulate
