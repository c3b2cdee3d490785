#pragma once
// A shard's one timer: every deadline of every connection, and no timer operation per request.

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <utility>

#include "spillway/async/shard.hpp"
#include "spillway/async/steady_now.hpp"
#include "spillway/core/timer_wheel.hpp"

namespace spillway::http {

/// Shell round core::TimerWheel. A deadline that moves later costs one store; the kernel's timer is
/// set only when one becomes due before the instant it is set to. Shard-local.
class Sweeper {
public:
    using Timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          async::Executor>;

    struct Node : core::TimerWheel::Node {
        virtual void on_due(core::TimePoint now) = 0;

    protected:
        ~Node() = default;
    };

    Sweeper(async::Executor executor, core::TimePoint (*now)() noexcept)
        : wheel_(now()), timer_(executor), now_(now) {}

    void set(Node& node, core::TimePoint deadline) {
        wheel_.set(node, deadline);
        if (deadline < armed_) arm(deadline);
    }
    void clear(Node& node) { wheel_.clear(node); }

    /// Ends what is due. The timer's doing; tests call it by hand.
    void sweep(core::TimePoint now) {
        wheel_.advance(
            now, [now](core::TimerWheel::Node& node) { static_cast<Node&>(node).on_due(now); });
    }

    /// Drops the timer; nothing is swept any more.
    void stop() {
        stopped_ = true;
        timer_.cancel();
    }

private:
    void arm(core::TimePoint at) {
        if (stopped_) return;
        armed_ = at;
        timer_.expires_at(async::to_steady(at));
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error || stopped_) return;  // re-armed earlier, or over
            armed_ = core::never;
            sweep(now_());
            const auto next = wheel_.next_due();
            if (next < armed_) arm(next);
        });
    }

    core::TimerWheel wheel_;
    core::TimePoint armed_ = core::never;
    Timer timer_;
    core::TimePoint (*now_)() noexcept;
    bool stopped_ = false;
};

}  // namespace spillway::http
