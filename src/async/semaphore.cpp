#include "spillway/async/semaphore.hpp"

#include <array>
#include <boost/asio/error.hpp>
#include <cstddef>

#include "spillway/core/assert.hpp"

namespace spillway::async {

using boost::system::error_code;

/// Waits that have ended, collected under the lock and answered after it. A fixed few at a time,
/// so that no release allocates and the lock is held for a bounded time.
class AsyncSemaphore::WakeUps {
public:
    [[nodiscard]] bool full() const noexcept { return count_ == entries_.size(); }

    void add(Waiter waiter, error_code error, SemaphorePermit permit = {}) noexcept {
        SPILLWAY_ASSERT(!full());
        entries_[count_++] = {std::move(waiter), error, std::move(permit)};
    }

    /// Posts them, in the order in which they were added.
    void fire() {
        for (std::size_t i = 0; i < count_; ++i) {
            entries_[i].waiter(entries_[i].error, std::move(entries_[i].permit));
        }
    }

private:
    struct Entry {
        Waiter waiter;
        error_code error;
        SemaphorePermit permit;
    };
    std::array<Entry, 8> entries_;
    std::size_t count_ = 0;
};

AsyncSemaphore::AsyncSemaphore(Executor timer_executor, Options options) : AsyncSemaphore(options) {
    timer_.emplace(timer_executor, [this](core::TimePoint now) { return tick(now); });
}

AsyncSemaphore::AsyncSemaphore(Options options)
    : queue_(options.limit, options.queue_capacity),
      now_(options.now),
      waiters_(options.queue_capacity) {}

AsyncSemaphore::~AsyncSemaphore() {
    if (timer_) timer_->stop();
    SPILLWAY_ASSERT(queue_.waiting() == 0);
    SPILLWAY_ASSERT(queue_.in_flight() == 0);
}

// The lock-free refusal: reads one word.
error_code AsyncSemaphore::refusal() const noexcept {
    const core::Occupancy now = queue_.occupancy();
    if (now.closed) return AcquireError::closed;
    if (now.is_full(queue_.capacity())) return AcquireError::queue_full;
    return {};
}

void AsyncSemaphore::enter(Waiter waiter, core::TimePoint deadline, core::Ticket* ticket) {
    const core::TimePoint now = now_();
    std::unique_lock lock(mutex_);
    const core::Arrival arrival = queue_.arrive(now, deadline);
    if (arrival.is_queued()) {
        waiters_[arrival.ticket().index] = std::move(waiter);
        if (ticket != nullptr) *ticket = arrival.ticket();
        const bool earlier = deadline < armed_;
        if (earlier) armed_ = deadline;
        lock.unlock();
        if (earlier && timer_) timer_->arm(deadline);
        return;
    }
    lock.unlock();

    if (arrival.is_granted()) return waiter({}, SemaphorePermit(this, arrival.in_flight()));
    switch (arrival.reason()) {
        case core::RejectReason::draining:
            return waiter(AcquireError::closed, {});
        case core::RejectReason::deadline:
            return waiter(AcquireError::wait_timeout, {});
        default:
            return waiter(AcquireError::queue_full, {});
    }
}

void AsyncSemaphore::cancel(core::Ticket ticket) {
    Waiter waiter;
    {
        const std::lock_guard lock(mutex_);
        if (!queue_.cancel(ticket)) return;
        waiter = take(ticket);
    }
    waiter(boost::asio::error::operation_aborted, {});
}

// The loops below come back with the same `now` when the batch is full: the operation itself takes
// place in the last round, when nothing that is due is left.

void AsyncSemaphore::release() noexcept {
    if (queue_.try_release()) return;
    const core::TimePoint now = now_();
    for (bool done = false; !done;) {
        WakeUps ended;
        {
            const std::lock_guard lock(mutex_);
            done = expire_due(now, ended, AcquireError::wait_timeout);
            if (done) {
                if (const auto grant = queue_.release(now)) {
                    ended.add(take(grant->ticket), {}, SemaphorePermit(this, grant->in_flight));
                }
            }
        }
        ended.fire();
    }
}

void AsyncSemaphore::set_limit(std::uint32_t limit) {
    const core::TimePoint now = now_();
    bool is_set = false;  // once: a later call by another thread must not be undone
    for (bool done = false; !done;) {
        WakeUps ended;
        {
            const std::lock_guard lock(mutex_);
            if (!std::exchange(is_set, true)) queue_.set_limit(limit);
            done = expire_due(now, ended, AcquireError::wait_timeout);
            while (done) {
                const auto grant = queue_.grant_next(now);
                if (!grant) break;
                ended.add(take(grant->ticket), {}, SemaphorePermit(this, grant->in_flight));
                if (ended.full()) done = false;
            }
        }
        ended.fire();
    }
}

core::TimePoint AsyncSemaphore::tick(core::TimePoint now) {
    core::TimePoint next = core::never;
    for (bool done = false; !done;) {
        WakeUps ended;
        {
            const std::lock_guard lock(mutex_);
            done = expire_due(now, ended, AcquireError::wait_timeout);
            next = armed_ = queue_.next_deadline();
        }
        ended.fire();
    }
    return next;
}

void AsyncSemaphore::close() {
    const std::lock_guard lock(mutex_);
    queue_.close();
}

void AsyncSemaphore::stop() {
    close();
    for (bool done = false; !done;) {
        WakeUps ended;
        {
            const std::lock_guard lock(mutex_);
            done = expire_due(core::never, ended, AcquireError::closed);
        }
        ended.fire();
    }
    if (timer_) timer_->stop();
}

// True when nothing is due any more and the batch has room for one entry.
bool AsyncSemaphore::expire_due(core::TimePoint now, WakeUps& ended, AcquireError why) {
    while (!ended.full()) {
        const auto ticket = queue_.expire(now);
        if (!ticket) return true;
        ended.add(take(*ticket), why);
    }
    return false;
}

AsyncSemaphore::Waiter AsyncSemaphore::take(core::Ticket ticket) {
    return std::move(waiters_[ticket.index]);
}

}  // namespace spillway::async
