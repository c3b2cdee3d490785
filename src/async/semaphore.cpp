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
    : queue_(core::Room{.limit = options.limit, .places = options.places}, options.queue),
      now_(options.now),
      waiters_(options.queue.capacity) {}

AsyncSemaphore::~AsyncSemaphore() {
    if (timer_) timer_->stop();
    SPILLWAY_ASSERT(queue_.waiting() == 0);
    SPILLWAY_ASSERT(queue_.in_flight() == 0);
}

void AsyncSemaphore::enter(Waiter waiter, const core::Claim& claim, core::Ticket* ticket,
                           core::QueuePlace* place) {
    const core::TimePoint now = now_();
    std::optional<core::Arrival> arrival;
    bool arms_timer = false;
    change(now, [&](WakeUps& ended) {
        arrival = queue_.arrive(now, claim);
        if (!arrival->is_queued()) return false;
        if (arrival->evicted()) ended.add(take(*arrival->evicted()), AcquireError::evicted);
        waiters_[arrival->ticket().index] = std::move(waiter);
        if (ticket != nullptr) *ticket = arrival->ticket();
        if (place != nullptr) *place = queue_.place(arrival->ticket());
        arms_timer = claim.deadline < armed_;
        if (arms_timer) armed_ = claim.deadline;
        return true;
    });
    if (arms_timer && timer_) timer_->arm(claim.deadline);
    if (arrival->is_granted()) {
        waiter({}, SemaphorePermit(this, arrival->in_flight(), claim.cost));
    } else if (arrival->is_refused()) {
        waiter(acquire_error(arrival->reason()), {});
    }
}

void AsyncSemaphore::cancel(core::Ticket ticket) {
    change(now_(), [&](WakeUps& ended) {
        if (!queue_.cancel(ticket)) return false;
        ended.add(take(ticket), boost::asio::error::operation_aborted);
        return true;
    });
}

void AsyncSemaphore::release(std::uint32_t cost) noexcept {
    if (queue_.try_release(cost)) return;
    change(now_(), [&](WakeUps&) {
        queue_.release(cost);
        return true;
    });
}

void AsyncSemaphore::set_limit(std::uint32_t limit) {
    change(now_(), [&](WakeUps&) {
        queue_.set_limit(limit);
        return true;
    });
}

void AsyncSemaphore::set_places(std::uint32_t places) {
    change(now_(), [&](WakeUps&) {
        queue_.set_places(places);
        return true;
    });
}

std::unique_ptr<core::WaitRoom> AsyncSemaphore::reorder(const core::QueueOptions& options) {
    auto room = std::make_unique<core::WaitRoom>(options);
    const core::TimePoint now = now_();
    change(now, [&](WakeUps&) {
        // First what may throw. Handlers stay where they are: tickets keep their indexes.
        const std::size_t had = waiters_.size();
        if (room->places() > had) waiters_.resize(room->places());
        room = queue_.reorder(now, std::move(room));
        const std::size_t needed = queue_.ticket_places();
        if (needed < had) {
            waiters_.resize(needed);
            waiters_.shrink_to_fit();
        }
        return true;
    });
    return room;
}

void AsyncSemaphore::set_codel(core::CodelTimes times) {
    const std::lock_guard lock(mutex_);
    queue_.set_codel(times);
}

core::QueueState AsyncSemaphore::queue_state() const {
    const std::lock_guard lock(mutex_);
    return queue_.state();
}

core::TimePoint AsyncSemaphore::tick(core::TimePoint now) {
    change(now, [](WakeUps&) { return true; });
    const std::lock_guard lock(mutex_);
    return armed_ = queue_.next_deadline();
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
            while (!done && !ended.full()) {
                const auto ticket = queue_.dismiss();
                if (ticket) ended.add(take(*ticket), AcquireError::closed);
                done = !ticket;
            }
        }
        ended.fire();
    }
    if (timer_) timer_->stop();
}

// Changes the queue under the lock, together with as many of the departures that this causes as a
// batch takes; the others follow with the same `now`. In between newcomers find waiters, and queue.
// `apply` says whether it has changed anything.
template <class Change>
void AsyncSemaphore::change(core::TimePoint now, Change apply) {
    WakeUps ended;
    bool done = false;
    {
        const std::lock_guard lock(mutex_);
        done = !apply(ended) || collect(now, ended);
    }
    ended.fire();
    while (!done) {
        WakeUps more;
        {
            const std::lock_guard lock(mutex_);
            done = collect(now, more);
        }
        more.fire();
    }
}

// True when nobody's turn or time has come any more; false when the batch is full before that.
bool AsyncSemaphore::collect(core::TimePoint now, WakeUps& ended) {
    while (!ended.full()) {
        const auto departure = queue_.next(now);
        if (!departure) return true;
        Waiter waiter = take(departure->ticket);
        switch (departure->end) {
            case core::Departure::End::granted:
                ended.add(std::move(waiter), {},
                          SemaphorePermit(this, departure->in_flight, departure->cost));
                break;
            case core::Departure::End::expired:
                ended.add(std::move(waiter), AcquireError::wait_timeout);
                break;
            case core::Departure::End::shed:
                ended.add(std::move(waiter), AcquireError::shed);
                break;
        }
    }
    return false;
}

AsyncSemaphore::Waiter AsyncSemaphore::take(core::Ticket ticket) {
    return std::move(waiters_[ticket.index]);
}

}  // namespace spillway::async
