#pragma once
// One timer for everything that somebody keeps in a heap of deadlines of its own.

#include <functional>
#include <memory>

#include "spillway/async/shard.hpp"
#include "spillway/core/time.hpp"

namespace spillway::async {

/// Calls back at the earliest instant it was armed to. Thread-safe: any thread arms and stops it,
/// the callback runs on the timer's loop. Arming costs a mutex, and a post to that loop only when
/// the new instant is earlier than the one armed, which in a queue of equal timeouts is rare. At
/// most one such post is on its way.
///
/// While armed it keeps its loop running, even if nobody needs the instant any more: at most until
/// that instant.
class DeadlineTimer {
public:
    /// Told the time; returns the instant to be called at next, or `never`. May come early or with
    /// nothing to do, and must not arm or stop its own timer.
    using Callback = std::function<core::TimePoint(core::TimePoint now)>;

    DeadlineTimer(Executor executor, Callback callback);
    DeadlineTimer(const DeadlineTimer&) = delete;
    DeadlineTimer& operator=(const DeadlineTimer&) = delete;
    /// Stops it.
    ~DeadlineTimer();

    /// Calls back at `at` at the latest. Nothing when stopped.
    void arm(core::TimePoint at);

    /// Final. When it returns, the callback is neither running nor ever called again. The loop must
    /// still live: it gives up the timer in its next turn, or with itself.
    void stop();

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with the wait that is pending on the loop
};

}  // namespace spillway::async
