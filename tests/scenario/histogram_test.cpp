#include "scenario/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace spillway::scenario {
namespace {

using core::Duration;
using namespace std::chrono_literals;

TEST(Histogram, buckets_follow_each_other_without_gap_or_overlap) {
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < Histogram::bucket_count; ++i) {
        ASSERT_EQ(Histogram::lowest_of(i), next) << i;
        ASSERT_EQ(Histogram::index_of(next), i);
        next += Histogram::width_of(i);
        ASSERT_EQ(Histogram::index_of(next - 1), i);
    }
    EXPECT_EQ(next, std::uint64_t{1} << Histogram::octave_max);
}

TEST(Histogram, the_middle_of_a_bucket_is_within_the_promised_error_of_all_its_values) {
    for (std::size_t i = 0; i < Histogram::bucket_count; ++i) {
        const auto lowest = static_cast<double>(Histogram::lowest_of(i));
        const auto width = Histogram::width_of(i);
        const auto middle = static_cast<double>(Histogram::lowest_of(i) + width / 2);
        const auto highest = lowest + static_cast<double>(width - 1);
        ASSERT_LE(middle - lowest, lowest * Histogram::relative_error_max) << i;
        ASSERT_LE(highest - middle, highest * Histogram::relative_error_max) << i;
    }
    static_assert(Histogram::relative_error_max < 0.01);
}

TEST(Histogram, quantiles_of_any_sample_are_those_of_the_sorted_sample_within_the_error) {
    std::mt19937_64 random{7};
    std::lognormal_distribution<double> spread{13.0, 3.0};  // microseconds to minutes
    Histogram histogram;
    std::vector<std::int64_t> all;
    for (int i = 0; i < 50'000; ++i) {
        const auto ns = static_cast<std::int64_t>(std::min(spread(random), 4e12));
        all.push_back(ns);
        histogram.record(Duration{ns});
    }
    std::sort(all.begin(), all.end());
    for (const double f : {0.0001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
        const auto rank = static_cast<std::size_t>(std::ceil(f * 50'000 - 1e-6));
        const auto exact = static_cast<double>(all[rank - 1]);
        EXPECT_NEAR(static_cast<double>(histogram.at(f).count()), exact,
                    exact * Histogram::relative_error_max)
            << f;
    }
    EXPECT_EQ(histogram.min().count(), all.front());
    EXPECT_EQ(histogram.max().count(), all.back());
}

TEST(Histogram, a_quantile_is_the_smallest_value_that_covers_the_share) {
    Histogram histogram;
    for (int i = 1; i <= 100; ++i) histogram.record(Duration{i});
    EXPECT_EQ(histogram.at(0.5), 50ns);
    EXPECT_EQ(histogram.at(0.99), 99ns);
    EXPECT_EQ(histogram.at(0.991), 100ns);
    EXPECT_EQ(histogram.at(0), 1ns);
    EXPECT_EQ(histogram.at(1), 100ns);
    EXPECT_EQ(histogram.count_up_to(42ns), 42u);
    EXPECT_EQ(histogram.mean(), 51ns);  // 50.5, rounded
}

TEST(Histogram, without_samples_everything_is_zero) {
    const Histogram histogram;
    EXPECT_EQ(histogram.at(0.99), 0ns);
    EXPECT_EQ(histogram.min(), 0ns);
    EXPECT_EQ(histogram.max(), 0ns);
    EXPECT_EQ(histogram.mean(), 0ns);
}

TEST(Histogram, values_outside_its_range_are_taken_to_its_ends) {
    Histogram histogram;
    histogram.record(-5ns);
    histogram.record(std::chrono::hours{48});
    EXPECT_EQ(histogram.count(), 2u);
    EXPECT_EQ(histogram.min(), 0ns);
    EXPECT_EQ(histogram.max().count(), (std::int64_t{1} << Histogram::octave_max) - 1);
}

TEST(Histogram, merged_ones_count_like_one_and_a_cleared_one_like_none) {
    Histogram a;
    Histogram b;
    Histogram both;
    for (int i = 0; i < 1000; ++i) {
        const Duration d{i * i * 1000};
        (i % 3 == 0 ? a : b).record(d);
        both.record(d);
    }
    a.merge(b);
    for (const double f : {0.1, 0.5, 0.9, 0.999}) EXPECT_EQ(a.at(f), both.at(f));
    EXPECT_EQ(a.count(), both.count());
    EXPECT_EQ(a.max(), both.max());
    a.clear();
    EXPECT_EQ(a.count(), 0u);
    EXPECT_EQ(a.at(0.5), 0ns);
}

}  // namespace
}  // namespace spillway::scenario
