#pragma once
// The limiter's permits and its one queue, shared by all shards.

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "spillway/async/acquire_error.hpp"
#include "spillway/async/deadline_timer.hpp"
#include "spillway/async/posted_completion.hpp"
#include "spillway/async/steady_now.hpp"
#include "spillway/async/unique_function.hpp"
#include "spillway/core/admission_queue.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/queue_options.hpp"
#include "spillway/core/queue_place.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/core/time.hpp"

namespace spillway::async {

class AsyncSemaphore;

/// The right to be in flight, with the units that it costs, given back when released or
/// destroyed, on any thread. Move-only; the semaphore must outlive it.
class [[nodiscard]] SemaphorePermit {
public:
    SemaphorePermit() noexcept = default;  // holds nothing
    SemaphorePermit(SemaphorePermit&& other) noexcept
        : semaphore_(std::exchange(other.semaphore_, nullptr)),
          in_flight_(other.in_flight_),
          cost_(other.cost_) {}
    SemaphorePermit& operator=(SemaphorePermit&& other) noexcept {
        if (this != &other) {
            release();
            semaphore_ = std::exchange(other.semaphore_, nullptr);
            in_flight_ = other.in_flight_;
            cost_ = other.cost_;
        }
        return *this;
    }
    ~SemaphorePermit() { release(); }

    /// Gives the permit back now; a second call does nothing.
    void release() noexcept;

    [[nodiscard]] explicit operator bool() const noexcept { return semaphore_ != nullptr; }
    /// Holders of a permit right after this one was granted, itself included.
    [[nodiscard]] std::uint32_t in_flight_at_grant() const noexcept { return in_flight_; }
    /// The units that it holds.
    [[nodiscard]] std::uint32_t cost() const noexcept { return cost_; }

private:
    friend class AsyncSemaphore;
    SemaphorePermit(AsyncSemaphore* semaphore, std::uint32_t in_flight, std::uint32_t cost) noexcept
        : semaphore_(semaphore), in_flight_(in_flight), cost_(cost) {}

    AsyncSemaphore* semaphore_ = nullptr;
    std::uint32_t in_flight_ = 0;
    std::uint32_t cost_ = 0;
};

struct SemaphoreOptions {
    std::uint32_t limit = 1;                            // units, one for each permit
    std::uint32_t places = core::Occupancy::count_max;  // permits, whatever they cost
    core::QueueOptions queue = {};
    core::TimePoint (*now)() noexcept = &steady_now;  // other than that only without a timer
};

/// An asynchronous semaphore with a bounded queue: core::BasicAdmissionQueue, whose words on order
/// and races hold here, and the waiters' completion handlers. Thread-safe. The memory for all
/// waiters is allocated by the constructor, or by reorder().
///
/// Granted at once, refused at once and released with nobody waiting touch one atomic word; all
/// else takes a short mutex. No handler runs under it or on the thread that ends a wait: every
/// result, an immediate one too, is posted to its handler's executor. Whoever cannot afford the
/// turn of the loop asks try_acquire() and is_full() first, as the request path does.
///
/// Deadlines need one timer for all waiters, armed to the earliest. See DeadlineTimer for how long
/// it keeps its loop running.
///
/// Lifetime: stop() while the waiters' loops and the timer's loop live; it leaves nothing on them
/// but posted completions. The semaphore must outlive its permits, also those posted to a loop that
/// has not run them, and the operations' cancellation signals.
class AsyncSemaphore {
public:
    using Options = SemaphoreOptions;
    using Signature = void(boost::system::error_code, SemaphorePermit);

    /// Expires waiters by a timer on this loop.
    AsyncSemaphore(Executor timer_executor, Options options);
    /// Expires waiters when told to: somebody who has a timer anyway calls tick().
    explicit AsyncSemaphore(Options options);
    AsyncSemaphore(const AsyncSemaphore&) = delete;
    AsyncSemaphore& operator=(const AsyncSemaphore&) = delete;
    /// Nobody may wait or hold a permit any more.
    ~AsyncSemaphore();

    /// A permit if one is free and nobody waits. Lock-free.
    [[nodiscard]] std::optional<SemaphorePermit> try_acquire(std::uint32_t cost = 1) noexcept {
        const auto in_flight = queue_.try_acquire(cost);
        if (!in_flight) return std::nullopt;
        return SemaphorePermit(this, *in_flight, cost);
    }

    /// A newcomer would be refused with queue_full. Lock-free, mostly one load; a waiter counts
    /// until it has been expired, even if its time is up.
    [[nodiscard]] bool is_full(const core::Claim& claim = core::any_claim) const noexcept {
        return queue_.is_full(claim);
    }
    /// What a newcomer would be refused with, if it would: draining (closed), queue_full or shed.
    /// As cheap.
    [[nodiscard]] std::optional<core::RejectReason> refusal(
        const core::Claim& claim = core::any_claim) const noexcept {
        return queue_.refusal(claim);
    }

