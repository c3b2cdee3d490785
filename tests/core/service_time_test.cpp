#include "spillway/core/service_time.hpp"

#include <gtest/gtest.h>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1h};

TEST(ServiceTime, knows_nothing_before_its_first_sample_and_then_believes_it) {
    ServiceTime time;
    EXPECT_EQ(time.mean(), 0ms);
    EXPECT_EQ(time.usual(t0), std::nullopt);
    time.record(t0, 100ms);
    EXPECT_EQ(time.mean(), 100ms);
    EXPECT_EQ(time.usual(t0), 100ms);
}

TEST(ServiceTime, moves_a_sixteenth_of_the_way_to_each_sample) {
    ServiceTime time;
    time.record(t0, 100ms);
    time.record(t0, 260ms);
    EXPECT_EQ(time.mean(), 110ms);
    time.record(t0, 30ms);
    EXPECT_EQ(time.mean(), 105ms);
    for (int i = 0; i < 400; ++i) time.record(t0, 20ms);
    EXPECT_NEAR(to_seconds(time.mean()), 0.020, 1e-6);
}

TEST(ServiceTime, an_estimate_without_recent_samples_is_no_ground_to_refuse) {
    ServiceTime fast;
    fast.record(t0, 10ms);
    EXPECT_EQ(fast.usual(t0 + 1s - 1ns), 10ms);
    EXPECT_EQ(fast.usual(t0 + 1s), std::nullopt);
    EXPECT_EQ(fast.mean(), 10ms);
    // A slow service has fewer samples: it is given four times its mean.
    ServiceTime slow;
    slow.record(t0, 2s);
    EXPECT_EQ(slow.usual(t0 + 8s - 1ns), 2s);
    EXPECT_EQ(slow.usual(t0 + 8s), std::nullopt);
    // The next sample makes it usual again.
    slow.record(t0 + 9s, 2s);
    EXPECT_EQ(slow.usual(t0 + 9s), 2s);
}

TEST(ServiceTime, a_sample_of_nothing_is_still_a_sample) {
    ServiceTime time;
    time.record(t0, 0ns);
    EXPECT_TRUE(time.usual(t0));
}

}  // namespace
}  // namespace spillway::core
