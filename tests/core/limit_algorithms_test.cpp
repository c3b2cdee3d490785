// What each algorithm is for, in a few steps each. That their arithmetic is the references' to the
// last bit is what tests/replay shows.

#include <gtest/gtest.h>

#include "spillway/core/limit/aimd.hpp"
#include "spillway/core/limit/fixed.hpp"
#include "spillway/core/limit/gradient.hpp"
#include "spillway/core/limit/gradient2.hpp"
#include "spillway/core/limit/gradient_minrtt.hpp"
#include "spillway/core/limit/quantile.hpp"
#include "spillway/core/limit/vegas.hpp"
#include "spillway/core/limit/window.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1000s};

Sample fast(std::uint32_t in_flight, Duration rtt = 10ms) {
    return {.rtt = rtt, .in_flight = in_flight};
}
Sample failed(std::uint32_t in_flight) {
    return {.rtt = 10ms, .in_flight = in_flight, .outcome = Outcome::overloaded};
}

TEST(FixedLimit, stays_what_it_was_told_to_be) {
    FixedLimit limit({.value = 7});
    limit.on_sample(t0, failed(7));
    EXPECT_EQ(limit.limit(), 7U);
}

TEST(AimdLimit, adds_one_when_at_least_half_is_used_and_says_why) {
    AimdLimit limit({.initial = 20, .min = 1, .max = 22});
    EXPECT_EQ(limit.on_sample(t0, fast(10)), LimitReason::growth);
    EXPECT_EQ(limit.limit(), 21U);
    EXPECT_EQ(limit.on_sample(t0, fast(10)), LimitReason::app_limited);
    EXPECT_EQ(limit.limit(), 21U);
}

TEST(AimdLimit, takes_a_success_after_the_timeout_for_a_failure) {
    AimdLimit limit({.initial = 100, .min = 1, .timeout = 1s});
    EXPECT_EQ(limit.on_sample(t0, fast(100, 1s)), LimitReason::growth);
    EXPECT_EQ(limit.on_sample(t0, fast(100, 1s + 1ns)), LimitReason::overload);
    EXPECT_EQ(limit.limit(), 90U);
}

TEST(VegasLimit, grows_without_a_queue_and_shrinks_with_a_long_one) {
    VegasLimit limit({.initial = 100});
    EXPECT_EQ(limit.on_sample(t0, fast(100)), LimitReason::steady);  // the first is the minimum
    EXPECT_EQ(limit.on_sample(t0, fast(100)), LimitReason::growth);
    EXPECT_EQ(limit.limit(), 112U);
    EXPECT_EQ(limit.on_sample(t0, fast(100, 20ms)), LimitReason::latency);
    EXPECT_EQ(limit.metrics().queue, 56);
    EXPECT_EQ(limit.metrics().baseline, 10ms);
    EXPECT_EQ(limit.limit(), 110U);
}

TEST(VegasLimit, forgets_its_minimum_at_a_probe_and_a_cap_takes_it_back) {
    VegasLimit limit({.initial = 1, .probe_multiplier = 3, .probe_jitter = 1});
    limit.on_sample(t0, fast(1, 10ms));
    limit.on_sample(t0, fast(0, 80ms));
    EXPECT_EQ(limit.on_sample(t0, fast(0, 80ms)), LimitReason::probe);
    EXPECT_EQ(limit.metrics().baseline, 80ms);
    limit.cap_baseline(20ms);
    EXPECT_EQ(limit.metrics().baseline, 20ms);
}

TEST(Gradient2Limit, accepts_in_time_what_lasts) {
    Gradient2Limit limit({.initial = 100, .min = 1, .max = 200, .long_window = 50});
    for (int i = 0; i < 400; ++i) limit.on_sample(t0, fast(200));
    ASSERT_EQ(limit.limit(), 200U);
    for (int i = 0; i < 20; ++i) limit.on_sample(t0, fast(200, 100ms));
    EXPECT_EQ(limit.metrics().reason, LimitReason::latency);
    EXPECT_LT(limit.limit(), 100U);
    for (int i = 0; i < 400; ++i) limit.on_sample(t0, fast(200, 100ms));
    EXPECT_GT(limit.limit(), 150U) << "the drift that BaselineGuard is for";
}

TEST(Gradient2Limit, does_not_drift_past_a_cap) {
    Gradient2Limit limit({.initial = 100, .min = 1, .max = 200, .long_window = 50});
    for (int i = 0; i < 400; ++i) {
        limit.on_sample(t0, fast(200, i < 20 ? 10ms : 100ms));
        limit.cap_baseline(20ms);
    }
    EXPECT_LT(limit.limit(), 10U);
}

