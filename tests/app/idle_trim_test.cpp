#include "app/idle_trim.hpp"

#include <gtest/gtest.h>

namespace spillway::app {
namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint start{};

TEST(idle_trim, is_due_once_when_a_stretch_of_work_is_over) {
    IdleTrim trim;
    EXPECT_FALSE(trim.update(start, 3, 1));
    EXPECT_FALSE(trim.update(start + 1s, 3, 0));
    EXPECT_FALSE(trim.update(start + 4s, 3, 0));
    EXPECT_TRUE(trim.update(start + 5s, 3, 0));
    EXPECT_FALSE(trim.update(start + 6s, 3, 0));
    EXPECT_FALSE(trim.update(start + 1h, 3, 0));
    EXPECT_FALSE(trim.update(start + 1h + 1s, 4, 0)) << "work again";
    EXPECT_TRUE(trim.update(start + 1h + 6s, 4, 0));
}

TEST(idle_trim, a_service_that_never_worked_has_nothing_to_give_back) {
    IdleTrim trim;
    EXPECT_FALSE(trim.update(start, 0, 0));
    EXPECT_FALSE(trim.update(start + 1h, 0, 0));
}

TEST(idle_trim, waits_as_long_as_anything_is_unfinished_or_comes_now_and_then) {
    IdleTrim trim;
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(trim.update(start + i * 4s, 1, 1));
    for (int i = 0; i < 100; ++i)
        EXPECT_FALSE(trim.update(start + 400s + i * 4s, 2U + static_cast<unsigned>(i), 0));
}

}  // namespace
}  // namespace spillway::app
