#include "spillway/core/rate/tenant_rates.hpp"

#include "spillway/core/assert.hpp"
#include "spillway/core/cpu_hints.hpp"

namespace spillway::core {
namespace {

__extension__ using WideUnsigned = unsigned __int128;

// Each is lost only to another thread that got ahead, or to one that was interrupted between the
// two stores of a take-over.
constexpr int attempts_max = 64;

std::size_t sets_for(std::uint32_t tenants) noexcept {
    SPILLWAY_ASSERT(tenants > 0);
    return (std::size_t{tenants} + TenantRates::slots_per_set - 1) / TenantRates::slots_per_set;
}

}  // namespace

TenantRates::TenantRates(const Options& options)
    : rule_(options.rate), sets_(sets_for(options.tenants_max)) {}

TenantRates::TenantRates(const TenantRates& from, TimePoint now, const RateOptions& rate)
    : rule_(rate), sets_(from.sets_.size()) {
    for (std::size_t i = 0; i < sets_.size(); ++i) {
        const Set& old = from.sets_[i];
        for (std::size_t s = 0; s < slots_per_set; ++s) {
            const FullAt full_at = old.slots[s].full_at.load(std::memory_order_acquire);
            if (full_at == taken_over || from.rule_.is_full(full_at, now)) continue;
            Slot& slot = sets_[i].slots[s];
            slot.tenant = old.slots[s].tenant.load(std::memory_order_relaxed);
            slot.full_at = rule_.carried(full_at, now, from.rule_);
        }
        sets_[i].shared = rule_.carried(old.shared.load(), now, from.rule_);
    }
}

TenantRates::Set& TenantRates::set_of(std::uint64_t tenant) noexcept {
    return sets_[static_cast<std::size_t>(static_cast<WideUnsigned>(tenant) * sets_.size() >> 64)];
}

const TenantRates::Set& TenantRates::set_of(std::uint64_t tenant) const noexcept {
    return sets_[static_cast<std::size_t>(static_cast<WideUnsigned>(tenant) * sets_.size() >> 64)];
}

TenantRates::Decision TenantRates::reserve(TimePoint now, std::uint64_t tenant, std::uint64_t cost,
                                           Duration delay_max) noexcept {
    // Acquire pairs with the release of claim(): whoever sees a slot's instant sees its owner.
    const auto decide = [&](std::atomic<FullAt>& cell, FullAt seen, bool shared,
                            Decision& decision) {
        decision = {rule_.take(seen, now, cost, delay_max), shared};
        return decision.full_at == seen ||
               cell.compare_exchange_strong(seen, decision.full_at, std::memory_order_relaxed);
    };
    Set& set = set_of(tenant);
    Decision decision;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        bool is_mine = false;
        for (Slot& slot : set.slots) {
            const FullAt seen = slot.full_at.load(std::memory_order_acquire);
            if (slot.tenant.load(std::memory_order_relaxed) != tenant || seen == taken_over)
                continue;
            is_mine = true;
            if (decide(slot.full_at, seen, false, decision)) return decision;
            break;
        }
        if (is_mine) continue;
        const Claim claimed = claim(set, now, tenant);
        if (claimed == Claim::none) break;
        if (claimed == Claim::busy) pause_briefly();
    }
    while (!decide(set.shared, set.shared.load(std::memory_order_relaxed), true, decision)) {
    }
    return decision;
}

TenantRates::Claim TenantRates::claim(Set& set, TimePoint now,
                                      std::uint64_t tenant) const noexcept {
    const Pace::Ticks at = rule_.pace().ticks(now);
    bool is_busy = false;
    for (Slot& slot : set.slots) {
        FullAt seen = slot.full_at.load(std::memory_order_relaxed);
        if (seen == taken_over) is_busy = true;
        // Strictly earlier, so that the instant stored below was never in this slot before.
        if (seen.ticks >= at) continue;
        if (!slot.full_at.compare_exchange_strong(seen, taken_over, std::memory_order_acquire)) {
            return Claim::lost;
        }
        slot.tenant.store(tenant, std::memory_order_relaxed);
        slot.full_at.store(FullAt{at}, std::memory_order_release);
        return Claim::done;
    }
    return is_busy ? Claim::busy : Claim::none;
}

void TenantRates::cancel(TimePoint now, std::uint64_t tenant, const RateReservation& reservation,
                         bool shared) noexcept {
    Set& set = set_of(tenant);
    const auto give_back = [&](std::atomic<FullAt>& cell, FullAt seen) {
        const FullAt next = rule_.cancel(seen, now, reservation);
        return next == seen || cell.compare_exchange_strong(seen, next, std::memory_order_relaxed);
    };
    if (shared) {
        while (!give_back(set.shared, set.shared.load(std::memory_order_relaxed))) {
        }
        return;
    }
    for (Slot& slot : set.slots) {
        for (;;) {
            const FullAt seen = slot.full_at.load(std::memory_order_acquire);
            if (slot.tenant.load(std::memory_order_relaxed) != tenant || seen == taken_over) break;
            if (give_back(slot.full_at, seen)) return;
        }
    }
}

TenantRates::Decision TenantRates::peek(TimePoint now, std::uint64_t tenant, std::uint64_t cost,
                                        Duration delay_max) const noexcept {
    const Set& set = set_of(tenant);
    bool has_room = false;
    for (const Slot& slot : set.slots) {
        const FullAt seen = slot.full_at.load(std::memory_order_acquire);
        if (seen == taken_over) continue;
        if (slot.tenant.load(std::memory_order_relaxed) == tenant) {
            return {rule_.take(seen, now, cost, delay_max), false};
        }
        has_room = has_room || rule_.is_full(seen, now);
    }
    if (has_room) return {rule_.take(FullAt{}, now, cost, delay_max), false};
    return {rule_.take(set.shared.load(std::memory_order_relaxed), now, cost, delay_max), true};
}

std::size_t TenantRates::tenants(TimePoint now) const noexcept {
    std::size_t count = 0;
    for (const Set& set : sets_) {
        for (const Slot& slot : set.slots) {
            const FullAt seen = slot.full_at.load(std::memory_order_relaxed);
            count += seen == taken_over || !rule_.is_full(seen, now) ? 1 : 0;
        }
    }
    return count;
}

}  // namespace spillway::core