TEST(GradientLimit, drops_to_the_floor_at_a_probe_and_to_a_share_with_the_cure) {
    GradientLimit::Options options{.initial = 100, .probe_countdown = 1};
    GradientLimit reference(options);
    options.probe_keeps = 0.75;
    GradientLimit shallow(options);
    for (auto* limit : {&reference, &shallow}) {
        limit->on_sample(t0, fast(10));
        ASSERT_EQ(limit->limit(), 100U);
        EXPECT_EQ(limit->on_sample(t0, fast(10)), LimitReason::probe);
    }
    EXPECT_EQ(reference.limit(), 10U);
    EXPECT_EQ(shallow.limit(), 75U);
}

GradientMinRttLimit<NearestRank> min_rtt(const GradientMinRttOptions& options) {
    return {options, t0, NearestRank(1000)};
}

TEST(GradientMinRttLimit, begins_in_a_window_that_its_request_count_closes) {
    auto limit = min_rtt({.min = 7, .rtt_min_requests = 50});
    for (int i = 0; i < 49; ++i) limit.on_sample(t0 + 13ms, fast(1, 13ms));
    EXPECT_TRUE(limit.in_rtt_min_window());
    limit.on_sample(t0 + 13ms, fast(1, 13ms));
    EXPECT_FALSE(limit.in_rtt_min_window());
    EXPECT_EQ(limit.metrics().baseline, 13ms);
    EXPECT_EQ(limit.limit(), 7U);
}

TEST(GradientMinRttLimit, pins_the_limit_when_a_window_opens_and_goes_back_after_it) {
    auto limit = min_rtt({.min = 3, .rtt_min_requests = 5, .rtt_min_interval = 30s});
    TimePoint now = t0 + 13ms;
    for (int i = 0; i < 5; ++i) limit.on_sample(now, fast(1, 13ms));
    for (int i = 0; i < 10; ++i) limit.on_sample(now += 100ms, fast(1, 13ms));
    limit.advance(now += 100ms);
    const auto before = limit.limit();
    ASSERT_GT(before, 3U);
    limit.advance(now += 30s);
    EXPECT_EQ(limit.limit(), 3U);
    EXPECT_EQ(limit.metrics().reason, LimitReason::probe);
    limit.on_sample(now, fast(1, 31s));
    for (int i = 0; i < 4; ++i) limit.on_sample(now + 10s, fast(1, 13ms));
    EXPECT_EQ(limit.limit(), 3U) << "the one that began before the window does not count";
    limit.on_sample(now + 10s, fast(1, 13ms));
    EXPECT_EQ(limit.limit(), before);
}

TEST(GradientMinRttLimit, measures_anew_after_five_updates_at_the_floor) {
    auto limit = min_rtt({.min = 7,
                          .buffer_pct = 0,
                          .rtt_min_requests = 5,
                          .rtt_min_interval = std::chrono::hours{1}});
    TimePoint now = t0 + 20ms;
    for (int i = 0; i < 5; ++i) limit.on_sample(now, fast(1, 5ms));
    int updates = 0;
    for (; !limit.in_rtt_min_window() && updates < 100; ++updates) {
        limit.on_sample(now, fast(1, 10ms));
        limit.advance(now += 100ms);
    }
    EXPECT_EQ(updates, 5) << "7 * 0.5 + sqrt(3.5) is below 7 each time";
}

TEST(GradientMinRttLimit, passes_years_of_silence_in_one_step) {
    auto limit = min_rtt({.rtt_min_requests = 1, .update_interval = 1ns});
    limit.on_sample(t0, fast(1, 0ms));
    limit.advance(t0 + std::chrono::hours{24 * 365 * 10});
    EXPECT_TRUE(limit.in_rtt_min_window());
}

TEST(WindowedLimit, tells_the_inner_limit_the_mean_the_most_in_flight_and_any_failure) {
    WindowedLimit limit(AimdLimit({.initial = 100, .min = 1}), AverageTracker(),
                        {.window_min = 100ms, .window_max = 100ms, .samples_min = 3});
    limit.on_sample(t0, fast(60, 10ms));  // closes a window of one, which is thrown away
    limit.on_sample(t0 + 10ms, fast(60, 10ms));
    limit.on_sample(t0 + 20ms, fast(20, 50us));  // too fast to be work
    limit.on_sample(t0 + 30ms, fast(10, 40ms));
    EXPECT_EQ(limit.limit(), 100U);
    limit.on_sample(t0 + 101ms, fast(10, 10ms));
    EXPECT_EQ(limit.limit(), 101U);
    EXPECT_EQ(limit.metrics().latency, 20ms);
}

TEST(WindowedLimit, takes_a_percentile_of_as_many_as_it_has_room_for) {
    WindowedLimit limit(AimdLimit({.initial = 100, .min = 1}), PercentileTracker(0.9, 10),
                        {.window_min = 100ms, .window_max = 100ms, .samples_min = 10});
    limit.on_sample(t0, fast(60));
    for (int i = 1; i <= 10; ++i) limit.on_sample(t0 + 1ms, fast(60, i * 1ms));
    limit.on_sample(t0 + 101ms, fast(60, 1s));
    EXPECT_EQ(limit.metrics().latency, 9ms);
}

}  // namespace
}  // namespace spillway::core
