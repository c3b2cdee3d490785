#pragma once
// A quota: how often callers may ask, each for itself or all of them together.
//
// The limiter says what the service can do; a quota says what a caller is entitled to, and is asked
// first. It counts requests that asked, whatever became of them: a caller that is refused for want
// of capacity and comes back at once spends its own quota, not the others' patience.

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "spillway/core/rate/rate_fields.hpp"
#include "spillway/core/rate/tenant_rates.hpp"

namespace spillway::admission {

struct QuotaOptions {
    std::string name;  // of the policy: in the RateLimit fields, and a label
    core::RateOptions rate;
    bool is_per_tenant = true;                          // else one bucket for all
    core::Duration delay_max = core::Duration::zero();  // reserve so far ahead, instead of refusing
    std::uint32_t tenants_max = 16384;                  // slots, see TenantRates; if per tenant
};

/// Thread-safe and lock-free; one quota may serve several routes. A request costs one unit.
/// Allocates at construction only. Tenants are hashes of their names under a secret key.
class Quota {
public:
    using Decision = core::TenantRates::Decision;

    /// What must be known of a unit to give it back.
    struct Unit {
        core::FullAt full_at;  // of the decision
        bool shared = false;   // likewise
    };

    /// The tenant of all callers that do not name theirs.
    static constexpr std::uint64_t anonymous = 0;

    explicit Quota(QuotaOptions options);
    /// The successor of `before`: tenants keep what they have left, at most the new burst, unless
    /// it is no longer each for itself, or no longer all together. O(slots). What `before` decides
    /// meanwhile may be missing here.
    Quota(const Quota& before, core::TimePoint now, QuotaOptions options);

    /// Takes a unit if there is one now, or will be within min(delay_max, patience). O(1).
    [[nodiscard]] Decision take(core::TimePoint now, std::uint64_t tenant,
                                core::Duration patience) noexcept;
    /// What take() would say. O(1).
    [[nodiscard]] Decision peek(core::TimePoint now, std::uint64_t tenant,
                                core::Duration patience) const noexcept;
    /// Calls off what take() has given and nobody has used, as far as GcraRule::cancel can. O(1).
    void give_back(core::TimePoint begins, std::uint64_t tenant, const Unit& unit) noexcept;

    /// What the tenant may be told. O(1).
    [[nodiscard]] core::RateStanding standing(core::TimePoint now,
                                              std::uint64_t tenant) const noexcept;
    [[nodiscard]] const core::RateFields& fields() const noexcept { return fields_; }

    /// Others are refused by the bucket of this decision at the same time: they must not be told
    /// to come back in the same second.
    [[nodiscard]] bool is_crowd(std::uint64_t tenant, const Decision& refused) const noexcept {
        return !options_.is_per_tenant || refused.shared || tenant == anonymous;
    }
    [[nodiscard]] const QuotaOptions& options() const noexcept { return options_; }

    // For gauges and counters.
    [[nodiscard]] std::size_t tenants(core::TimePoint now) const noexcept;  // O(slots)
    [[nodiscard]] std::size_t tenants_max() const noexcept;
    /// Decisions by a bucket that tenants share since they found no slot.
    [[nodiscard]] std::uint64_t shared() const noexcept {
        return shared_.load(std::memory_order_relaxed);
    }

private:
    [[nodiscard]] core::Duration delay_within(core::Duration patience) const noexcept;

    const QuotaOptions options_;
    const core::RateFields fields_;
    std::variant<core::AtomicGcra, core::TenantRates> buckets_;
    std::atomic<std::uint64_t> shared_{0};  // a count by itself
};

/// The quotas that one route's requests must pass, at most two: the route's own, then its
/// limiter's. All of them admit a request, or none is charged for it. Thread-safe, lock-free.
class Quotas {
public:
    static constexpr std::size_t quotas_max = 2;
    /// Requests of a route that are held back at a time; beyond it none is: they pass, or not.
    static constexpr std::uint32_t held_max = 1024;

    /// Requests that are held back, where several Quotas of one route follow each other.
    using Held = std::atomic<std::uint32_t>;

    /// Either quota may be missing; what is there must outlive this. Without `held` it counts for
    /// itself.
    explicit Quotas(Quota* own = nullptr, Quota* of_limiter = nullptr,
                    Held* held = nullptr) noexcept;
    Quotas(const Quotas&) = delete;
    Quotas& operator=(const Quotas&) = delete;

    [[nodiscard]] bool is_empty() const noexcept { return count_ == 0; }
    /// Some request may be held back.
    [[nodiscard]] bool may_delay() const noexcept { return may_delay_; }
    [[nodiscard]] std::uint32_t held() const noexcept {
        return held_->load(std::memory_order_relaxed);
    }

    using Units = std::array<Quota::Unit, quotas_max>;

    /// The right to begin at a later instant. Destroyed before begin() it gives its units back, as
    /// far as that can be. Move-only.
    class [[nodiscard]] Reservation {
    public:
        Reservation() = default;
        Reservation(Reservation&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)),
              tenant_(other.tenant_),
              begins_(other.begins_),
              units_(other.units_) {}
        Reservation& operator=(Reservation&& other) noexcept;
        ~Reservation() {
            if (owner_ != nullptr) call_off();
        }

        [[nodiscard]] explicit operator bool() const noexcept { return owner_ != nullptr; }
        [[nodiscard]] core::TimePoint begins() const noexcept { return begins_; }
        /// Its instant has come: the units are spent.
        void begin() noexcept;

    private:
        friend class Quotas;
        void call_off() noexcept;

        Quotas* owner_ = nullptr;
        std::uint64_t tenant_ = 0;
        core::TimePoint begins_{};
        Units units_{};
    };

    struct Verdict {
        bool allowed = false;
        Reservation later{};  // allowed, but not before this begins; empty: now
        /// Refused: it would be let in at once after this long, if nobody else came, and not a
        /// nanosecond before.
        core::Duration retry_after = core::Duration::zero();
        bool is_crowd = false;  // refused, and many with it: spread them
    };

    /// Takes a unit from each, now or within `patience` (never more than each one's delay_max).
    /// O(1). When two quotas race with other threads the second may refuse after the first was
    /// charged; that unit goes back if nobody came between.
    [[nodiscard]] Verdict take(core::TimePoint now, std::uint64_t tenant,
                               core::Duration patience) noexcept;

    /// Calls `f(const Quota&)` for each.
    template <class F>
    void for_each(F f) const {
        for (std::size_t i = 0; i < count_; ++i) f(static_cast<const Quota&>(*all_[i]));
    }

private:
    struct Taken {
        bool allowed = false;
        core::Duration delay = core::Duration::zero();
        Units units{};
    };
    [[nodiscard]] Taken take_all(core::TimePoint now, std::uint64_t tenant,
                                 core::Duration patience) noexcept;
    void give_back(core::TimePoint begins, std::uint64_t tenant, const Units& units,
                   std::size_t count) noexcept;
    [[nodiscard]] Verdict refusal(core::TimePoint now, std::uint64_t tenant) const noexcept;
    [[nodiscard]] bool try_hold() noexcept;

    std::array<Quota*, quotas_max> all_{};
    std::size_t count_ = 0;
    bool may_delay_ = false;
    Held own_held_{0};
    Held* held_;  // a count by itself
};

}  // namespace spillway::admission
