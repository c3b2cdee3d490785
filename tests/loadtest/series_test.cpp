#include "generator/series.hpp"

#include <gtest/gtest.h>

namespace spillway::loadtest {
namespace {

using namespace std::chrono_literals;
using core::TimePoint;

const TimePoint begin{5s};

TEST(BinWidth, is_the_narrowest_round_one_that_covers_the_length) {
    EXPECT_EQ(bin_width_for(10s, 1200), 100ms);
    EXPECT_EQ(bin_width_for(120s, 1200), 100ms);
    EXPECT_EQ(bin_width_for(121s, 1200), 200ms);
    EXPECT_EQ(bin_width_for(241s, 1200), 500ms);
    EXPECT_EQ(bin_width_for(601s, 1200), 1s);
    EXPECT_EQ(bin_width_for(1201s, 1200), 2s);
    EXPECT_EQ(bin_width_for(2401s, 1200), 5s);
    EXPECT_EQ(bin_width_for(24h, 1200), 100s);
}

TEST(Series, an_arrival_counts_where_it_was_due_and_its_ending_where_it_ended) {
    Series series(begin, 10s);
    series.offered(begin + 50ms, false);
    series.offered(begin + 60ms, true);
    series.ended(begin + 70ms, Ending::rejected, 10ms);
    series.ended(begin + 350ms, Ending::good, 300ms);
    const auto bins = series.finish().bins;
    ASSERT_EQ(bins.size(), 4u);
    EXPECT_EQ(bins[0].counts.offered, 2u);
    EXPECT_EQ(bins[0].counts.retries, 1u);
    EXPECT_EQ(bins[0].counts.rejected, 1u);
    EXPECT_NEAR(bins[0].refused_p99_ms, 10, 0.1);
    EXPECT_EQ(bins[0].admitted_p99_ms, 0);
    EXPECT_EQ(bins[3].counts.good, 1u);
    EXPECT_NEAR(bins[3].admitted_p99_ms, 300, 3);
}

TEST(Series, what_comes_after_the_last_bin_counts_in_it) {
    Series series(begin, 1s);
    series.ended(begin + 10h, Ending::good, 1ms);
    series.ended(begin + 11h, Ending::failed, {});
    const auto bins = series.finish().bins;
    ASSERT_EQ(bins.size(), Series::bins_max);
    EXPECT_EQ(bins.back().counts.good, 1u);
    EXPECT_EQ(bins.back().counts.failed, 1u);
}

TEST(Series, keeps_the_last_words_of_the_limiters_and_the_connections_that_stay_open) {
    Series series(begin, 1s);
    series.connections(begin, 7);
    series.limiters(begin + 10ms, {{16, 3, 0}});
    series.limiters(begin + 20ms, {{16, 16, 64}});
    series.delayed(begin + 150ms, 2ms);
    const auto bins = series.finish().bins;
    ASSERT_EQ(bins.size(), 2u);
    EXPECT_EQ(bins[0].limiters[0].queue_depth, 64);
    EXPECT_TRUE(bins[1].limiters.empty());
    EXPECT_EQ(bins[1].connections, 7u);
    EXPECT_NEAR(bins[1].generator_delay_p99_ms, 2, 0.02);
}

}  // namespace
}  // namespace spillway::loadtest
