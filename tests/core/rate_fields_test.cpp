#include "spillway/core/rate/rate_fields.hpp"

#include <gtest/gtest.h>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

std::string policy_of(const RateOptions& options) {
    return std::string(RateFields("default", options).policy());
}

TEST(RateFields, the_policy_tells_quota_and_window) {
    EXPECT_EQ(policy_of({.rate = 100, .period = 1s, .burst = 100}), R"("default";q=100;w=1)");
    EXPECT_EQ(policy_of({.rate = 1000, .period = 1h, .burst = 1000}), R"("default";q=1000;w=3600)");
}

TEST(RateFields, a_burst_that_is_not_the_quota_is_told_as_well) {
    EXPECT_EQ(policy_of({.rate = 100, .period = 1s, .burst = 200}),
              R"("default";q=100;w=1;spillway-burst=200)");
}

TEST(RateFields, a_window_is_whole_seconds_at_the_same_rate) {
    EXPECT_EQ(policy_of({.rate = 10, .period = 100ms, .burst = 10}), R"("default";q=100;w=1)");
    EXPECT_EQ(policy_of({.rate = 3, .period = 1500ms, .burst = 3}), R"("default";q=4;w=2)");
}

TEST(RateFields, the_limit_tells_what_remains_and_the_seconds_until_more) {
    const RateFields fields("default", {.rate = 2, .period = 1min, .burst = 5});
    EXPECT_EQ(fields.limit({.remaining = 5}).view(), R"("default";r=5;t=0)");
    EXPECT_EQ(fields.limit({.remaining = 4, .next_after = 30s, .full_after = 30s}).view(),
              R"("default";r=4;t=30)");
    EXPECT_EQ(fields.limit({.remaining = 0, .next_after = 1ns, .full_after = 2min}).view(),
              R"("default";r=0;t=1)");
}

TEST(RateFields, a_name_is_a_structured_string_whatever_is_in_it) {
    const RateOptions options{.rate = 1, .burst = 1};
    EXPECT_EQ(RateFields("a\"b\\c", options).policy(), R"("a\"b\\c";q=1;w=1)");
    EXPECT_EQ(RateFields("tab\there\xff", options).policy(), R"("tab?here?";q=1;w=1)");
    const RateFields longest(std::string(1000, '"'), options);
    EXPECT_EQ(
        longest.limit({.remaining = UINT64_MAX, .next_after = Duration::max()}).view(), "\"" + [] {
            std::string quotes;
            for (int i = 0; i < 64; ++i) quotes += "\\\"";
            return quotes;
        }() + "\";r=999999999999999;t=9223372037");
}

TEST(RateFields, retry_after_is_rounded_up_and_never_zero) {
    EXPECT_EQ(retry_after_seconds({.retry_after = 1ns, .full_at = {}}), 1U);
    EXPECT_EQ(retry_after_seconds({.retry_after = 1s, .full_at = {}}), 1U);
    EXPECT_EQ(retry_after_seconds({.retry_after = 1s + 1ns, .full_at = {}}), 2U);
    EXPECT_EQ(retry_after_seconds({.retry_after = Duration::max(), .full_at = {}}), std::nullopt);
}

TEST(RateFields, the_limit_never_names_a_later_instant_than_retry_after) {
    for (std::uint64_t cost = 1; cost <= 5; ++cost) {
        Gcra bucket({.rate = 7, .period = 10s, .burst = 5});
        for (TimePoint now{1h}; now < TimePoint{1h + 20s}; now += 130ms) {
            const RateDecision decision = bucket.allow(now, cost);
            if (!decision.allowed) {
                EXPECT_LE(bucket.standing(now).next_after, decision.retry_after);
            }
        }
    }
}

}  // namespace
}  // namespace spillway::core
