#pragma once
// Wait until a number of things, not known in advance, have ended.

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "spillway/async/steady_now.hpp"
#include "spillway/core/assert.hpp"
#include "spillway/core/time.hpp"

namespace spillway::async {

/// A count of unfinished things that threads can wait on. std::latch is the standard's answer when
/// the count is fixed at construction and patience is endless; this one can still `add` while
/// others run, waits until an instant, and can be used again after it has reached zero.
/// Thread-safe; waiting must not be done on a loop thread.
class WaitGroup {
public:
    /// `count` more things are to be awaited. Call it before the thing starts, not inside it.
    void add(std::size_t count = 1) {
        const std::lock_guard lock(mutex_);
        pending_ += count;
    }

    /// One thing has ended. More `done` than `add` is a bug.
    void done() {
        // Notified under the lock: the waiter may destroy this object as soon as it can proceed.
        const std::lock_guard lock(mutex_);
        SPILLWAY_ASSERT(pending_ > 0);
        if (--pending_ == 0) zero_.notify_all();
    }

    /// Blocks until nothing is pending.
    void wait() {
        std::unique_lock lock(mutex_);
        zero_.wait(lock, [this] { return pending_ == 0; });
    }

    /// Blocks until nothing is pending (true) or `deadline` has come (false).
    [[nodiscard]] bool wait_until(core::TimePoint deadline) {
        std::unique_lock lock(mutex_);
        return zero_.wait_until(lock, to_steady(deadline), [this] { return pending_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable zero_;
    std::size_t pending_ = 0;
};

}  // namespace spillway::async
