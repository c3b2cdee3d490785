#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "spillway/core/limit/baseline_guard.hpp"
#include "spillway/core/limit/concurrency_gain.hpp"
#include "spillway/core/limit/log_linear_histogram.hpp"
#include "spillway/core/limit/overload_backoff.hpp"
#include "spillway/core/limit/window_sample.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1000s};

TEST(LogLinearHistogram, finds_a_quantile_within_its_bin) {
    LogLinearHistogram histogram;
    for (int i = 1; i <= 1000; ++i) histogram.add(i * 1'000'000);
    for (const double p : {0.01, 0.5, 0.9, 0.99, 1.0})
        EXPECT_NEAR(histogram.quantile(p), p * 1e9, 0.101 * p * 1e9) << p;
}

TEST(LogLinearHistogram, is_the_sum_of_its_parts) {
    LogLinearHistogram whole;
    LogLinearHistogram left;
    LogLinearHistogram right;
    std::mt19937_64 random(1);
    for (int i = 0; i < 1000; ++i) {
        const auto value = std::int64_t(std::exp(double(random() % 400) / 10));
        whole.add(value);
        (i % 3 == 0 ? left : right).add(value);
    }
    left.merge(right);
    EXPECT_EQ(left.count(), whole.count());
    for (double p = 0; p <= 1; p += 0.1) EXPECT_EQ(left.quantile(p), whole.quantile(p)) << p;
}

TEST(LogLinearHistogram, takes_any_value) {
    LogLinearHistogram histogram;
    for (const std::int64_t value : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}}) {
        histogram.clear();
        histogram.add(value);
        EXPECT_EQ(histogram.quantile(0.5), 0);
    }
    // Around every power of ten: in the bin whose bounds hold it.
    for (std::int64_t power = 1; power < 1'000'000'000'000'000'000; power *= 10) {
        for (const std::int64_t value : {power, power + 1, power * 9, power * 10 - 1}) {
            histogram.clear();
            histogram.add(value);
            EXPECT_LE(histogram.quantile(0), double(value));
            EXPECT_GE(histogram.quantile(1) * 1.0001, double(value));
            EXPECT_LE(histogram.quantile(1), double(value) * 1.1001);
        }
    }
    histogram.clear();
    histogram.add(INT64_MAX);
    EXPECT_NEAR(histogram.quantile(1), 1e18, 1e12);
}

TEST(WindowSample, keeps_latencies_of_successes_and_counts_what_has_failed) {
    WindowSample window;
    window.add(t0, {.rtt = 10ms, .in_flight = 3});
    window.add(t0, {.rtt = 30ms, .in_flight = 5});
    window.add(t0, {.rtt = 1s, .in_flight = 4, .outcome = Outcome::overloaded});
    window.add(t0, {.rtt = 9s, .in_flight = 9, .outcome = Outcome::ignored});
    EXPECT_EQ(window.successes(), 2U);
    EXPECT_EQ(window.overloaded(), 1U);
    EXPECT_EQ(window.in_flight_max(), 5U);
    EXPECT_EQ(window.rtt_min(), 10ms);
    EXPECT_EQ(window.rtt_mean(), 20ms);
    EXPECT_EQ(window.overloaded_mean(), 1s);
}

TEST(WindowSample, does_not_judge_by_requests_from_before_its_epoch) {
    WindowSample window;
    window.clear(t0);
    window.add(t0 + 10ms, {.rtt = 11ms, .in_flight = 3});
    EXPECT_EQ(window.successes(), 0U);
    EXPECT_EQ(window.completed(), 1U);
    window.add(t0 + 10ms, {.rtt = 10ms, .in_flight = 3});
    EXPECT_EQ(window.successes(), 1U);
}

TEST(WindowSample, merges_the_parts_of_shards) {
    WindowSample sum;
    WindowSample part;
    part.add(t0, {.rtt = 10ms, .in_flight = 3});
    sum.merge(part);
    part.clear();
    part.add(t0, {.rtt = 20ms, .in_flight = 2, .outcome = Outcome::overloaded});
    sum.merge(part);
    sum.merge(WindowSample());
    EXPECT_EQ(sum.count(), 2U);
    EXPECT_EQ(sum.rtt_min(), 10ms);
    EXPECT_EQ(sum.in_flight_max(), 3U);
}

