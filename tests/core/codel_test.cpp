#include "spillway/core/codel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <vector>

#include "core/choices.hpp"
#include "spillway/core/watermarks.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1h};
constexpr CodelTimes times{.target = 5ms, .interval = 100ms};

TEST(SloughCodel, a_burst_is_let_through_and_a_standing_queue_is_not) {
    SloughCodel codel(times, t0 + 100ms);
    // A burst: long waits, but one short one in the interval.
    EXPECT_FALSE(codel.refuses(t0 + 1ms, 50ms));
    EXPECT_FALSE(codel.refuses(t0 + 2ms, 1ms));
    EXPECT_FALSE(codel.refuses(t0 + 101ms, 50ms)) << "the first of an interval is granted";
    EXPECT_FALSE(codel.overloaded());
    EXPECT_FALSE(codel.refuses(t0 + 102ms, 50ms));
    // The next interval ends and has not seen one below the target.
    EXPECT_FALSE(codel.refuses(t0 + 202ms, 50ms));
    EXPECT_TRUE(codel.overloaded());
    EXPECT_TRUE(codel.refuses(t0 + 203ms, 10ms + 1ns));
    EXPECT_FALSE(codel.refuses(t0 + 203ms, 10ms)) << "twice the target is not above it";
}

TEST(SloughCodel, an_overload_ends_with_the_first_interval_that_has_a_short_wait) {
    SloughCodel codel(times, t0 + 100ms);
    EXPECT_FALSE(codel.refuses(t0 + 1ms, 50ms));
    EXPECT_FALSE(codel.refuses(t0 + 102ms, 50ms));
    EXPECT_TRUE(codel.refuses(t0 + 103ms, 50ms));
    EXPECT_FALSE(codel.refuses(t0 + 104ms, 5ms));
    EXPECT_TRUE(codel.refuses(t0 + 202ms, 50ms)) << "at its end the interval is not yet over";
    EXPECT_FALSE(codel.refuses(t0 + 202ms + 1ns, 50ms));
    EXPECT_FALSE(codel.overloaded());
}

TEST(SloughCodel, tells_its_load_in_percent_of_the_wait_it_refuses_at) {
    SloughCodel codel(times, t0);
    (void)codel.refuses(t0, 2900us);
    EXPECT_EQ(codel.load_percent(), 29U);
    EXPECT_EQ(codel.smallest_wait(), 2900us);
    (void)codel.refuses(t0 + 101ms, 1h);
    EXPECT_EQ(codel.load_percent(), 100U);
}

TEST(PacketCodel, refuses_one_after_an_interval_and_then_ever_sooner) {
    PacketCodel codel({.times = times});
    EXPECT_FALSE(codel.refuses(t0, 6ms, 10));
    EXPECT_FALSE(codel.refuses(t0 + 100ms - 1ns, 6ms, 10));
    EXPECT_TRUE(codel.refuses(t0 + 100ms, 6ms, 10));
    EXPECT_FALSE(codel.refuses(t0 + 100ms, 6ms, 9)) << "the one after the first is granted";

    std::vector<Duration> refused_at;
    for (Duration d = 101ms; d < 500ms; d += 1ms) {
        if (!codel.refuses(t0 + d, 6ms, 10)) continue;
        refused_at.push_back(d);
        EXPECT_FALSE(codel.refuses(t0 + d, 6ms, 9));
    }
    // 100 + 100/sqrt(1), + 100/sqrt(2), + 100/sqrt(3), + 100/sqrt(4), each at the next millisecond.
    EXPECT_EQ(refused_at, (std::vector<Duration>{200ms, 271ms, 329ms, 379ms, 424ms, 464ms}));
}

TEST(PacketCodel, a_short_wait_or_an_empty_queue_ends_it) {
    for (const bool is_empty : {false, true}) {
        PacketCodel codel({.times = times});
        (void)codel.refuses(t0, 6ms, 10);
        EXPECT_TRUE(codel.refuses(t0 + 100ms, 6ms, 10));
        (void)codel.refuses(t0 + 100ms, 6ms, 9);
        if (is_empty) {
            codel.note_empty(t0 + 150ms);
        } else {
            EXPECT_FALSE(codel.refuses(t0 + 150ms, 5ms - 1ns, 10));
        }
        EXPECT_FALSE(codel.refuses(t0 + 210ms, 6ms, 10));
        EXPECT_FALSE(codel.refuses(t0 + 309ms, 6ms, 10));
        EXPECT_TRUE(codel.refuses(t0 + 310ms, 6ms, 10));
    }
}

TEST(PacketCodel, few_waiters_are_kept_however_long_they_have_waited) {
    PacketCodel codel({.times = times, .backlog_kept = 2});
    EXPECT_FALSE(codel.refuses(t0, 1h, 2));
    EXPECT_FALSE(codel.refuses(t0 + 1h, 1h, 2));
    EXPECT_FALSE(codel.refuses(t0 + 1h, 1h, 3));
    EXPECT_TRUE(codel.refuses(t0 + 1h + 100ms, 1h, 3));
}

