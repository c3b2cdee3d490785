#pragma once
// A limiter: one limit, fixed or found while it runs, one queue, and the figures from which an
// honest Retry-After is made.

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "spillway/admission/adaptive_limit.hpp"
#include "spillway/admission/shadow_limiter.hpp"
#include "spillway/async/deadline_timer.hpp"
#include "spillway/async/semaphore.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/limit/limit_policy.hpp"
#include "spillway/core/queue_options.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/core/retry_after.hpp"
#include "spillway/core/service_time.hpp"
#include "spillway/core/time.hpp"

namespace spillway::admission {

struct LimiterOptions {
    std::string name;
    std::uint32_t limit = 1;  // units, one for each permit unless its request costs more
    // Finds the limit; then `limit` is not looked at.
    std::optional<core::LimitPolicyOptions> adaptive{};
    // Permits, whatever they cost: as many requests as what is behind the limiter takes.
    std::uint32_t places = core::Occupancy::count_max;
    core::QueueOptions queue = {.capacity = 64};
    core::Duration wait_timeout = std::chrono::milliseconds(200);
    unsigned refusal_status = 503;  // or 429
    // A candidate that is played beside it and changes nothing.
    std::optional<core::ShadowOptions> shadow{};
};

class Limiter;

/// The right to be in flight in one limiter. Move-only; comes back when it is finished or
/// destroyed, on any thread. Destroyed unfinished means `ignored`: no latency sample.
class [[nodiscard]] Permit {
public:
    Permit() = default;
    Permit(Permit&&) noexcept = default;
    Permit& operator=(Permit&& other) noexcept {
        if (this == &other) return *this;
        abandon();
        limiter_ = other.limiter_;
        held_ = std::move(other.held_);
        granted_at_ = other.granted_at_;
        waited_ = other.waited_;
        shadow_ = other.shadow_;
        return *this;
    }
    ~Permit() { abandon(); }

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(held_); }
    /// Holders right after this grant, itself included.
    [[nodiscard]] std::uint32_t in_flight_at_grant() const noexcept {
        return held_.in_flight_at_grant();
    }
    [[nodiscard]] core::TimePoint granted_at() const noexcept { return granted_at_; }
    /// For it.
    [[nodiscard]] core::Duration waited() const noexcept { return waited_; }

    /// The limiter's shadow is to be told how it ends.
    void follow(ShadowTicket ticket) noexcept { shadow_ = ticket; }

    /// Notes how the work ended; the permit goes back when it is destroyed. For a job, whose permit
    /// may go back only once the pool has room again.
    void record(core::TimePoint now, core::Outcome outcome) noexcept;
    /// Notes it, and passes the permit to the next waiter.
    void finish(core::TimePoint now, core::Outcome outcome) noexcept {
        record(now, outcome);
        held_.release();
    }

private:
    friend class Limiter;
    Permit(Limiter& limiter, async::SemaphorePermit held, core::TimePoint granted_at,
           core::Duration waited = core::Duration::zero()) noexcept
        : limiter_(&limiter), held_(std::move(held)), granted_at_(granted_at), waited_(waited) {}

    /// Ends it in the shadow's books, if it is still open there.
    void abandon() noexcept;

    Limiter* limiter_ = nullptr;
    async::SemaphorePermit held_;
    core::TimePoint granted_at_{};
    core::Duration waited_ = core::Duration::zero();
    ShadowTicket shadow_;  // counts only while `held_` holds
};

/// Thread-safe; one limiter is shared by every shard and may serve several routes. Must outlive its
/// permits.
class Limiter {
public:
    /// `timers`: the loop on which waiters' deadlines are watched and limits are updated.
    Limiter(boost::asio::io_context::executor_type timers, const LimiterOptions& options);
    /// On a clock of the caller's: waits end and limits change when it calls tick(). For simulators
    /// and tests.
    Limiter(const LimiterOptions& options, core::TimePoint (*now)() noexcept);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// How long a request may wait, unless its own deadline is earlier.
    [[nodiscard]] core::Duration wait_timeout() const noexcept {
        return core::Duration(wait_timeout_.load(std::memory_order_relaxed));
    }
    [[nodiscard]] unsigned refusal_status() const noexcept {
        return refusal_status_.load(std::memory_order_relaxed);
    }

