#include "spillway/async/deadline_timer.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "spillway/async/steady_now.hpp"

namespace spillway::async {

// A lock instead of posting to the loop: an asio timer may be used from any thread as long as it
// is by one at a time, and arming then takes no turn of a loop that may be busy.
struct DeadlineTimer::State : std::enable_shared_from_this<State> {
    using Clock = std::chrono::steady_clock;
    using Timer =
        boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;

    State(Executor executor, Callback f) : timer(std::in_place, executor), callback(std::move(f)) {}

    void arm_locked(core::TimePoint at) {
        if (at >= armed) return;
        armed = at;
        timer->expires_at(to_steady(at));  // cancels the later wait
        timer->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error != boost::asio::error::operation_aborted) self->fire();
        });
    }

    // A wait that was cancelled too late to notice comes here as well: early, which is harmless.
    void fire() {
        const std::lock_guard lock(mutex);
        if (!timer) return;
        armed = core::never;
        arm_locked(callback(steady_now()));
    }

    std::mutex mutex;
    // All below under the lock.
    std::optional<Timer> timer;  // empty: stopped
    const Callback callback;
    core::TimePoint armed = core::never;
};

DeadlineTimer::DeadlineTimer(Executor executor, Callback callback)
    : state_(std::make_shared<State>(executor, std::move(callback))) {}

DeadlineTimer::~DeadlineTimer() { stop(); }

void DeadlineTimer::arm(core::TimePoint at) {
    const std::lock_guard lock(state_->mutex);
    if (state_->timer) state_->arm_locked(at);
}

void DeadlineTimer::stop() {
    const std::lock_guard lock(state_->mutex);
    state_->timer.reset();
}

}  // namespace spillway::async
