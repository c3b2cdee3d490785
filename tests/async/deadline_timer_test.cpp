#include "spillway/async/deadline_timer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>

namespace spillway::async {
namespace {

// A steady clock has passed the first of these and will not reach the other two.
constexpr core::TimePoint long_ago{};
constexpr core::TimePoint far_away = core::never - std::chrono::hours(1);
constexpr core::TimePoint farther_away = core::never - std::chrono::minutes(1);

struct DeadlineTimerTest : testing::Test {
    boost::asio::io_context loop{1};
    int calls = 0;
    core::TimePoint next = core::never;
    std::optional<DeadlineTimer> timer{std::in_place, loop.get_executor(), [this](core::TimePoint) {
                                           ++calls;
                                           return next;
                                       }};
};

TEST_F(DeadlineTimerTest, an_unarmed_timer_keeps_no_loop_running) {
    EXPECT_EQ(loop.run(), 0U);
    EXPECT_EQ(calls, 0);
}

TEST_F(DeadlineTimerTest, calls_back_once_its_instant_has_come) {
    timer->arm(far_away);
    loop.poll();
    EXPECT_EQ(calls, 0);

    // An earlier instant takes the place of a later one.
    timer->arm(long_ago);
    loop.poll();
    EXPECT_EQ(calls, 1);
    loop.poll();
    EXPECT_EQ(calls, 1);
}

TEST_F(DeadlineTimerTest, a_later_instant_does_not_push_back_an_earlier_one) {
    timer->arm(long_ago);
    timer->arm(far_away);
    loop.poll();
    EXPECT_EQ(calls, 1);
}

TEST_F(DeadlineTimerTest, is_armed_again_to_what_the_callback_returns) {
    next = far_away;
    timer->arm(long_ago);
    loop.poll();
    EXPECT_EQ(calls, 1);

    // Later than the one armed: ignored. Earlier: taken.
    timer->arm(farther_away);
    loop.poll();
    EXPECT_EQ(calls, 1);
    timer->arm(long_ago);
    loop.poll();
    EXPECT_EQ(calls, 2);
}

TEST_F(DeadlineTimerTest, never_calls_back_after_stop) {
    timer->arm(long_ago);
    timer->stop();
    timer->arm(long_ago);
    loop.poll();
    EXPECT_EQ(calls, 0);
}

TEST_F(DeadlineTimerTest, may_be_destroyed_with_its_instant_come_and_not_called) {
    timer->arm(long_ago);
    timer.reset();
    loop.run();
    EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace spillway::async
