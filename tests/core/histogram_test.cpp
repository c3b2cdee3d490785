#include "spillway/core/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

std::size_t only_bucket(Duration d) {
    Histogram histogram;
    histogram.observe(d);
    HistogramSnapshot seen;
    histogram.snapshot(seen);
    EXPECT_EQ(seen.count, 1U);
    return static_cast<std::size_t>(std::find(seen.buckets.begin(), seen.buckets.end(), 1U) -
                                    seen.buckets.begin());
}

TEST(Histogram, bounds_are_inclusive_and_ascending) {
    EXPECT_TRUE(std::is_sorted(histogram_bounds_s.begin(), histogram_bounds_s.end()));
    for (std::size_t i = 0; i < histogram_bounds_s.size(); ++i) {
        const Duration bound{static_cast<std::int64_t>(histogram_bounds_s[i] * 1e9 + 0.5)};
        EXPECT_EQ(only_bucket(bound), i);
        EXPECT_EQ(only_bucket(bound + 1ns), i + 1);
    }
}

TEST(Histogram, extremes_go_into_the_outer_buckets) {
    EXPECT_EQ(only_bucket(0ns), 0U);
    EXPECT_EQ(only_bucket(-5ms), 0U);
    EXPECT_EQ(only_bucket(24h), histogram_bounds_s.size());
}

TEST(Histogram, snapshots_of_several_cells_add_up) {
    std::array<CacheLinePadded<Histogram>, 2> shards;
    shards[0]->observe(3ms);
    shards[0]->observe(4ms);
    shards[1]->observe(2s);
    HistogramSnapshot sum;
    for (const auto& shard : shards) shard->snapshot(sum);
    EXPECT_EQ(sum.count, 3U);
    EXPECT_EQ(sum.buckets[2], 2U);
    EXPECT_NEAR(sum.sum_s, 2.007, 1e-9);
}

TEST(Cells, count_and_do_not_share_a_cache_line) {
    std::array<CacheLinePadded<Counter>, 2> cells;
    cells[0]->add();
    cells[0]->add(41);
    EXPECT_EQ(cells[0]->value(), 42U);
    EXPECT_EQ(cells[1]->value(), 0U);
    EXPECT_EQ(sizeof cells, 2 * cache_line_bytes);
    SharedCounter shared;
    shared.add(3);
    shared.add();
    EXPECT_EQ(shared.value(), 4U);
}

HistogramSnapshot observed(std::initializer_list<Duration> times) {
    Histogram histogram;
    for (const auto time : times) histogram.observe(time);
    HistogramSnapshot snapshot;
    histogram.snapshot(snapshot);
    return snapshot;
}

TEST(Histogram, a_quantile_lies_within_the_bucket_in_which_it_falls) {
    const auto times = observed({30ms, 30ms, 30ms, 400ms});
    EXPECT_GT(quantile(times, 0.5), 25ms);
    EXPECT_LE(quantile(times, 0.5), 50ms);
    EXPECT_GT(quantile(times, 0.95), 250ms);
    EXPECT_LE(quantile(times, 0.95), 500ms);
}

TEST(Histogram, a_quantile_of_nothing_is_zero_and_above_the_last_bound_is_that_bound) {
    EXPECT_EQ(quantile({}, 0.5), Duration::zero());
    EXPECT_EQ(quantile(observed({1min, 2min}), 0.95), 30s);
}

}  // namespace
}  // namespace spillway::core
