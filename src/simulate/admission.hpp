#pragma once
// The limiter of a simulated service: the classes that the service runs, told the time.
//
// A shell, like the service's own: it decides nothing. It keeps what in the service is spread over
// shards (the window of samples, the usual service time, the prepared values of Retry-After).

#include <array>
#include <cstdint>
#include <optional>

#include "scenario/model.hpp"
#include "spillway/core/admission_queue.hpp"
#include "spillway/core/arrival.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/limit/limit_policy.hpp"
#include "spillway/core/limit/window_sample.hpp"
#include "spillway/core/rate/tenant_rates.hpp"
#include "spillway/core/retry_after.hpp"
#include "spillway/core/service_time.hpp"
#include "spillway/core/time.hpp"

namespace spillway::simulate {

/// *Shard-local.* Allocates at construction only.
class Admission {
public:
    Admission(const scenario::Limiter& limiter, std::uint32_t workers, core::TimePoint start);

    /// After it, as after each of the others that change something: next() until it is empty.
    /// `claim.tenant` is the keyed hash of the tenant's name.
    [[nodiscard]] core::Arrival arrive(core::TimePoint now, const core::Claim& claim) noexcept;
    void release(core::TimePoint now, std::uint32_t cost, const core::Sample& sample) noexcept;
    bool cancel(core::Ticket ticket) noexcept { return queue_.cancel(ticket); }
    /// Asks the limit's algorithm, if it is time to.
    void update(core::TimePoint now) noexcept;

    /// The next waiter that has got its permit, or must be told that it will not.
    [[nodiscard]] std::optional<core::Departure> next(core::TimePoint now) noexcept {
        return queue_.next(now);
    }

    [[nodiscard]] core::TimePoint next_deadline() const noexcept { return queue_.next_deadline(); }
    [[nodiscard]] core::TimePoint next_update() const noexcept { return next_update_; }

    /// How long a request usually takes in service, where that is known.
    [[nodiscard]] std::optional<core::Duration> usual(core::TimePoint now) const noexcept {
        return usual_.usual(now);
    }
    /// What a request that has just been refused for `reason` is told, in seconds.
    [[nodiscard]] std::uint32_t retry_after_s(core::TimePoint now,
                                              core::RejectReason reason) noexcept;

    [[nodiscard]] std::uint32_t limit() const noexcept { return queue_.limit(); }
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return queue_.in_flight(); }
    [[nodiscard]] std::uint32_t units() const noexcept { return queue_.occupancy().units; }
    [[nodiscard]] std::uint32_t waiting() const noexcept { return queue_.waiting(); }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return queue_.capacity(); }

private:
    core::LimitPolicy limit_;
    core::AdmissionQueue queue_;
    bool is_rate_per_tenant_;
    std::optional<core::TenantRates> rates_;  // nothing: no quota
    core::Duration over_rate_for_{};          // of the latest refusal by the quota
    core::WindowSample window_;
    core::ServiceTime usual_;
    core::TimePoint next_update_;
    std::array<std::uint32_t, core::retry_after_values> retry_after_{};
    std::size_t retry_after_next_ = 0;
    core::TimePoint retry_after_until_{};
};

/// The queue that a scenario asks for. `Claim::share` is the place of a tenant's name among its
/// shares.
[[nodiscard]] core::QueueOptions queue_options(const scenario::Limiter& limiter);

/// The limit that a scenario asks for, `auto` resolved.
[[nodiscard]] core::LimitPolicyOptions limit_options(const scenario::Limit& limit,
                                                     std::uint32_t workers);

}  // namespace spillway::simulate
