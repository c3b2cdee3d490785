#include "scenario/random.hpp"

#include <gtest/gtest.h>

#include <array>

namespace spillway::scenario {

TEST(Random, below_is_even_and_stays_below) {
    Random random{1, Stream::mix};
    std::array<int, 7> counts{};
    for (int i = 0; i < 70'000; ++i) ++counts.at(random.below(7));
    for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
    EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, exponential_has_mean_and_variance_one) {
    Random random{5, Stream::arrivals};
    double sum = 0;
    double squares = 0;
    constexpr int n = 200'000;
    for (int i = 0; i < n; ++i) {
        const double drawn = random.exponential();
        ASSERT_GE(drawn, 0);
        sum += drawn;
        squares += drawn * drawn;
    }
    EXPECT_NEAR(sum / n, 1, 0.01);
    EXPECT_NEAR(squares / n - (sum / n) * (sum / n), 1, 0.03);
}

TEST(Random, streams_of_one_seed_differ) {
    EXPECT_NE(Random(1, Stream::mix).bits(), Random(1, Stream::arrivals).bits());
    EXPECT_NE(Random(1, Stream::mix).bits(), Random(1ULL << 32U, Stream::mix).bits());
    EXPECT_EQ(Random(1, Stream::mix).bits(), Random(1, Stream::mix).bits());
}

}  // namespace spillway::scenario
