#include "spillway/core/byte_budget.hpp"

#include <gtest/gtest.h>

namespace spillway::core {
namespace {

TEST(ByteBudget, grows_to_the_last_byte_and_not_beyond) {
    ByteBudget budget(100);
    auto a = budget.reserve();
    auto b = budget.reserve();
    EXPECT_TRUE(a.try_grow(60));
    EXPECT_FALSE(b.try_grow(41));
    EXPECT_EQ(b.size(), 0U);
    EXPECT_EQ(budget.used(), 60U);
    EXPECT_TRUE(b.try_grow(40));
    EXPECT_TRUE(budget.is_full());
    EXPECT_FALSE(a.try_grow(1));
    EXPECT_FALSE(a.try_grow(SIZE_MAX));
}

TEST(ByteBudget, a_reservation_gives_back_what_it_shrinks_and_the_rest_at_its_end) {
    ByteBudget budget(100);
    {
        auto reservation = budget.reserve();
        ASSERT_TRUE(reservation.try_grow(100));
        reservation.shrink(30);
        EXPECT_EQ(reservation.size(), 70U);
        EXPECT_EQ(budget.used(), 70U);
        EXPECT_FALSE(budget.is_full());
    }
    EXPECT_EQ(budget.used(), 0U);
}

TEST(ByteBudget, a_released_reservation_can_grow_again) {
    ByteBudget budget(10);
    auto reservation = budget.reserve();
    ASSERT_TRUE(reservation.try_grow(10));
    reservation.release();
    reservation.release();
    EXPECT_EQ(budget.used(), 0U);
    EXPECT_TRUE(reservation.try_grow(10));
}

TEST(ByteBudget, moving_a_reservation_moves_its_bytes_once) {
    ByteBudget budget(10);
    auto a = budget.reserve();
    ASSERT_TRUE(a.try_grow(4));
    auto b = budget.reserve();
    ASSERT_TRUE(b.try_grow(5));

    a = std::move(b);
    EXPECT_EQ(budget.used(), 5U);
    EXPECT_EQ(a.size(), 5U);
    ByteBudget::Reservation c(std::move(a));
    EXPECT_EQ(budget.used(), 5U);
    c.release();
    EXPECT_EQ(budget.used(), 0U);
}

TEST(ByteBudget, an_empty_reservation_holds_nothing_and_cannot_grow) {
    ByteBudget::Reservation none;
    EXPECT_FALSE(none.try_grow(1));
    none.release();
    EXPECT_EQ(none.size(), 0U);
}

TEST(ByteBudget, a_budget_of_nothing_is_full) {
    ByteBudget budget(0);
    EXPECT_TRUE(budget.is_full());
    auto reservation = budget.reserve();
    EXPECT_FALSE(reservation.try_grow(1));
}

TEST(ByteBudget, a_lowered_bound_takes_nothing_back_and_gives_nothing_out_above_it) {
    ByteBudget budget(100);
    auto held = budget.reserve();
    EXPECT_TRUE(held.try_grow(80));
    budget.set_max(50);
    EXPECT_TRUE(budget.is_full());
    EXPECT_FALSE(held.try_grow(1));
    held.shrink(40);
    EXPECT_FALSE(held.try_grow(11));
    EXPECT_TRUE(held.try_grow(10));
    budget.set_max(200);
    EXPECT_TRUE(held.try_grow(150));
}
}  // namespace
}  // namespace spillway::core