    /// Other options under the same name, while it is in use: no permit is taken away and no waiter
    /// sent away; waiters stand in the new order, with the deadlines that they have. A limit that
    /// is found goes on from where it is, within its bounds; `keeps_limit`: untouched, for its
    /// options are the same. On the thread of the timers, or of tick().
    ///
    /// What it returns, if anything, is to be destroyed once every thread that asks this object
    /// something has turned to something else since. Throws bad_alloc; then some of the options
    /// may be in force, each by itself.
    std::unique_ptr<core::WaitRoom> reconfigure(const LimiterOptions& options, bool keeps_limit);

    /// How many permits may be out from now on, whatever they cost. Thread-safe.
    void set_places(std::uint32_t places) { semaphore_.set_places(places); }

    /// A newcomer would be refused with queue_full.
    [[nodiscard]] bool is_full(const core::Claim& claim = core::any_claim) const noexcept {
        return semaphore_.is_full(claim);
    }
    /// What a newcomer would be refused with now, if it would: draining, queue_full or shed. Mostly
    /// one load: what the peek before a body costs.
    [[nodiscard]] std::optional<core::RejectReason> refusal(
        const core::Claim& claim = core::any_claim) const noexcept {
        return semaphore_.refusal(claim);
    }

    /// A permit at once, unless that would overtake a waiter.
    [[nodiscard]] std::optional<Permit> try_acquire(core::TimePoint now,
                                                    std::uint32_t cost = 1) noexcept {
        auto held = semaphore_.try_acquire(cost);
        if (!held) return std::nullopt;
        return Permit(*this, std::move(*held), now);
    }

    /// Waits in the queue until the claim's deadline at most; completes with (error_code,
    /// SemaphorePermit) as AsyncSemaphore::async_acquire does. Turn what it gives into a Permit
    /// with admit().
    template <class Token>
    auto async_acquire(const core::Claim& claim, Token&& token) {
        return semaphore_.async_acquire(claim, std::forward<Token>(token));
    }
    /// If it joins the queue, `place` tells where.
    template <class Token>
    auto async_acquire(const core::Claim& claim, core::QueuePlace* place, Token&& token) {
        return semaphore_.async_acquire(claim, place, std::forward<Token>(token));
    }
    /// One unit, of no particular band or tenant.
    template <class Token>
    auto async_acquire(core::TimePoint until, Token&& token) {
        return semaphore_.async_acquire(until, std::forward<Token>(token));
    }
    [[nodiscard]] Permit admit(core::TimePoint now, async::SemaphorePermit held,
                               core::Duration waited = core::Duration::zero()) noexcept {
        return Permit(*this, std::move(held), now, waited);
    }

    /// How long the backlog ahead of a newcomer takes to drain, at the service rate measured: all
    /// units, held and asked for, each for as long as a service takes.
    [[nodiscard]] core::Duration backlog_time() const noexcept {
        const auto o = semaphore_.occupancy();
        const std::uint64_t ahead = o.units + semaphore_.units_waiting();
        constexpr std::uint64_t most = UINT32_MAX;
        return core::backlog_time(static_cast<std::uint32_t>(std::min(ahead, most)), o.limit,
                                  service_time_.mean());
    }

    /// To be told of every request that the limiter is asked for; null: there is none, and mostly
    /// so. One load.
    [[nodiscard]] ShadowLimiter* shadow() const noexcept {
        return shadow_.load(std::memory_order_acquire);
    }
    /// Another candidate, or none, from now on; its counts begin at zero. One caller at a time.
    void set_shadow(const std::optional<core::ShadowOptions>& options);

    /// What counts as a standing queue, for CoDel and adaptive_lifo. Thread-safe.
    void set_codel(core::CodelTimes times) { semaphore_.set_codel(times); }

