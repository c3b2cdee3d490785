#pragma once
// Which waiters to refuse when the wait has stood too long: controlled delay.
//
// A queue that empties now and then is a buffer and does good; one that stays is only a delay that
// everybody pays. The two are told apart by the *smallest* wait of an interval: a burst brings it
// back to nothing, a standing queue does not.
//
// Both are asked once per waiter that reaches the head of the queue, before it is granted.
// PacketCodel (RFC 8289) refuses one, then the next ever sooner, until the wait is below the
// target: made for senders who slow down when they lose something. SloughCodel (folly, after
// Facebook's "Fail at Scale") cuts off at once everyone who has waited twice the target while the
// queue stands: made for requests, whose senders do not slow down in time. It is what `codel:`
// means.

#include <cstdint>
#include <optional>

#include "spillway/core/time.hpp"

namespace spillway::core {

/// What counts as standing. The constants of packet queues, 5 ms in 100 ms, are the least.
struct CodelTimes {
    Duration target = std::chrono::milliseconds{5};      // a wait that may stand; > 0
    Duration interval = std::chrono::milliseconds{100};  // how long one above it may; > target

    friend bool operator==(const CodelTimes&, const CodelTimes&) noexcept = default;
};

/// The times that suit a service which takes `p50` usually and `p95` seldom: a quarter of the
/// former may stand (so that SloughCodel refuses who has waited half a service time), and three of
/// the latter must pass before it is called standing, since in less a queue before long jobs cannot
/// even move. Never below the defaults: 5 ms is no wait worth a refusal, and no time in which a
/// loop is sure to turn. Zero, for "not measured yet", gives the defaults. *Pure.*
[[nodiscard]] CodelTimes codel_times_for(Duration p50, Duration p95) noexcept;

/// *Pure*; a regular value. O(1) per waiter.
class PacketCodel {
public:
    struct Options {
        CodelTimes times;
        std::uint32_t backlog_kept = 0;  // as long as no more than these wait, nobody is refused
    };

    explicit PacketCodel(Options options) noexcept : options_(options) {}

    /// The waiter at the head has waited for `wait`, and `backlog` remain behind it. True: refuse
    /// it and ask again about the next one, at the same `now`. False: grant it.
    [[nodiscard]] bool refuses(TimePoint now, Duration wait, std::uint32_t backlog) noexcept {
        return step(now, is_droppable(now, wait, backlog));
    }

    /// The queue was found empty.
    void note_empty(TimePoint now) noexcept {
        above_until_.reset();
        (void)step(now, false);
    }

    /// Later decisions use these; what has been observed stays.
    void set_times(CodelTimes times) noexcept { options_.times = times; }
    [[nodiscard]] CodelTimes times() const noexcept { return options_.times; }

private:
    enum class After : std::uint8_t { nothing, first_drop, further_drop };

    [[nodiscard]] bool is_droppable(TimePoint now, Duration wait, std::uint32_t backlog) noexcept;
    [[nodiscard]] bool step(TimePoint now, bool droppable) noexcept;
    void begin_dropping(TimePoint now) noexcept;
    [[nodiscard]] double spacing() const noexcept;

    Options options_;
    std::optional<TimePoint> above_until_;  // wait above target until then: droppable
    double drop_next_ns_ = 0;
    std::uint32_t count_ = 0;  // refusals since dropping began, or a share of them
    std::uint32_t count_before_ = 0;
    After after_ = After::nothing;  // what the operation under way did last
    bool dropping_ = false;
};

/// *Pure*; a regular value. O(1) per waiter.
class SloughCodel {
public:
    /// The first interval ends at `first_end`: an interval from now, if it is to be a whole one.
    SloughCodel(CodelTimes times, TimePoint first_end) noexcept
        : times_(times), interval_end_(first_end) {}

    /// The waiter at the head has waited for `wait`. True: refuse it. The first one of an interval
    /// is always granted, so that there is a sample to end an overload by.
    [[nodiscard]] bool refuses(TimePoint now, Duration wait) noexcept;

    /// The smallest wait of the last whole interval was above the target.
    [[nodiscard]] bool overloaded() const noexcept { return overloaded_; }
    /// The smallest wait of this interval so far.
    [[nodiscard]] Duration smallest_wait() const noexcept { return smallest_; }
    /// That wait in percent of the one at which refusals begin, 0..100.
    [[nodiscard]] std::uint32_t load_percent() const noexcept;

    /// Later decisions use these; what has been observed stays.
    void set_times(CodelTimes times) noexcept { times_ = times; }
    [[nodiscard]] CodelTimes times() const noexcept { return times_; }

private:
    CodelTimes times_;
    TimePoint interval_end_;
    Duration smallest_ = Duration::zero();
    bool is_first_ = true;  // no waiter of this interval was seen yet
    bool overloaded_ = false;
};

}  // namespace spillway::core
