#include "spillway/core/retry_after.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;

TEST(BacklogTime, is_the_work_ahead_divided_among_the_permits) {
    EXPECT_EQ(backlog_time(0, 4, 100ms), 0ms);
    EXPECT_EQ(backlog_time(8, 4, 100ms), 200ms);
    EXPECT_EQ(backlog_time(1, 4, 100ms), 25ms);
    EXPECT_EQ(backlog_time(8, 4, 0ms), 0ms);
}

TEST(BacklogTime, saturates_at_an_hour) {
    EXPECT_EQ(backlog_time(1, 0, 1ms), 1h);
    EXPECT_EQ(backlog_time(UINT32_MAX, 1, 24h), 1h);
}

TEST(RetryAfter, spreads_a_long_backlog_over_its_own_length) {
    EXPECT_THAT(retry_after_spread(15s),
                ElementsAre(15, 23, 19, 27, 17, 25, 21, 29, 16, 24, 20, 28, 18, 26, 22, 30));
}

TEST(RetryAfter, keeps_every_promise_for_every_backlog) {
    for (Duration t = -1s; t < 70min; t += t < 5s ? Duration{7ms} : Duration{331ms}) {
        const auto values = retry_after_spread(t);
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        ASSERT_GE(*least, 1U);
        ASSERT_LE(*most, 3600U);
        ASSERT_LT(*least, *most) << "one value only for t = " << to_seconds(t);
        if (t <= 3599s) {
            ASSERT_GE(*least, to_seconds(t)) << "before the backlog drains";
            ASSERT_EQ(*least, std::ceil(std::max(to_seconds(t), 0.001)));
        }
        ASSERT_LE(*most, std::ceil(std::max({2 * to_seconds(t), to_seconds(t) + 1, 1.001})));
    }
}

TEST(RetryAfter, neighbours_are_far_apart) {
    const auto values = retry_after_spread(60s);
    for (std::size_t i = 1; i < values.size(); ++i) {
        const auto [a, b] = std::minmax(values[i - 1], values[i]);
        EXPECT_GE(b - a, 15U);
    }
}

}  // namespace
}  // namespace spillway::core