    /// Updates the limit if it is time to, ends every wait whose time is up by `now`, and returns
    /// when to be called next; the timers' doing otherwise.
    core::TimePoint tick(core::TimePoint now) {
        const core::TimePoint next = update(now);
        const core::TimePoint shadows = shadow() ? shadow()->tick(now) : core::never;
        return std::min({next, shadows, semaphore_.tick(now)});
    }

    /// Final: ends every wait and drops the timers; while the loops still run.
    void stop() {
        if (updates_) updates_->stop();
        if (candidates_) candidates_->stop();
        semaphore_.stop();
    }

    [[nodiscard]] core::Occupancy occupancy() const noexcept { return semaphore_.occupancy(); }
    /// Units, now.
    [[nodiscard]] std::uint32_t limit() const noexcept { return semaphore_.limit(); }
    /// What its queue looks like; waits for its lock.
    [[nodiscard]] core::QueueState queue_state() const { return semaphore_.queue_state(); }
    /// How long work takes, from its latest successes; zero before the first.
    [[nodiscard]] core::Duration mean_service_time() const noexcept { return service_time_.mean(); }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return semaphore_.capacity(); }
    /// Nothing where the limit is fixed.
    [[nodiscard]] std::optional<AdaptiveLimitState> adaptive_state() const noexcept {
        const AdaptiveLimit* const adaptive = this->adaptive();
        if (adaptive == nullptr) return std::nullopt;
        return adaptive->state();
    }

private:
    friend class Permit;

    using Timers = std::optional<boost::asio::io_context::executor_type>;
    Limiter(Timers timers, const LimiterOptions& options, core::TimePoint (*now)() noexcept);

    core::TimePoint update(core::TimePoint now);
    void follow(AdaptiveLimit& limit);
    void set_limit(const LimiterOptions& options);
    void sample(AdaptiveLimit& limit, core::TimePoint now, const Permit& permit,
                core::Outcome outcome) noexcept;
    [[gnu::cold]] void tell_shadow(core::TimePoint now, Permit& permit,
                                   core::Outcome outcome) noexcept;
    [[gnu::cold]] void abandon(ShadowTicket ticket, core::TimePoint granted_at) noexcept;
    [[nodiscard]] core::Sample sample_of(core::TimePoint now, const Permit& permit,
                                         core::Outcome outcome) const noexcept;

    /// None: the limit is fixed. Acquire, against the release that publishes it.
    [[nodiscard]] AdaptiveLimit* adaptive() const noexcept {
        return adaptive_.load(std::memory_order_acquire);
    }

    const std::string name_;
    const Timers timers_;
    core::TimePoint (*const now_)() noexcept;
    core::QueueOptions queue_;                       // of the thread that reconfigures
    std::atomic<core::Duration::rep> wait_timeout_;  // of requests to come; a number by itself
    std::atomic<unsigned> refusal_status_;           // likewise
    // Made when it is first needed and kept: permits end in it while the limit turns fixed.
    std::unique_ptr<AdaptiveLimit> found_;
    std::atomic<AdaptiveLimit*> adaptive_{nullptr};
    async::AsyncSemaphore semaphore_;
    core::ServiceTime service_time_;
    std::unique_ptr<ShadowLimiter> candidates_;  // from the first candidate on, to the end
    std::atomic<ShadowLimiter*> shadow_{nullptr};
    std::optional<async::DeadlineTimer> updates_;  // last: its callback uses all of the above
};

inline void Permit::record(core::TimePoint now, core::Outcome outcome) noexcept {
    if (!held_) return;
    if (outcome == core::Outcome::success) limiter_->service_time_.record(now, now - granted_at_);
    if (auto* const limit = limiter_->adaptive()) limiter_->sample(*limit, now, *this, outcome);
    if (shadow_) [[unlikely]]
        limiter_->tell_shadow(now, *this, outcome);
}

inline void Permit::abandon() noexcept {
    if (held_ && shadow_) [[unlikely]]
        limiter_->abandon(shadow_, granted_at_);
}

}  // namespace spillway::admission
