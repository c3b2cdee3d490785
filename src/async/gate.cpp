#include "spillway/async/gate.hpp"

#include <boost/asio/error.hpp>

#include "spillway/async/steady_now.hpp"
#include "spillway/core/assert.hpp"

namespace spillway::async {

Gate::~Gate() {
    SPILLWAY_ASSERT(count() == 0);
    SPILLWAY_ASSERT(!waiter_);
}

std::optional<Gate::Guard> Gate::try_enter() noexcept {
    std::uint64_t seen = word_.load();
    while ((seen & closed_bit) == 0) {
        if (word_.compare_exchange_weak(seen, seen + 1)) return Guard(this);
    }
    return std::nullopt;
}

// Exactly one of close() and the last leave() makes the step to closed-and-empty.

void Gate::close() {
    if (word_.fetch_or(closed_bit) == 0) finish();
}

void Gate::leave() noexcept {
    if (word_.fetch_sub(1) == (closed_bit | 1)) finish();
}

void Gate::finish() {
    Waiter waiter;
    {
        // Waiters believe `drained_`, not the count, and it is notified under the lock: so the
        // gate may be destroyed as soon as a wait has ended.
        const std::lock_guard lock(mutex_);
        drained_ = true;
        waiter = std::move(waiter_);
        drained_changed_.notify_all();
    }
    if (waiter) waiter({});
}

bool Gate::wait_until(core::TimePoint deadline) {
    std::unique_lock lock(mutex_);
    return drained_changed_.wait_until(lock, to_steady(deadline), [this] { return drained_; });
}

void Gate::start_wait(Waiter waiter) {
    {
        const std::lock_guard lock(mutex_);
        if (!drained_) {
            SPILLWAY_ASSERT(!waiter_);
            waiter_ = std::move(waiter);
            return;
        }
    }
    waiter({});
}

void Gate::cancel_wait() {
    Waiter waiter;
    {
        const std::lock_guard lock(mutex_);
        waiter = std::move(waiter_);
    }
    if (waiter) waiter(boost::asio::error::operation_aborted);
}

}  // namespace spillway::async
