#include "generator/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generator/compare.hpp"
#include "generator/format.hpp"

namespace spillway::loadtest {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

Result some_result() {
    Result result;
    result.scenario = "step";
    result.target = "http://127.0.0.1:1";
    result.mode = "open";
    result.objective_ms = 300;
    result.total.duration_s = 10;
    result.total.counts = {.offered = 2000, .good = 1500, .rejected = 500};
    result.total.rejected_by = {{503, "queue_full", 500}};
    result.total.admitted.count = 1500;
    result.total.admitted.percentiles = {{0.5, 20}, {0.99, 250}};
    result.server.url = "http://127.0.0.1:1/metrics";
    result.server.checks = {{"/a received", 2000, 2000, 2000, true}};
    return result;
}

TEST(Format, figures_have_three_digits) {
    EXPECT_EQ(format_ms(0.1234), "0.123 ms");
    EXPECT_EQ(format_ms(1.2345), "1.23 ms");
    EXPECT_EQ(format_ms(99.96), "100 ms");
    EXPECT_EQ(format_ms(12345), "12.3 s");
    EXPECT_EQ(format_rate(12.34), "12.3");
    EXPECT_EQ(format_rate(4321), "4321");
    EXPECT_EQ(format_rate(123456), "123k");
    EXPECT_EQ(format_count(0), "0");
    EXPECT_EQ(format_count(1234567), "1,234,567");
    EXPECT_EQ(format_percent(0.983), "98.3 %");
    EXPECT_EQ(format_percent(1), "100 %");
}

TEST(Summary, says_what_was_offered_and_what_became_of_it) {
    const auto text = summary_text(some_result());
    EXPECT_THAT(text, HasSubstr("offered             2,000        200/s      100 %"));
    EXPECT_THAT(text, HasSubstr("503 queue_full        500         50/s     25.0 %"));
    EXPECT_THAT(text, HasSubstr("p99                  250 ms"));
    EXPECT_THAT(text, HasSubstr("counters agree: 1 comparisons"));
    EXPECT_THAT(text, Not(HasSubstr("WARNING")));
}

TEST(Summary, says_aloud_when_the_generator_was_the_bottleneck_or_the_accounts_disagree) {
    auto result = some_result();
    result.generator.is_bottleneck = true;
    result.server.checks = {{"/a received", 10, 12, 14, false}};
    const auto text = summary_text(result);
    EXPECT_THAT(text, HasSubstr("WARNING: the generator was the bottleneck"));
    EXPECT_THAT(text,
                HasSubstr("ERROR: /a received: the server counted 14, the generator 10 to 12"));
}

TEST(Summary, leaves_out_percentiles_that_no_sample_is_above) {
    auto result = some_result();
    result.total.refused.count = 50;
    result.total.refused.percentiles = {{0.5, 1}, {0.95, 2}, {0.99, 3}};
    result.total.refused.max_ms = 3;
    const auto text = summary_text(result);
    EXPECT_THAT(text, HasSubstr("p95                0.000 ms      2.00 ms"));
    EXPECT_THAT(text, HasSubstr("p99                  250 ms            -"));
}

TEST(Progress, is_what_happened_since_the_last_one) {
    const Counts before{.offered = 100, .good = 90, .rejected = 10};
    const Counts now{.offered = 300, .good = 190, .rejected = 100, .failed = 10};
    EXPECT_EQ(progress_text(3s, 10s, before, now, 2s, 12ms, 64),
              "3/10 s  100/s offered  50 good  0 late  45 refused  5 lost  p99 12.0 ms  "
              "64 connections");
}

TEST(Comparison, shows_both_columns_and_uses_as_many_connections_as_the_open_loop_kept_busy) {
    auto open = some_result();
    open.total.admitted.max_ms = 2000;
    auto closed = open;
    closed.total.admitted.percentiles = {{0.5, 20}, {0.99, 21}};
    const auto text = comparison_text(open, closed);
    EXPECT_THAT(text, HasSubstr("open loop"));
    EXPECT_THAT(text, HasSubstr("p99: 250 ms against 21.0 ms"));
    EXPECT_EQ(closed_connections_for(open), 3u);  // 150/s of 20 ms each
    EXPECT_EQ(closed_connections_for(Result{}), 1u);
}

}  // namespace
}  // namespace spillway::loadtest
