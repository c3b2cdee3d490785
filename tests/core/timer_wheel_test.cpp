#include "spillway/core/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr Duration tick = TimerWheel::tick;
constexpr TimePoint t0{1'000'000 *
                       TimerWheel::tick};  // on a tick, so that tests can count in ticks

struct Timer : TimerWheel::Node {
    int fired = 0;
};

void advance(TimerWheel& wheel, TimePoint now) {
    wheel.advance(now, [](TimerWheel::Node& node) { ++static_cast<Timer&>(node).fired; });
}

TEST(TimerWheel, fires_at_the_first_tick_at_or_after_the_deadline_and_never_early) {
    TimerWheel wheel(t0);
    Timer on_tick, between;
    wheel.set(on_tick, t0 + 2 * tick);
    wheel.set(between, t0 + 2 * tick + 1ns);

    advance(wheel, t0 + 2 * tick - 1ns);
    EXPECT_EQ(on_tick.fired, 0);
    advance(wheel, t0 + 2 * tick);
    EXPECT_EQ(on_tick.fired, 1);
    EXPECT_EQ(between.fired, 0);
    advance(wheel, t0 + 3 * tick);
    EXPECT_EQ(between.fired, 1);
    EXPECT_EQ(between.deadline(), never);
    // Once.
    advance(wheel, t0 + 5000 * tick);
    EXPECT_EQ(on_tick.fired + between.fired, 2);
}

TEST(TimerWheel, a_deadline_moved_later_is_found_again_when_its_old_slot_is_visited) {
    TimerWheel wheel(t0);
    Timer timer;
    wheel.set(timer, t0 + 2 * tick);
    wheel.set(timer, t0 + 10 * tick);
    // The move was one store: the wheel still looks at the old slot.
    EXPECT_EQ(wheel.next_due(), t0 + 2 * tick);
    advance(wheel, t0 + 2 * tick);
    EXPECT_EQ(timer.fired, 0);
    EXPECT_EQ(wheel.next_due(), t0 + 10 * tick);
    advance(wheel, t0 + 10 * tick);
    EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, a_deadline_moved_earlier_fires_at_the_earlier_one) {
    TimerWheel wheel(t0);
    Timer timer;
    wheel.set(timer, t0 + 100 * tick);
    wheel.set(timer, t0 + 3 * tick);
    EXPECT_EQ(wheel.next_due(), t0 + 3 * tick);
    advance(wheel, t0 + 3 * tick);
    EXPECT_EQ(timer.fired, 1);
    EXPECT_EQ(wheel.next_due(), never);
}

TEST(TimerWheel, a_deadline_beyond_the_horizon_fires_on_its_own_round) {
    TimerWheel wheel(t0);
    Timer timer;
    wheel.set(timer, t0 + 3000 * tick);
    int wake_ups = 0;
    while (timer.fired == 0) {
        ASSERT_LT(++wake_ups, 10);
        ASSERT_LE(wheel.next_due(), t0 + 3000 * tick);
        advance(wheel, wheel.next_due());
    }
    EXPECT_EQ(wake_ups, 3);
}

