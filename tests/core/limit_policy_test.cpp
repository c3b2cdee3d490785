// The limits of the service against systems whose answer is a formula, in virtual time. Every
// random draw comes from the seed that a failure prints.

#include "spillway/core/limit/limit_policy.hpp"

#include <gtest/gtest.h>

#include "core/limit_plant.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using testing::contended;
using testing::knee_at;
using testing::Plant;

constexpr TimePoint start{1000s};
constexpr std::uint64_t seeds[] = {1, 2, 3, 4, 5};
constexpr LimitKind adaptive[] = {
    LimitKind::aimd,     LimitKind::vegas,           LimitKind::gradient2,
    LimitKind::gradient, LimitKind::gradient_minrtt, LimitKind::slo};

LimitPolicyOptions options_of(LimitKind kind, std::uint32_t initial, Duration target = 180ms) {
    auto options = LimitPolicyOptions::service(kind, {.min = 1, .max = 2000, .initial = initial});
    if (auto* slo = std::get_if<SloLimit::Options>(&options.algorithm)) slo->target = target;
    return options;
}

Plant slo_alone(std::uint32_t initial, std::uint64_t seed) {
    auto options = options_of(LimitKind::slo, initial);
    options.cures = LimitCures::none();
    return {LimitPolicy(options, start), knee_at(100, 0.1), seed};
}

// With latencies spread by sigma 0.3 the 90th percentile is 1.40 times the mean, so 180 ms are
// reached with 128 in flight.
constexpr double slo_optimum = 128;

TEST(SloLimit, is_within_a_fifth_of_the_optimum_ten_seconds_after_any_start) {
    for (const auto seed : seeds) {
        for (const std::uint32_t initial : {13, 60, 128, 500, 1280}) {
            SCOPED_TRACE(::testing::Message() << "seed " << seed << ", from " << initial);
            Plant plant = slo_alone(initial, seed);
            plant.run(10s);
            for (int i = 0; i < 50; ++i) {
                plant.run(1s);
                EXPECT_GT(plant.limit(), 0.8 * slo_optimum);
                EXPECT_LT(plant.limit(), 1.2 * slo_optimum);
            }
        }
    }
}

TEST(SloLimit, does_not_take_the_noise_of_long_tails_for_news) {
    // An objective that 27 at a time meet, and a 90th percentile that a window of a few dozen knows
    // to a fifth.
    for (const auto seed : seeds) {
        SCOPED_TRACE(seed);
        auto options = options_of(LimitKind::slo, 20, 300ms);
        options.cures = LimitCures::none();
        Plant plant{LimitPolicy(options, start), knee_at(20, 0.1), seed};
        plant.sigma = 1;
        plant.run(60s);
        double sum = 0;
        for (int i = 0; i < 60; ++i) {
            plant.run(1s);
            sum += plant.limit();
        }
        EXPECT_GT(sum / 60, 18);
    }
}

TEST(LimitPolicy, is_never_due_in_the_past) {
    for (const LimitKind kind : adaptive) {
        SCOPED_TRACE(to_string(kind));
        LimitPolicy policy(options_of(kind, 20), start);
        TimePoint now = start;
        for (int i = 0; i < 3000; ++i) {
            now = std::max(policy.next_update(), now) + 1ms * (i % 3);
            WindowSample window;
            window.clear(policy.epoch());
            // Now nobody comes for long, now a few, now many.
            const int count = i / 100 % 3 * (i % 20);
            for (int n = 0; n < count; ++n)
                window.add(now, {.rtt = 1ms * (10 + n), .in_flight = 20});
            policy.update(now, window);
            ASSERT_GT(policy.next_update(), now) << i;
        }
    }
}

TEST(SloLimit, is_back_ten_seconds_after_a_slowdown_has_ended) {
    for (const auto seed : seeds) {
        SCOPED_TRACE(seed);
        Plant plant = slo_alone(100, seed);
        plant.run(20s);
        plant.latency() = knee_at(100, 0.3);
        plant.run(30s);
        EXPECT_LT(plant.limit(), 60) << "no limit meets the target now";
        EXPECT_GT(plant.limit(), 5) << "and less of it would be as late";
        plant.latency() = knee_at(100, 0.1);
        plant.run(10s);
        EXPECT_GT(plant.limit(), 0.8 * slo_optimum);
        EXPECT_LT(plant.limit(), 1.2 * slo_optimum);
    }
}

TEST(SloLimit, does_not_grow_while_less_than_half_of_it_is_used) {
    for (const auto seed : seeds) {
        SCOPED_TRACE(seed);
        Plant plant = slo_alone(60, seed);
        plant.demand = 200;  // 20 in flight
        plant.run(60s);
        EXPECT_EQ(plant.limit(), 60);
        EXPECT_EQ(plant.policy().metrics().reason, LimitReason::app_limited);
    }
}

