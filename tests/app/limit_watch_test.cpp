#include "app/limit_watch.hpp"

#include <gtest/gtest.h>

namespace spillway::app {
namespace {

using namespace std::chrono_literals;
using Bound = LimitWatch::Bound;

constexpr core::TimePoint start{};
constexpr core::LimitBounds bounds{.min = 2, .max = 100, .initial = 10};

TEST(limit_watch, a_limit_that_stays_at_a_bound_is_news_once) {
    LimitWatch watch;
    EXPECT_FALSE(watch.update(start, 2, bounds));
    EXPECT_FALSE(watch.update(start + 9s, 2, bounds));
    EXPECT_EQ(watch.update(start + 10s, 2, bounds), Bound::min);
    EXPECT_FALSE(watch.update(start + 11s, 2, bounds));
    EXPECT_FALSE(watch.update(start + 1h, 2, bounds));
}

TEST(limit_watch, one_that_touches_a_bound_now_and_then_is_at_work) {
    LimitWatch watch;
    for (auto now = start; now < start + 1h; now += 10s) {
        EXPECT_FALSE(watch.update(now, 100, bounds));
        EXPECT_FALSE(watch.update(now + 9s, 99.5, bounds));
    }
}

TEST(limit_watch, leaving_a_bound_is_news_when_it_lasts) {
    LimitWatch watch;
    (void)watch.update(start, 100, bounds);
    ASSERT_EQ(watch.update(start + 10s, 100, bounds), Bound::max);
    EXPECT_FALSE(watch.update(start + 11s, 60, bounds));
    EXPECT_FALSE(watch.update(start + 12s, 100, bounds)) << "was away for a second";
    EXPECT_FALSE(watch.update(start + 30s, 60, bounds));
    EXPECT_EQ(watch.update(start + 40s, 50, bounds), Bound::none);
    EXPECT_FALSE(watch.update(start + 41s, 1, bounds));
    EXPECT_EQ(watch.update(start + 51s, 1, bounds), Bound::min);
}

TEST(limit_watch, bounds_that_leave_no_choice_are_no_news) {
    LimitWatch watch;
    constexpr core::LimitBounds one{.min = 4, .max = 4, .initial = 4};
    EXPECT_FALSE(watch.update(start, 4, one));
    EXPECT_FALSE(watch.update(start + 1h, 4, one));
}

}  // namespace
}  // namespace spillway::app
