#pragma once
// One bucket per tenant, in memory that does not depend on how many tenants there are.
//
// A fixed number of slots, in sets of seven; a tenant's hash names its set, so every lookup looks
// at two cache lines. A slot whose bucket is full says nothing that a new bucket would not say: it
// is free to be taken over, and nothing is ever swept. Only tenants that have spent something
// within the time their bucket takes to refill occupy a slot.
//
// When all seven are in use by others, a newcomer shares one further bucket with all such newcomers
// of its set. So inventing names gains a stranger nothing (slots + sets buckets are all there will
// ever be), and takes nothing from a tenant that has a slot. To evict the fullest bucket was
// rejected: its owner would pay for names that somebody else invents. So was admitting newcomers
// unlimited, or not at all.
//
// Which names meet in a set must not be for strangers to choose: hash with keyed_hash().

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "spillway/core/rate/gcra.hpp"

namespace spillway::core {

/// *Thread-safe*, lock-free: no step waits for another thread, and after a bounded number of lost
/// races a request is decided by the shared bucket. Allocates at construction only.
///
/// Exactness: a slot decides and counts in one compare-and-swap. If requests of a tenant without a
/// slot race for one, they may for a moment find two; what went to the second is not counted in the
/// first: at most one request per thread, and only while its bucket is full.
class TenantRates {
public:
    static constexpr std::size_t slots_per_set = 7;

    struct Options {
        RateOptions rate;
        std::uint32_t tenants_max = 16384;  // slots, rounded up to full sets; at least 1
    };

    struct Decision : RateDecision {
        bool shared = false;  // by the bucket of those who found no slot
    };

    /// `options` must be valid. 128 bytes a set.
    explicit TenantRates(const Options& options);

    /// The tenants of `from` with their tokens, under a new rate. O(slots). Requests that `from`
    /// decides meanwhile may be missing here.
    TenantRates(const TenantRates& from, TimePoint now, const RateOptions& rate);

    /// As GcraRule::take, for the tenant with this hash. O(1).
    [[nodiscard]] Decision reserve(TimePoint now, std::uint64_t tenant, std::uint64_t cost,
                                   Duration delay_max) noexcept;
    [[nodiscard]] Decision allow(TimePoint now, std::uint64_t tenant,
                                 std::uint64_t cost = 1) noexcept {
        return reserve(now, tenant, cost, Duration::zero());
    }

    /// As GcraRule::cancel. `shared` is that of the decision. O(1).
    void cancel(TimePoint now, std::uint64_t tenant, const RateReservation& reservation,
                bool shared) noexcept;

    /// What reserve() would say; takes no slot. O(1).
    [[nodiscard]] Decision peek(TimePoint now, std::uint64_t tenant, std::uint64_t cost = 1,
                                Duration delay_max = Duration::zero()) const noexcept;

    /// Slots in use at `now`, for a gauge. O(slots).
    [[nodiscard]] std::size_t tenants(TimePoint now) const noexcept;
    [[nodiscard]] std::size_t tenants_max() const noexcept { return sets_.size() * slots_per_set; }
    [[nodiscard]] std::size_t bytes() const noexcept { return sets_.size() * sizeof(Set); }
    [[nodiscard]] const GcraRule& rule() const noexcept { return rule_; }

private:
    // Who owns a slot is read between the load of its instant and the compare-and-swap from it. A
    // take-over always passes through `taken_over` to a later instant, so a swap that succeeds
    // proves that the owner was the same all along.
    struct Slot {
        std::atomic<FullAt> full_at{};
        std::atomic<std::uint64_t> tenant{0};
    };
    struct alignas(64) Set {
        std::array<Slot, slots_per_set> slots;
        std::atomic<FullAt> shared{};
    };
    static_assert(sizeof(Set) == 128 && std::atomic<FullAt>::is_always_lock_free);

    // A slot between two owners, for the two stores that this takes.
    static constexpr FullAt taken_over{INT64_MAX};

    enum class Claim : std::uint8_t { done, lost, busy, none };

    [[nodiscard]] Set& set_of(std::uint64_t tenant) noexcept;
    [[nodiscard]] const Set& set_of(std::uint64_t tenant) const noexcept;
    [[nodiscard]] Claim claim(Set& set, TimePoint now, std::uint64_t tenant) const noexcept;

    GcraRule rule_;
    std::vector<Set> sets_;
};

}  // namespace spillway::core