TEST(SloLimit, leaves_too_few_samples_to_be_judged_with_more) {
    SloLimit limit({.initial = 10, .target = 100ms});
    WindowSample window;
    for (int i = 0; i < 19; ++i) window.add(start, {.rtt = 1s, .in_flight = 10});
    EXPECT_EQ(limit.on_window(start, window), LimitReason::too_few);
    EXPECT_EQ(limit.limit(), 10U);
    window.add(start, {.rtt = 1s, .in_flight = 10});
    EXPECT_EQ(limit.on_window(start, window), LimitReason::latency);
    EXPECT_EQ(limit.limit(), 3U) << "no window takes more than 70 %";
    EXPECT_EQ(limit.epoch(), start);
}

TEST(SloLimit, shrinks_in_proportion_to_the_overshoot) {
    for (const auto rtt : {110ms, 150ms, 200ms}) {
        SloLimit limit({.initial = 100, .target = 100ms});
        WindowSample window;
        for (int i = 0; i < 100; ++i) window.add(start, {.rtt = rtt, .in_flight = 100});
        limit.on_window(start, window);
        EXPECT_NEAR(limit.limit(), 100.0 * 100 / double(rtt.count()), 8) << rtt.count();
    }
}

TEST(LimitPolicy, comes_down_from_ten_times_the_knee_with_the_cures) {
    for (const auto kind : adaptive) {
        for (const auto seed : seeds) {
            SCOPED_TRACE(::testing::Message() << to_string(kind) << ", seed " << seed);
            Plant plant(LimitPolicy(options_of(kind, 1000), start), knee_at(100, 0.1), seed);
            plant.run(60s);
            EXPECT_LT(plant.limit(), 400);
        }
    }
}

TEST(LimitPolicy, does_not_drift_in_an_overload_that_lasts) {
    for (const auto seed : seeds) {
        SCOPED_TRACE(seed);
        auto options = options_of(LimitKind::gradient2, 16);
        Plant cured(LimitPolicy(options, start), knee_at(16, 0.05), seed);
        options.cures = LimitCures::none();
        Plant plain(LimitPolicy(options, start), knee_at(16, 0.05), seed);
        cured.run(5min);
        plain.run(5min);
        EXPECT_LT(cured.limit(), 5 * 16);
        EXPECT_GT(plain.limit(), 2 * cured.limit());
    }
}

TEST(LimitPolicy, does_not_take_simultaneous_time_outs_for_calm) {
    for (const auto kind : {LimitKind::vegas, LimitKind::gradient2, LimitKind::gradient}) {
        SCOPED_TRACE(to_string(kind));
        Plant cured(LimitPolicy(options_of(kind, 100), start), [](double) { return 60.0; }, 1);
        cured.time_out_s = 0.5;
        cured.run(20s);
        EXPECT_LT(cured.limit(), 10);
    }
}

TEST(LimitPolicy, leaves_handlers_of_microseconds_their_capacity) {
    for (const auto kind : adaptive) {
        SCOPED_TRACE(to_string(kind));
        Plant plant(LimitPolicy(options_of(kind, 8, 1ms), start), knee_at(4, 0.0001), 1);
        plant.sigma = 1;
        plant.run(5s);
        for (int i = 0; i < 10; ++i) {
            plant.run(1s);
            EXPECT_GE(plant.limit(), 2);
        }
    }
}

TEST(LimitPolicy, a_fixed_limit_is_never_due) {
    LimitPolicy policy(LimitPolicyOptions::service(LimitKind::fixed, {.initial = 7}), start);
    EXPECT_EQ(policy.next_update(), never);
    EXPECT_EQ(policy.limit(), 7U);
}

TEST(LimitPolicy, stays_within_its_bounds_whatever_is_seen) {
    for (const auto kind : adaptive) {
        for (const auto seed : seeds) {
            SCOPED_TRACE(::testing::Message() << to_string(kind) << ", seed " << seed);
            auto options = LimitPolicyOptions::service(kind, {.min = 5, .max = 40, .initial = 20});
            Plant plant(LimitPolicy(options, start), contended(0.02, 0.02, 0.0003), seed);
            for (int i = 0; i < 100; ++i) {
                plant.sigma = 0.1 + 0.02 * i;
                plant.demand = i % 10 == 0 ? 5 : 5000;
                plant.time_out_s = i % 7 == 0 ? 0.01 : 10;
                plant.run(200ms);
                ASSERT_GE(plant.limit(), 5);
                ASSERT_LE(plant.limit(), 40);
            }
        }
    }
}

TEST(LimitPolicy, forgets_a_window_whose_samples_never_come) {
    auto options = options_of(LimitKind::vegas, 20);
    options.carry_max = 1s;
    LimitPolicy policy(options, start);
    TimePoint now = start;
    for (int i = 0; i < 100; ++i) {
        WindowSample window;
        window.add(now, {.rtt = 10ms, .in_flight = 20});
        policy.update(now += 500ms, window);
    }
    EXPECT_EQ(policy.limit(), 20U);
    EXPECT_EQ(policy.metrics().reason, LimitReason::too_few);
}

}  // namespace
}  // namespace spillway::core
