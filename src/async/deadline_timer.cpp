#include "spillway/async/deadline_timer.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "spillway/async/steady_now.hpp"

namespace spillway::async {

// The timer itself belongs to its loop's thread: a shard's reactor takes no lock. Whoever arms it
// from elsewhere leaves the instant behind and posts; the loop would have to wake all the same to
// set its own clock to an earlier instant.
struct DeadlineTimer::State : std::enable_shared_from_this<State> {
    using Clock = std::chrono::steady_clock;
    using Timer =
        boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;

    State(Executor e, Callback f) : executor(e), callback(std::move(f)), timer(std::in_place, e) {}

    void arm(core::TimePoint at) {
        {
            const std::lock_guard lock(mutex);
            if (stopped || at >= armed) return;
            armed = at;
            used = true;
            if (std::exchange(on_its_way, true)) return;
        }
        boost::asio::post(executor, [self = shared_from_this()] { self->rearm(); });
    }

    void stop() {
        {
            const std::lock_guard lock(mutex);
            if (std::exchange(stopped, true)) return;
            if (!used) return;
        }
        boost::asio::post(executor, [self = shared_from_this()] { self->timer.reset(); });
    }

    void rearm() {
        const std::lock_guard lock(mutex);
        on_its_way = false;
        wait_locked();
    }

    void wait_locked() {
        if (stopped || armed == core::never) return;
        timer->expires_at(to_steady(armed));  // cancels the later wait
        timer->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error != boost::asio::error::operation_aborted) self->fire();
        });
    }

    // A wait that was cancelled too late to notice comes here as well: early, which is harmless.
    void fire() {
        const std::lock_guard lock(mutex);
        if (stopped) return;
        armed = core::never;
        armed = callback(steady_now());
        wait_locked();
    }

    const Executor executor;
    std::mutex mutex;
    // All below under the lock, the timer on the loop's thread only.
    const Callback callback;
    core::TimePoint armed = core::never;
    bool on_its_way = false;  // rearm() is posted: one such post at a time
    bool used = false;        // the timer has been, or will be
    bool stopped = false;
    std::optional<Timer> timer;  // empty once stopped
};

DeadlineTimer::DeadlineTimer(Executor executor, Callback callback)
    : state_(std::make_shared<State>(executor, std::move(callback))) {}

DeadlineTimer::~DeadlineTimer() { stop(); }

void DeadlineTimer::arm(core::TimePoint at) { state_->arm(at); }

void DeadlineTimer::stop() { state_->stop(); }

}  // namespace spillway::async
