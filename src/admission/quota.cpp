#include "spillway/admission/quota.hpp"

#include <algorithm>
#include <utility>

namespace spillway::admission {

using core::Duration;
using core::TimePoint;

namespace {

constexpr std::uint64_t cost = 1;

using Buckets = std::variant<core::AtomicGcra, core::TenantRates>;

Buckets make_buckets(const QuotaOptions& options) {
    if (!options.is_per_tenant) return Buckets(std::in_place_type<core::AtomicGcra>, options.rate);
    return Buckets(
        std::in_place_type<core::TenantRates>,
        core::TenantRates::Options{.rate = options.rate, .tenants_max = options.tenants_max});
}

Buckets carry_buckets(const Buckets& before, TimePoint now, const QuotaOptions& options) {
    if (const auto* all = std::get_if<core::AtomicGcra>(&before); all && !options.is_per_tenant)
        return Buckets(std::in_place_type<core::AtomicGcra>, *all, now, options.rate);
    if (const auto* each = std::get_if<core::TenantRates>(&before); each && options.is_per_tenant)
        return Buckets(std::in_place_type<core::TenantRates>, *each, now, options.rate);
    return make_buckets(options);
}

}  // namespace

Quota::Quota(QuotaOptions options)
    : options_(std::move(options)),
      fields_(options_.name, options_.rate),
      buckets_(make_buckets(options_)) {}

Quota::Quota(const Quota& before, TimePoint now, QuotaOptions options)
    : options_(std::move(options)),
      fields_(options_.name, options_.rate),
      buckets_(carry_buckets(before.buckets_, now, options_)),
      shared_(before.shared()) {}

Duration Quota::delay_within(Duration patience) const noexcept {
    return std::min(options_.delay_max, patience);
}

Quota::Decision Quota::take(TimePoint now, std::uint64_t tenant, Duration patience) noexcept {
    const Duration delay_max = delay_within(patience);
    if (auto* all = std::get_if<core::AtomicGcra>(&buckets_))
        return {all->reserve(now, cost, delay_max), false};
    const Decision decision =
        std::get_if<core::TenantRates>(&buckets_)->reserve(now, tenant, cost, delay_max);
    if (decision.shared) shared_.fetch_add(1, std::memory_order_relaxed);
    return decision;
}

Quota::Decision Quota::peek(TimePoint now, std::uint64_t tenant, Duration patience) const noexcept {
    const Duration delay_max = delay_within(patience);
    if (const auto* all = std::get_if<core::AtomicGcra>(&buckets_))
        return {all->peek(now, cost, delay_max), false};
    return std::get_if<core::TenantRates>(&buckets_)->peek(now, tenant, cost, delay_max);
}

void Quota::give_back(TimePoint begins, std::uint64_t tenant, const Unit& unit) noexcept {
    const core::RateReservation reservation{
        .full_at = unit.full_at, .cost = cost, .begins = begins};
    if (auto* all = std::get_if<core::AtomicGcra>(&buckets_)) {
        all->cancel(begins, reservation);
    } else {
        std::get_if<core::TenantRates>(&buckets_)->cancel(begins, tenant, reservation, unit.shared);
    }
}

core::RateStanding Quota::standing(TimePoint now, std::uint64_t tenant) const noexcept {
    if (const auto* all = std::get_if<core::AtomicGcra>(&buckets_)) return all->standing(now);
    const auto& rates = *std::get_if<core::TenantRates>(&buckets_);
    // What costs nothing leaves the state as it is.
    return rates.rule().standing(rates.peek(now, tenant, 0).full_at, now);
}

std::size_t Quota::tenants(TimePoint now) const noexcept {
    const auto* rates = std::get_if<core::TenantRates>(&buckets_);
    return rates == nullptr ? 0 : rates->tenants(now);
}

std::size_t Quota::tenants_max() const noexcept {
    const auto* rates = std::get_if<core::TenantRates>(&buckets_);
    return rates == nullptr ? 0 : rates->tenants_max();
}

// --- several ----------------------------------------------------------------------------------

Quotas::Quotas(Quota* own, Quota* of_limiter, Held* held) noexcept
    : held_(held != nullptr ? held : &own_held_) {
    for (Quota* quota : {own, of_limiter}) {
        if (quota == nullptr) continue;
        all_[count_++] = quota;
        may_delay_ = may_delay_ || quota->options().delay_max > Duration::zero();
    }
}

Quotas::Verdict Quotas::take(TimePoint now, std::uint64_t tenant, Duration patience) noexcept {
    if (held() >= held_max) patience = Duration::zero();
    Taken taken = take_all(now, tenant, patience);
    if (taken.allowed && taken.delay > Duration::zero() && !try_hold()) {
        give_back(now, tenant, taken.units, count_);
        taken = take_all(now, tenant, Duration::zero());
    }
    if (!taken.allowed) return refusal(now, tenant);
    Verdict verdict{.allowed = true};
    if (taken.delay > Duration::zero()) {
        verdict.later.owner_ = this;
        verdict.later.tenant_ = tenant;
        verdict.later.begins_ = core::after(now, taken.delay);
        verdict.later.units_ = taken.units;
    }
    return verdict;
}

Quotas::Taken Quotas::take_all(TimePoint now, std::uint64_t tenant, Duration patience) noexcept {
    Taken taken;
    // Asked before the first is charged, so that giving back is left to races.
    for (std::size_t i = 1; i < count_; ++i)
        if (!all_[i]->peek(now, tenant, patience).allowed) return taken;
    for (std::size_t i = 0; i < count_; ++i) {
        const Quota::Decision decision = all_[i]->take(now, tenant, patience);
        if (!decision.allowed) {
            give_back(now, tenant, taken.units, i);
            return taken;
        }
        taken.units[i] = {decision.full_at, decision.shared};
        taken.delay = std::max(taken.delay, decision.delay);
    }
    taken.allowed = true;
    return taken;
}

void Quotas::give_back(TimePoint begins, std::uint64_t tenant, const Units& units,
                       std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) all_[i]->give_back(begins, tenant, units[i]);
}

Quotas::Verdict Quotas::refusal(TimePoint now, std::uint64_t tenant) const noexcept {
    Verdict verdict;
    for_each([&](const Quota& quota) {
        const Quota::Decision decision = quota.peek(now, tenant, Duration::zero());
        if (decision.allowed) return;
        verdict.retry_after = std::max(verdict.retry_after, decision.retry_after);
        verdict.is_crowd = verdict.is_crowd || quota.is_crowd(tenant, decision);
    });
    return verdict;
}

bool Quotas::try_hold() noexcept {
    std::uint32_t seen = held();
    while (seen < held_max)
        if (held_->compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) return true;
    return false;
}

Quotas::Reservation& Quotas::Reservation::operator=(Reservation&& other) noexcept {
    if (this == &other) return *this;
    if (owner_ != nullptr) call_off();
    owner_ = std::exchange(other.owner_, nullptr);
    tenant_ = other.tenant_;
    begins_ = other.begins_;
    units_ = other.units_;
    return *this;
}

void Quotas::Reservation::begin() noexcept {
    if (Quotas* owner = std::exchange(owner_, nullptr))
        owner->held_->fetch_sub(1, std::memory_order_relaxed);
}

void Quotas::Reservation::call_off() noexcept {
    Quotas& owner = *owner_;
    owner.give_back(begins_, tenant_, units_, owner.count_);
    begin();
}

}  // namespace spillway::admission
