#include "spillway/core/rate/token_bucket.hpp"

#include <gtest/gtest.h>

#include <random>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1h};

TEST(TokenBucket, counts_tokens_with_their_fractions) {
    TokenBucket bucket({.rate = 10, .period = 1s, .burst = 5});
    EXPECT_DOUBLE_EQ(bucket.tokens(t0), 5);
    EXPECT_TRUE(bucket.allow(t0, 4).allowed);
    EXPECT_DOUBLE_EQ(bucket.tokens(t0), 1);
    EXPECT_DOUBLE_EQ(bucket.tokens(t0 + 150ms), 2.5);
    EXPECT_DOUBLE_EQ(bucket.tokens(t0 + 1h), 5);
}

TEST(TokenBucket, a_reservation_may_drive_it_below_zero) {
    TokenBucket bucket({.rate = 10, .period = 1s, .burst = 5});
    EXPECT_TRUE(bucket.reserve(t0, 5, 1s).allowed);
    EXPECT_EQ(bucket.reserve(t0, 5, 1s).delay, 500ms);
    EXPECT_DOUBLE_EQ(bucket.tokens(t0), -5);
}

TEST(TokenBucket, a_new_rate_keeps_the_tokens) {
    TokenBucket bucket({.rate = 10, .period = 1s, .burst = 5});
    EXPECT_TRUE(bucket.allow(t0, 4).allowed);
    bucket.reconfigure(t0 + 100ms, {.rate = 1, .period = 1s, .burst = 5});
    EXPECT_DOUBLE_EQ(bucket.tokens(t0 + 100ms), 2);
    EXPECT_DOUBLE_EQ(bucket.tokens(t0 + 1100ms), 3);
}

TEST(TokenBucket, a_smaller_burst_caps_them_and_a_larger_one_brings_none) {
    TokenBucket bucket({.rate = 10, .period = 1s, .burst = 5});
    bucket.reconfigure(t0, {.rate = 10, .period = 1s, .burst = 3});
    EXPECT_DOUBLE_EQ(bucket.tokens(t0), 3);
    bucket.reconfigure(t0, {.rate = 10, .period = 1s, .burst = 8});
    EXPECT_DOUBLE_EQ(bucket.tokens(t0), 3);
    EXPECT_DOUBLE_EQ(bucket.tokens(t0 + 1s), 8);
}

TEST(TokenBucket, what_is_owed_is_owed_in_tokens_at_any_rate) {
    TokenBucket bucket({.rate = 10, .period = 1s, .burst = 2});
    EXPECT_TRUE(bucket.reserve(t0, 2, 1s).allowed);
    EXPECT_EQ(bucket.reserve(t0, 2, 1s).delay, 200ms);
    bucket.reconfigure(t0, {.rate = 1, .period = 1s, .burst = 4});
    EXPECT_DOUBLE_EQ(bucket.tokens(t0), -2);
    EXPECT_EQ(bucket.allow(t0, 0).retry_after, 2s);
}

TEST(TokenBucketProperty, reconfiguring_at_random_never_creates_a_token) {
    constexpr std::uint64_t seed = 7;
    std::mt19937_64 random(seed);
    const auto options = [&] {
        return RateOptions{.rate = 1 + random() % 1000, .period = 1s, .burst = 1 + random() % 50};
    };
    for (int round = 0; round < 200; ++round) {
        TokenBucket bucket(options());
        for (int step = 0; step < 100; ++step) {
            const double before = bucket.tokens(t0);
            bucket.reconfigure(t0, options());
            const auto burst = static_cast<double>(bucket.options().burst);
            // Kept up to the new burst, and rounded down by less than two millionths.
            ASSERT_LE(bucket.tokens(t0), std::min(before, burst) + 1e-9) << "seed " << seed;
            ASSERT_GE(bucket.tokens(t0), std::min(before, burst) - 2e-6) << "seed " << seed;
            (void)bucket.reserve(t0, 1 + random() % bucket.options().burst, 100ms);
        }
    }
}

}  // namespace
}  // namespace spillway::core
