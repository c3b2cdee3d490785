#include "spillway/core/shuffle_hand.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <random>
#include <vector>

namespace spillway::core {
namespace {

TEST(ShuffleHand, holds_different_queues_that_there_are) {
    std::mt19937_64 hash(1);
    for (const std::uint32_t queues : {8U, 9U, 64U, 1024U}) {
        for (int i = 0; i < 10'000; ++i) {
            const ShuffleHand hand(hash(), queues, 8);
            ASSERT_TRUE(std::ranges::adjacent_find(hand.cards(), std::greater_equal<>{}) ==
                        hand.cards().end());
            ASSERT_LT(hand.cards().back(), queues);
        }
    }
}

TEST(ShuffleHand, every_combination_is_dealt_exactly_as_often_as_any_other) {
    // 5 * 4 * 3 = 60 deals in order, so six for each of the ten sets of three.
    std::map<std::array<std::uint32_t, 3>, int> times;
    for (std::uint64_t hash = 0; hash < 60; ++hash) {
        const ShuffleHand hand(hash, 5, 3);
        std::array<std::uint32_t, 3> set{};
        std::ranges::copy(hand.cards(), set.begin());
        ++times[set];
    }
    EXPECT_EQ(times.size(), 10U);
    for (const auto& [set, count] : times) EXPECT_EQ(count, 6);
}

TEST(ShuffleHand, of_all_queues_is_all_of_them) {
    const ShuffleHand hand(12'345, 3, 3);
    EXPECT_EQ(std::vector(hand.cards().begin(), hand.cards().end()),
              (std::vector<std::uint32_t>{0, 1, 2}));
}

}  // namespace
}  // namespace spillway::core