TEST(TimerWheel, a_jump_over_many_rounds_fires_everything_that_is_due) {
    TimerWheel wheel(t0);
    std::deque<Timer> timers(50);
    for (int i = 0; i < 50; ++i)
        wheel.set(timers[static_cast<std::size_t>(i)], t0 + i * 200 * tick);
    advance(wheel, t0 + 100'000 * tick);
    for (const Timer& timer : timers) EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, a_deadline_in_the_past_fires_at_the_next_tick) {
    TimerWheel wheel(t0);
    Timer timer;
    wheel.set(timer, t0 - 1h);
    EXPECT_EQ(wheel.next_due(), t0 + tick);
    advance(wheel, t0 + tick);
    EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, a_cleared_node_does_not_fire_and_leaves_nothing_to_look_at) {
    TimerWheel wheel(t0);
    Timer timer;
    wheel.set(timer, t0 + 5 * tick);
    wheel.clear(timer);
    wheel.clear(timer);
    EXPECT_EQ(wheel.next_due(), never);
    advance(wheel, t0 + 10 * tick);
    EXPECT_EQ(timer.fired, 0);
}

TEST(TimerWheel, a_node_set_to_never_is_forgotten_when_its_slot_is_visited) {
    TimerWheel wheel(t0);
    Timer timer;
    wheel.set(timer, t0 + 5 * tick);
    wheel.set(timer, never);
    advance(wheel, t0 + 10 * tick);
    EXPECT_EQ(timer.fired, 0);
    EXPECT_EQ(wheel.next_due(), never);
}

TEST(TimerWheel, a_node_that_sets_itself_in_its_own_turn_fires_again_later) {
    TimerWheel wheel(t0);
    Timer timer;
    wheel.set(timer, t0 + tick);
    // Even a deadline that has passed waits for the next tick: no endless round.
    wheel.advance(t0 + 5000 * tick, [&](TimerWheel::Node& node) {
        ++timer.fired;
        wheel.set(node, t0 + tick);
    });
    EXPECT_EQ(timer.fired, 1);
    EXPECT_EQ(wheel.next_due(), t0 + 5001 * tick);
    advance(wheel, t0 + 5001 * tick);
    EXPECT_EQ(timer.fired, 2);
}

TEST(TimerWheel, the_first_of_two_due_nodes_may_clear_move_or_destroy_the_second) {
    for (const int what : {0, 1, 2}) {
        TimerWheel wheel(t0);
        Timer first;
        auto second = std::make_unique<Timer>();
        wheel.set(first, t0 + tick);
        wheel.set(*second, t0 + tick);
        int fired = 0;
        wheel.advance(t0 + tick, [&](TimerWheel::Node& node) {
            ++fired;
            ASSERT_EQ(&node, &first);
            if (what == 0) wheel.clear(*second);
            if (what == 1) wheel.set(*second, t0 + 9 * tick);
            if (what == 2) second.reset();
        });
        EXPECT_EQ(fired, 1);
        EXPECT_EQ(wheel.next_due(), what == 1 ? t0 + 9 * tick : never);
        advance(wheel, t0 + 20 * tick);
        if (second) {
            EXPECT_EQ(second->fired, what == 1 ? 1 : 0);
        }
    }
}

TEST(TimerWheel, node_and_wheel_may_end_in_either_order) {
    TimerWheel wheel(t0);
    {
        Timer timer;
        wheel.set(timer, t0 + tick);
    }
    advance(wheel, t0 + 2 * tick);
    EXPECT_EQ(wheel.next_due(), never);

    Timer survivor;
    {
        TimerWheel other(t0);
        other.set(survivor, t0 + tick);
    }
    EXPECT_EQ(survivor.deadline(), never);
    wheel.set(survivor, t0 + 3 * tick);
    advance(wheel, t0 + 3 * tick);
    EXPECT_EQ(survivor.fired, 1);
}

TEST(TimerWheel, time_that_goes_back_changes_nothing) {
    TimerWheel wheel(t0);
    Timer timer;
    wheel.set(timer, t0 + tick);
    advance(wheel, t0 - 1h);
    EXPECT_EQ(wheel.next_due(), t0 + tick);
    advance(wheel, t0 + tick);
    EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, agrees_with_a_sorted_map_under_random_sets_clears_and_steps) {
    for (std::uint32_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        TimePoint now = t0 + Duration{random() % 1'000'000};
        TimerWheel wheel(now);
        std::deque<Timer> timers(100);
        std::map<Timer*, TimePoint> live;

        for (int step = 0; step < 5'000; ++step) {
            Timer& timer = timers[random() % timers.size()];
            const std::uint32_t dice = random() % 10;
            if (dice < 6) {
                // Mostly near, sometimes beyond the horizon, sometimes past.
                const Duration ahead{static_cast<std::int64_t>(random() % 8'000) *
                                     (random() % 4 == 0 ? 1'000'000 : 10'000)};
                const TimePoint deadline = now + ahead - 1ms;
                wheel.set(timer, deadline);
                live[&timer] = deadline;
            } else if (dice < 7) {
                wheel.clear(timer);
                live.erase(&timer);
            } else {
                const TimePoint before = now;
                now += Duration{random() % (random() % 50 == 0 ? 9'000'000'000 : 20'000'000)};
                wheel.advance(now, [&](TimerWheel::Node& node) {
                    const auto found = live.find(&static_cast<Timer&>(node));
                    ASSERT_NE(found, live.end()) << "fired without being set";
                    ASSERT_LE(found->second, now) << "fired early";
                    live.erase(found);
                });
                for (const auto& [late, deadline] : live) {
                    ASSERT_GT(std::max(deadline, before) + tick, now) << "not fired in time";
                }
            }
            TimePoint first = never;
            for (const auto& [t, deadline] : live) first = std::min(first, deadline);
            if (first != never) {
                ASSERT_LE(wheel.next_due(), std::max(first, now) + tick);
            }
            ASSERT_GT(wheel.next_due(), now);
        }
    }
}

}  // namespace
}  // namespace spillway::core