    /// Completes with a permit, or with queue_full, shed, evicted, wait_timeout (not before the
    /// deadline) or closed (AcquireError), or operation_aborted after a cancellation of any type. A
    /// free permit is granted whatever the deadline. A cancellation that comes after the grant does
    /// nothing: the handler gets its permit. Handlers need an executor of their own
    /// (bind_executor). In a coroutine prefer as_tuple: under overload these errors are no
    /// exceptions.
    template <class Token>
    auto async_acquire(const core::Claim& claim, Token&& token) {
        return async_acquire(claim, nullptr, std::forward<Token>(token));
    }
    /// If it joins the queue, `place` tells where, before this returns or is first suspended.
    template <class Token>
    auto async_acquire(const core::Claim& claim, core::QueuePlace* place, Token&& token) {
        return boost::asio::async_initiate<Token, Signature>(StartAcquire{}, token, this, claim,
                                                             place);
    }
    /// One unit, of no particular band or tenant.
    template <class Token>
    auto async_acquire(core::TimePoint deadline, Token&& token) {
        return async_acquire(core::Claim{.deadline = deadline}, std::forward<Token>(token));
    }

    /// A raised limit wakes waiters; a lowered one takes no permit away.
    void set_limit(std::uint32_t limit);

    /// The same for the permits that may be out whatever they cost.
    void set_places(std::uint32_t places);

    /// What counts as a standing queue, for CoDel and adaptive_lifo.
    void set_codel(core::CodelTimes times);

    /// Another capacity and another order, also of those who wait: BasicAdmissionQueue::reorder().
    /// What it returns may be destroyed once every thread that asks this object something has
    /// turned to something else since. The lock is held for O(n log n); throws bad_alloc, and then
    /// nothing has changed.
    [[nodiscard]] std::unique_ptr<core::WaitRoom> reorder(const core::QueueOptions& options);

    /// Ends every wait whose deadline is not after `now`, and returns the earliest one left, or
    /// `never`. What the timer calls.
    core::TimePoint tick(core::TimePoint now);

    /// Refuses newcomers with `closed`. Waiters keep their places. Idempotent.
    void close();

    /// Final: closes, ends every wait with `closed`, and drops the timer.
    void stop();

    [[nodiscard]] std::uint32_t in_flight() const noexcept { return queue_.in_flight(); }
    [[nodiscard]] std::uint32_t waiting() const noexcept { return queue_.waiting(); }
    [[nodiscard]] std::uint32_t limit() const noexcept { return queue_.limit(); }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return queue_.capacity(); }
    /// What the waiters ask for together.
    [[nodiscard]] std::uint64_t units_waiting() const noexcept { return queue_.units_waiting(); }
    /// What the queue looks like; under its lock, for as long as that takes.
    [[nodiscard]] core::QueueState queue_state() const;
    /// All counts of one instant, and the limit.
    [[nodiscard]] core::Occupancy occupancy() const noexcept { return queue_.occupancy(); }

private:
    friend class SemaphorePermit;
    class WakeUps;
    // What a waiting coroutine's handler needs fits without an allocation.
    using Waiter = UniqueFunction<Signature>;

    struct Cancel {
        AsyncSemaphore* semaphore;
        core::Ticket ticket{};  // none yet: matches nobody
        void operator()(boost::asio::cancellation_type) { semaphore->cancel(ticket); }
    };

    struct StartAcquire {
        template <class Handler>
        void operator()(Handler&& handler, AsyncSemaphore* semaphore, const core::Claim& claim,
                        core::QueuePlace* place) const {
            auto slot = boost::asio::get_associated_cancellation_slot(handler);
            PostedCompletion<std::decay_t<Handler>> completion(std::forward<Handler>(handler));
            if (auto permit = semaphore->try_acquire(claim.cost)) {
                return completion(boost::system::error_code{}, std::move(*permit));
            }
            if (const auto reason = semaphore->refusal(claim)) {
                return completion(make_error_code(acquire_error(*reason)), SemaphorePermit{});
            }
            // Installed before the ticket exists and told the ticket under the lock, so that it is
            // complete before any other thread can end the wait.
            Cancel* cancel = nullptr;
            if (slot.is_connected()) cancel = &slot.template emplace<Cancel>(Cancel{semaphore});
            semaphore->enter(Waiter(std::move(completion)), claim,
                             cancel != nullptr ? &cancel->ticket : nullptr, place);
        }
    };

    void enter(Waiter waiter, const core::Claim& claim, core::Ticket* ticket,
               core::QueuePlace* place);
    void cancel(core::Ticket ticket);
    void release(std::uint32_t cost) noexcept;
    template <class Change>
    void change(core::TimePoint now, Change apply);
    bool collect(core::TimePoint now, WakeUps& ended);
    [[nodiscard]] Waiter take(core::Ticket ticket);

    core::BasicAdmissionQueue<core::AtomicWord> queue_;
    core::TimePoint (*const now_)() noexcept;
    mutable std::mutex mutex_;
    std::vector<Waiter> waiters_;          // by ticket index; under the lock
    core::TimePoint armed_ = core::never;  // the timer's next call at the latest; likewise
    std::optional<DeadlineTimer> timer_;   // last: its callback uses all of the above
};

inline void SemaphorePermit::release() noexcept {
    if (auto* semaphore = std::exchange(semaphore_, nullptr)) semaphore->release(cost_);
}

}  // namespace spillway::async
