#pragma once
// A limiter's shadow: core::Shadow under a short lock, shared by all shards, and what a request
// carries so that the shadow is told of its end.

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "spillway/async/deadline_timer.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/limit/sample.hpp"
#include "spillway/core/shadow/shadow.hpp"
#include "spillway/core/time.hpp"

namespace spillway::admission {

/// A request in the shadow's books. A plain value; of an earlier candidate's it is worth nothing.
struct ShadowTicket {
    core::Shadow::Handle handle = core::Shadow::none;
    std::uint32_t candidate = 0;

    [[nodiscard]] explicit operator bool() const noexcept { return handle != core::Shadow::none; }
};

/// *Thread-safe*; each call takes the lock for about as long as a decision takes. No decision of
/// the live limiter waits for it or depends on it.
class ShadowLimiter {
public:
    using Live = core::Shadow::Live;

    /// Windows of an adaptive candidate end by a timer on this loop.
    ShadowLimiter(boost::asio::io_context::executor_type timers, core::TimePoint (*now)() noexcept);
    /// When the caller says so, by tick().
    explicit ShadowLimiter(core::TimePoint (*now)() noexcept);

    /// Begins anew with this candidate, all counts at zero; nothing: is told in vain from now on.
    /// Allocates.
    void replace(const std::optional<core::ShadowOptions>& options);

    /// As core::Shadow::arrive(): `claim.deadline` is the request's own, without any wait_timeout.
    [[nodiscard]] ShadowTicket arrive(core::TimePoint now, const core::Claim& claim, Live live);

    // Once for each ticket, of a request that waits in the live queue.

    void note_grant(core::TimePoint now, ShadowTicket ticket);
    void note_refusal(core::TimePoint now, ShadowTicket ticket);
    void note_gone(ShadowTicket ticket);

    // The end of a live permit.

    void note_end(core::TimePoint now, ShadowTicket ticket, const core::Sample& sample);
    /// Whoever held it has not said how it ended.
    void note_end(ShadowTicket ticket, core::TimePoint granted_at);

    /// What counts as a standing queue, for the candidate's CoDel and adaptive_lifo.
    void set_codel(core::CodelTimes times);

    /// Catches up; returns when to be called next, or `never`.
    core::TimePoint tick(core::TimePoint now);

    /// As of now; nothing without a candidate.
    [[nodiscard]] std::optional<core::ShadowState> state();

    /// Final: drops the timer.
    void stop();

private:
    template <class F>
    void with(ShadowTicket ticket, F f);

    core::TimePoint (*const now_)() noexcept;
    std::mutex mutex_;
    std::unique_ptr<core::Shadow> shadow_;       // under the lock, as the next
    std::uint32_t candidate_ = 0;                // counts them
    std::optional<async::DeadlineTimer> timer_;  // last: its callback uses all of the above
};

/// A request that waits in the live queue, to its shadow: granted, refused, or, if neither is said
/// until the end of its life, gone. Does nothing where there is no shadow.
class [[nodiscard]] ShadowWait {
public:
    ShadowWait() noexcept = default;
    ShadowWait(ShadowLimiter* shadow, core::TimePoint now, const core::Claim& claim)
        : shadow_(shadow) {
        if (shadow_ != nullptr) ticket_ = shadow_->arrive(now, claim, ShadowLimiter::Live::queued);
    }
    ShadowWait(const ShadowWait&) = delete;
    ShadowWait& operator=(const ShadowWait&) = delete;
    ~ShadowWait() {
        if (ticket_) shadow_->note_gone(ticket_);
    }

    /// The ticket goes to the permit.
    [[nodiscard]] ShadowTicket granted(core::TimePoint now) {
        if (ticket_) shadow_->note_grant(now, ticket_);
        return std::exchange(ticket_, {});
    }
    void refused(core::TimePoint now) {
        if (ticket_) shadow_->note_refusal(now, std::exchange(ticket_, {}));
    }

private:
    ShadowLimiter* shadow_ = nullptr;
    ShadowTicket ticket_;
};

}  // namespace spillway::admission