// The rule told as a whole dequeue over an explicit queue, as RFC 8289 tells it.
class NaiveCodel {
public:
    struct Waiter {
        TimePoint since;
    };

    /// Takes waiters from `queue`: true for each refused one, then false for the granted one.
    std::vector<bool> dequeue(TimePoint now, std::deque<Waiter>& queue) {
        std::vector<bool> refused;
        auto head = take(now, queue);
        const auto drop = [&] { refused.push_back(true); };
        if (dropping_) {
            if (!head.droppable) dropping_ = false;
            while (dropping_ && ns(now) >= next_) {
                drop();
                ++count_;
                head = take(now, queue);
                if (!head.droppable) {
                    dropping_ = false;
                } else {
                    next_ += interval_ / std::sqrt(count_);
                }
            }
        } else if (head.droppable) {
            drop();
            head = take(now, queue);
            dropping_ = true;
            const unsigned gained = count_ - before_;
            count_ = gained > 1 && ns(now) - next_ < 16 * interval_ ? gained : 1;
            next_ = ns(now) + interval_ / std::sqrt(count_);
            before_ = count_;
        }
        if (head.is_there) refused.push_back(false);
        return refused;
    }

private:
    struct Head {
        bool is_there;
        bool droppable;
    };
    static double ns(TimePoint t) { return static_cast<double>(t.time_since_epoch().count()); }

    Head take(TimePoint now, std::deque<Waiter>& queue) {
        if (queue.empty()) {
            first_above_ = TimePoint{};
            return {false, false};
        }
        const Duration wait = now - queue.front().since;
        queue.pop_front();
        if (wait < times.target || queue.empty()) {
            first_above_ = TimePoint{};
            return {true, false};
        }
        if (first_above_ == TimePoint{}) {
            first_above_ = now + times.interval;
            return {true, false};
        }
        return {true, now >= first_above_};
    }

    double interval_ = static_cast<double>(Duration{times.interval}.count());
    TimePoint first_above_{};
    double next_ = 0;
    unsigned count_ = 0;
    unsigned before_ = 0;
    bool dropping_ = false;
};

TEST(PacketCodel, decides_each_waiter_as_a_whole_dequeue_over_the_queue_would) {
    constexpr int steps = test::is_slow_build ? 6 : 7;
    constexpr std::array<Duration, 3> pauses{1ms, 60ms, 200ms};
    constexpr std::array<unsigned, 3> arrivals{0, 1, 4};
    test::Choices choices;
    do {
        NaiveCodel naive;
        PacketCodel codel({.times = times});
        std::deque<NaiveCodel::Waiter> queue(6, {t0});
        TimePoint now = t0;
        for (int step = 0; step < steps; ++step) {
            now += pauses[choices.pick(3)];
            for (unsigned n = arrivals[choices.pick(2) + (step % 2)]; n > 0; --n) {
                queue.push_back({now - 3ms});
            }
            std::deque<NaiveCodel::Waiter> copy = queue;
            const std::vector<bool> expected = naive.dequeue(now, queue);
            std::vector<bool> got;
            for (bool refused = true; refused;) {
                if (copy.empty()) {
                    codel.note_empty(now);
                    break;
                }
                const Duration wait = now - copy.front().since;
                copy.pop_front();
                refused = codel.refuses(now, wait, static_cast<std::uint32_t>(copy.size()));
                got.push_back(refused);
            }
            ASSERT_EQ(got, expected) << "run " << choices.runs() << " step " << step;
        }
    } while (choices.advance());
    EXPECT_GT(choices.runs(), 40'000U);
}

TEST(CodelTimes, follow_the_measured_service_time_and_are_never_below_those_of_packets) {
    EXPECT_EQ(codel_times_for(0s, 0s), CodelTimes{});
    EXPECT_EQ(codel_times_for(50us, 200us), CodelTimes{});
    EXPECT_EQ(codel_times_for(100ms, 300ms), (CodelTimes{25ms, 900ms}));
    EXPECT_EQ(codel_times_for(100ms, 110ms), (CodelTimes{25ms, 500ms}));
    EXPECT_EQ(codel_times_for(Duration::max(), Duration::max()), (CodelTimes{1min, 20min}));
}

TEST(Watermarks, shedding_begins_above_high_and_ends_below_low) {
    Watermarks marks(10, 5);
    EXPECT_FALSE(marks.update(10));
    EXPECT_TRUE(marks.update(11));
    EXPECT_TRUE(marks.update(10));
    EXPECT_TRUE(marks.update(5));
    EXPECT_FALSE(marks.update(4));
    EXPECT_FALSE(marks.update(10));
}

TEST(Watermarks, equal_marks_are_one_threshold_and_an_empty_queue_always_ends_it) {
    Watermarks one(3, 3);
    EXPECT_TRUE(one.update(4));
    EXPECT_FALSE(one.update(3));
    Watermarks from_zero(3, 0);
    EXPECT_TRUE(from_zero.update(4));
    EXPECT_TRUE(from_zero.update(1));
    EXPECT_FALSE(from_zero.update(0));
}

}  // namespace
}  // namespace spillway::core
