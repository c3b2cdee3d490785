#include "generator/verdict.hpp"

#include <gtest/gtest.h>

#include "generator/cpu_meter.hpp"

namespace spillway::loadtest {
namespace {

using namespace std::chrono_literals;

Result result_with(double delay_ms, double latency_ms, double cpu) {
    Result result;
    result.mode = "open";
    result.generator.delay.percentiles = {{0.99, delay_ms}};
    result.total.admitted.percentiles = {{0.99, latency_ms}};
    result.generator.cpu_max = cpu;
    return result;
}

bool is_bottleneck(Result result) {
    judge(result);
    return result.generator.is_bottleneck;
}

TEST(Verdict, a_generator_is_the_bottleneck_when_its_delay_is_large_and_a_large_share) {
    EXPECT_FALSE(is_bottleneck(result_with(0.9, 1, 0.5)));  // below the floor
    EXPECT_FALSE(is_bottleneck(result_with(5, 100, 0.5)));  // a small share
    EXPECT_TRUE(is_bottleneck(result_with(20, 100, 0.5)));
}

TEST(Verdict, a_generator_that_is_late_for_the_quick_answers_is_late) {
    Result result = result_with(20, 300, 0.5);
    EXPECT_FALSE(is_bottleneck(result));
    result.total.refused.percentiles = {{0.99, 25}};  // most of it the generator's own
    EXPECT_TRUE(is_bottleneck(result));
}

TEST(Verdict, arrivals_that_came_too_late_to_be_sent_are_the_generators_doing) {
    Result result = result_with(0.1, 100, 0.5);
    result.total.unsent_by = {{"too_late", 1}};
    EXPECT_TRUE(is_bottleneck(result));
}

TEST(Verdict, what_was_given_up_is_said_aloud_since_no_percentile_has_it) {
    Result result = result_with(0.1, 100, 0.5);
    result.total.counts.left = 7;
    result.total.failed_by = {{"reset", 2}, {"timeout", 4}};
    judge(result);
    EXPECT_FALSE(result.generator.is_bottleneck);
    ASSERT_EQ(result.generator.complaints.size(), 1u);
    EXPECT_EQ(result.generator.complaints[0].rfind("11 requests were given up", 0), 0u);
}

TEST(Verdict, a_generator_without_cpu_to_spare_is_the_bottleneck_in_a_closed_loop_too) {
    EXPECT_TRUE(is_bottleneck(result_with(0.1, 100, 0.95)));
    Result closed = result_with(20, 100, 0.95);
    closed.mode = "closed";
    judge(closed);
    EXPECT_TRUE(closed.generator.is_bottleneck);
    EXPECT_EQ(closed.generator.complaints.size(), 1u);
}

TEST(Verdict, arrivals_without_a_connection_are_said_aloud_but_are_the_scenarios_doing) {
    Result result = result_with(0.1, 100, 0.5);
    result.total.unsent_by = {{"no_connection", 12}, {"over", 3}};
    judge(result);
    EXPECT_FALSE(result.generator.is_bottleneck);
    ASSERT_EQ(result.generator.complaints.size(), 1u);
    EXPECT_EQ(result.generator.complaints[0].rfind("12 arrivals were not sent", 0), 0u);
}

TEST(CpuMeter, knows_the_mean_and_the_busiest_second) {
    CpuMeter meter;
    const core::TimePoint begin{10s};
    meter.begin(begin, 1s);
    meter.look(begin + 500ms, 1400ms);  // too early to be looked at
    meter.look(begin + 1s, 1900ms);
    meter.look(begin + 2s, 2s);
    meter.end(begin + 2s, 2s);
    EXPECT_DOUBLE_EQ(meter.mean(), 0.5);
    EXPECT_DOUBLE_EQ(meter.max(), 0.9);
}

}  // namespace
}  // namespace spillway::loadtest
