#pragma once
// The limiter of a simulated service: the classes that the service runs, told the time.
//
// A shell, like the service's own: it decides nothing. It keeps what in the service is spread over
// shards (the window of samples, the usual service time, the prepared values of Retry-After).

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "config/config.hpp"
#include "scenario/model.hpp"
#include "spillway/core/admission_queue.hpp"
#include "spillway/core/arrival.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/codel_tuning.hpp"
#include "spillway/core/histogram.hpp"
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
    Admission(const scenario::Limiter& limiter, const scenario::Service& service,
              core::TimePoint start);

    /// What the quota says of a request of the tenant with this keyed hash, which would rather be
    /// refused than be held back for longer than `patience`.
    [[nodiscard]] core::TenantRates::Decision take_quota(core::TimePoint now, std::uint64_t tenant,
                                                         scenario::Millis patience) noexcept;
    /// Its instant has come; or, before it, the client has left and the unit goes back.
    void end_hold() noexcept { --held_; }
    void give_back_quota(core::TimePoint now, std::uint64_t tenant,
                         const core::RateReservation& unit, bool shared) noexcept;

    /// After it, as after each of the others that change something: next() until it is empty.
    /// `claim.tenant` is the keyed hash of the tenant's name.
    [[nodiscard]] core::Arrival arrive(core::TimePoint now, const core::Claim& claim) noexcept {
        return queue_.arrive(now, claim);
    }
    void release(core::TimePoint now, std::uint32_t cost, const core::Sample& sample) noexcept;
    bool cancel(core::Ticket ticket) noexcept { return queue_.cancel(ticket); }
    /// Asks the limit's algorithm, and what a standing wait is, if it is time to.
    void update(core::TimePoint now) noexcept;

    /// The next waiter that has got its permit, or must be told that it will not.
    [[nodiscard]] std::optional<core::Departure> next(core::TimePoint now) noexcept {
        return queue_.next(now);
    }

    [[nodiscard]] core::TimePoint next_deadline() const noexcept { return queue_.next_deadline(); }
    [[nodiscard]] core::TimePoint next_update() const noexcept {
        return std::min(next_update_, next_tuning_);
    }

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
    void tune(core::TimePoint now) noexcept;

    core::LimitPolicy limit_;
    core::AdmissionQueue queue_;
    std::optional<config::Rate> rate_;
    std::optional<core::TenantRates> rates_;  // nothing: no quota
    std::uint32_t held_ = 0;                  // within their quota, but not yet
    core::Duration over_rate_for_{};          // of the latest refusal by the quota
    core::WindowSample window_;
    core::ServiceTime usual_;
    core::TimePoint next_update_;
    config::Codel codel_;
    core::Histogram service_times_;
    core::CodelTuning tuning_;
    core::TimePoint next_tuning_ = core::never;  // never: nothing to tune
    std::array<std::uint32_t, core::retry_after_values> retry_after_{};
    std::size_t retry_after_next_ = 0;
    core::TimePoint retry_after_until_{};
};

/// The queue that a scenario asks for. `Claim::share` is the place of a tenant's name among its
/// shares.
[[nodiscard]] core::QueueOptions queue_options(const scenario::Limiter& limiter);

/// The limit that a scenario asks for, `auto` resolved.
[[nodiscard]] core::LimitPolicyOptions limit_options(const scenario::Limiter& limiter,
                                                     const scenario::Service& service);

}  // namespace spillway::simulate
