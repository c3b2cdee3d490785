#include "spillway/core/latest_n.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace spillway::core {
namespace {

TEST(LatestN, keeps_the_latest_and_counts_what_it_overwrote) {
    LatestN<int> latest(3);
    EXPECT_FALSE(latest.push(1));
    EXPECT_FALSE(latest.push(2));
    EXPECT_FALSE(latest.push(3));
    EXPECT_TRUE(latest.push(4));
    EXPECT_TRUE(latest.push(5));
    EXPECT_EQ(latest.size(), 3U);
    EXPECT_EQ(latest.overwritten(), 2U);
    EXPECT_EQ(latest[0], 3);
    EXPECT_EQ(latest[2], 5);
}

TEST(LatestN, gives_back_in_order_and_has_room_again) {
    LatestN<int> latest(2);
    latest.push(1);
    latest.push(2);
    latest.push(3);
    EXPECT_EQ(latest.pop(), 2);
    EXPECT_FALSE(latest.push(4));
    EXPECT_EQ(latest.pop(), 3);
    EXPECT_EQ(latest.pop(), 4);
    EXPECT_EQ(latest.pop(), std::nullopt);
    EXPECT_TRUE(latest.empty());
    EXPECT_EQ(latest.overwritten(), 1U);
}

TEST(LatestN, holds_no_element_longer_than_needed) {
    auto value = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = value;
    LatestN<std::shared_ptr<int>> latest(1);
    latest.push(std::move(value));
    latest.push(std::make_shared<int>(2));
    EXPECT_TRUE(watch.expired());
}

TEST(LatestN, takes_elements_that_can_only_be_moved) {
    LatestN<std::unique_ptr<int>> latest(2);
    latest.push(std::make_unique<int>(7));
    const auto taken = latest.pop();
    ASSERT_TRUE(taken);
    EXPECT_EQ(**taken, 7);
}

}  // namespace
}  // namespace spillway::core