TEST(OverloadBackoff, halves_when_all_have_failed_and_not_for_a_few) {
    const OverloadBackoff backoff;
    EXPECT_EQ(backoff.factor(0, 0), 1);
    EXPECT_EQ(backoff.factor(9, 100), 1);
    EXPECT_EQ(backoff.factor(100, 100), 0.5);
    EXPECT_EQ(backoff.factor(20, 100), 0.9);
}

TEST(BaselineGuard, knows_nothing_at_first) { EXPECT_EQ(BaselineGuard({}).bound(), 0ms); }

TEST(BaselineGuard, holds_through_an_incident_and_forgives_after_it) {
    BaselineGuard guard({.drift_max = 2, .span = 10min});
    TimePoint now = t0;
    for (; now < t0 + 5min; now += 1s) guard.note(now, 100ms);
    for (; now < t0 + 15min; now += 1s) guard.note(now, 900ms);
    EXPECT_EQ(guard.bound(), 200ms);
    for (; now < t0 + 26min; now += 1s) guard.note(now, 900ms);
    EXPECT_EQ(guard.bound(), 1800ms);
}

TEST(BaselineGuard, never_exceeds_what_is_known_to_be_healthy) {
    BaselineGuard guard({.healthy_max = 150ms});
    EXPECT_EQ(guard.bound(), 150ms);
    guard.note(t0, 900ms);
    EXPECT_EQ(guard.bound(), 150ms);
    guard.note(t0, 10ms);
    EXPECT_EQ(guard.bound(), 20ms);
}

TEST(BaselineGuard, forgets_what_is_older_than_two_spans_of_silence) {
    BaselineGuard guard({.drift_max = 2, .span = 1min});
    guard.note(t0, 10ms);
    guard.note(t0 + 1h, 100ms);
    EXPECT_EQ(guard.bound(), 200ms);
}

TEST(ConcurrencyGain, is_proportional_below_the_knee_and_flat_beyond) {
    ConcurrencyGain below({});
    ConcurrencyGain beyond({});
    for (const double limit : {10.0, 12.0, 15.0, 18.0, 22.0}) {
        below.note(limit, 10 * limit);
        beyond.note(limit, 77);
    }
    EXPECT_EQ(below.verdict(), Gain::proportional);
    EXPECT_NEAR(below.slope(), 1, 1e-9);
    EXPECT_EQ(beyond.verdict(), Gain::flat);
}

TEST(ConcurrencyGain, says_nothing_without_spread_or_with_too_few_windows) {
    ConcurrencyGain gain({});
    for (int i = 0; i < 3; ++i) gain.note(10 + i, 10);
    EXPECT_EQ(gain.verdict(), Gain::unknown);
    for (int i = 0; i < 100; ++i) gain.note(10, 10);
    EXPECT_EQ(gain.verdict(), Gain::unknown);
}

TEST(ConcurrencyGain, is_not_misled_by_noise) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        std::lognormal_distribution<double> noise(0, 0.1);
        ConcurrencyGain gain({});
        for (int i = 0; i < 40; ++i) {
            const double limit = 100 + 4 * (i % 10);
            gain.note(limit, 50 * limit * noise(random));
        }
        EXPECT_NE(gain.verdict(), Gain::flat);
    }
}

TEST(ConcurrencyGain, forgets_the_old_side_of_the_knee) {
    ConcurrencyGain gain({});
    for (int i = 0; i < 50; ++i) gain.note(10 + i % 5, 10 * (10 + i % 5));
    ASSERT_EQ(gain.verdict(), Gain::proportional);
    for (int i = 0; i < 150; ++i) gain.note(10 + i % 5, 50);
    EXPECT_EQ(gain.verdict(), Gain::flat);
}

TEST(ConcurrencyGain, ignores_what_has_no_logarithm) {
    ConcurrencyGain gain({});
    gain.note(0, 1);
    gain.note(1, 0);
    gain.note(-1, NAN);
    EXPECT_EQ(gain.verdict(), Gain::unknown);
    EXPECT_EQ(gain.slope(), 0);
}

}  // namespace
}  // namespace spillway::core
