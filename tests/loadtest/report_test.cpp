#include "generator/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generator/report_account.hpp"
#include "generator/report_columns.hpp"
#include "generator/report_compare.hpp"
#include "generator/report_distribution.hpp"
#include "generator/report_trust.hpp"
#include "report/sample_runs.hpp"

namespace spillway::loadtest {

using ::testing::HasSubstr;
using ::testing::Not;

namespace {

Result sound_run() {
    Result result;
    result.mode = "open";
    result.total.counts = {.offered = 10, .good = 10};
    result.generator.delay.count = 10;
    result.generator.delay.percentiles = {{0.99, 0.1}};
    result.server.url = "http://a/metrics";
    result.server.checks = {{"received", 10, 10, 10, true}};
    return result;
}

Trust trust(const Result& result) { return trust_of(verdicts_of(result)); }

}  // namespace

TEST(ReportTrust, nothing_against_a_run_is_trust) { EXPECT_EQ(trust(sound_run()), Trust::good); }

TEST(ReportTrust, each_reason_against_it_is_heard) {
    const auto with = [](auto change) {
        Result result = sound_run();
        change(result);
        return trust(result);
    };
    EXPECT_EQ(with([](Result& r) { r.generator.is_bottleneck = true; }), Trust::bad);
    EXPECT_EQ(with([](Result& r) { r.generator.delay.count = 0; }), Trust::bad);
    EXPECT_EQ(with([](Result& r) { r.server.checks[0].agrees = false; }), Trust::bad);
    EXPECT_EQ(with([](Result& r) { r.total.counts.good = 9; }), Trust::bad);
    EXPECT_EQ(with([](Result& r) { r.total.counts = {.offered = 10, .good = 9, .unsent = 1}; }),
              Trust::doubtful);
    EXPECT_EQ(with([](Result& r) { r.server.url = ""; }), Trust::doubtful);
    EXPECT_EQ(with([](Result& r) { r.server.unavailable = "no"; }), Trust::doubtful);
    EXPECT_EQ(with([](Result& r) { r.interrupted = true; }), Trust::doubtful);
    EXPECT_EQ(with([](Result& r) { r.mode = "closed"; }), Trust::doubtful);
    EXPECT_EQ(with([](Result& r) { r.generator.complaints = {"late"}; }), Trust::doubtful);
}

TEST(ReportTrust, the_worst_comes_first) {
    Result result = sound_run();
    result.interrupted = true;
    result.server.checks[0].agrees = false;
    EXPECT_EQ(verdicts_of(result).front().trust, Trust::bad);
    EXPECT_THAT(trust_section(result), HasSubstr("disagree in 1 of 1 checks"));
}

TEST(ReportColumns, several_bins_are_one_column_and_no_count_is_lost) {
    TimeSeries series;
    series.bin_s = 0.1;
    series.bins.resize(5);
    for (std::size_t i = 0; i < 5; ++i) {
        series.bins[i].counts.offered = i;
        series.bins[i].admitted_p99_ms = static_cast<double>(10 - i);
    }
    series.bins[2].limiters = {{16, 3, 0}};
    const auto columns = columns_of(series, 3);
    ASSERT_EQ(columns.size(), 3u);
    EXPECT_EQ(columns[0].counts.offered, 0u + 1);
    EXPECT_EQ(columns[1].counts.offered, 2u + 3);
    EXPECT_EQ(columns[2].counts.offered, 4u);
    EXPECT_EQ(columns[1].admitted_p99_ms, 8) << "the highest";
    EXPECT_EQ(columns[1].limiters[0].in_flight, 3);
    EXPECT_TRUE(columns[0].limiters.empty());
    EXPECT_NEAR(columns[2].begin_s, 0.4, 1e-12);
    EXPECT_NEAR(columns[2].end_s, 0.5, 1e-12);
    EXPECT_EQ(columns_of(series, 100).size(), 5u);
    EXPECT_TRUE(columns_of({}, 100).empty());
}

TEST(ReportDistribution, shares_are_those_of_the_curve_and_add_up) {
    Latency latency;
    latency.count = 1000;
    latency.min_ms = 1;
    latency.max_ms = 100;
    latency.curve = {{0, 1}, {0.5, 10}, {0.9, 10}, {1, 100}};
    EXPECT_EQ(share_up_to(latency, 0.5), 0);
    EXPECT_NEAR(share_up_to(latency, 3.1622776601683795), 0.25, 1e-9) << "half way in decades";
    EXPECT_NEAR(share_up_to(latency, 10), 0.9, 1e-9);
    EXPECT_EQ(share_up_to(latency, 100), 1);
    double all = 0;
    for (const Bucket& bucket : buckets_of(latency, 1, 100)) {
        EXPECT_GE(bucket.share, 0);
        all += bucket.share;
    }
    EXPECT_NEAR(all, 1, 1e-9);
}

TEST(ReportCompare, tells_what_a_closed_loop_hides) {
    const Result open = testing::stalls_in_an_open_loop();
    const Result closed = testing::stalls_in_a_closed_loop();
    const std::string said = coordinated_omission(open, closed);
    EXPECT_EQ(coordinated_omission(closed, open), said);
    EXPECT_THAT(said, HasSubstr("the closed loop saw 2.48 ms, the open loop 452 ms"));
    EXPECT_EQ(coordinated_omission(open, open), "");
    Result quick = open;
    quick.total.admitted = closed.total.admitted;
    EXPECT_THAT(coordinated_omission(quick, closed), HasSubstr("nothing stalled"));
    EXPECT_THAT(compare_html(open, closed), HasSubstr("coordinated omission"));
}

TEST(ReportCompare, says_of_each_run_what_speaks_against_it) {
    Result interrupted = sound_run();
    interrupted.interrupted = true;
    const std::string page = compare_html(sound_run(), interrupted);
    EXPECT_THAT(page, HasSubstr("A: These figures can be trusted."));
    EXPECT_THAT(page, HasSubstr("B: These figures have a reservation."));
    EXPECT_THAT(page, HasSubstr("The run was interrupted"));
    for (const char* which : {"trustA\"", "trustB\""}) {
        EXPECT_THAT(page, HasSubstr("href=\"#" + std::string(which)));
        EXPECT_THAT(page, HasSubstr("id=\"" + std::string(which)));
    }
}

TEST(Report, an_account_that_does_not_add_up_is_shown_as_such) {
    Slice slice;
    slice.counts = {.offered = 10, .good = 9};
    EXPECT_THAT(account_table({{"a", &slice}}), HasSubstr("✗ 9"));
    slice.counts.late = 1;
    EXPECT_THAT(account_table({{"a", &slice}}), Not(HasSubstr("✗")));
}

TEST(Report, of_nothing_is_a_page_all_the_same) {
    const std::string page = report_html(Result{});
    EXPECT_THAT(page, HasSubstr("</html>"));
    EXPECT_THAT(page, Not(HasSubstr("nan")));
    EXPECT_THAT(page, Not(HasSubstr("inf")));
    EXPECT_THAT(compare_html(Result{}, Result{}), Not(HasSubstr("nan")));
}

TEST(Report, says_what_was_not_measured_and_what_was_in_vain) {
    const std::string page = report_html(testing::step_run());
    EXPECT_THAT(page, HasSubstr("warm-up *"));
    EXPECT_THAT(page, HasSubstr("503 queue_full"));
    EXPECT_THAT(page, HasSubstr("after &lt;now&gt;"));
    EXPECT_THAT(page, Not(HasSubstr("nan")));
}

}  // namespace spillway::loadtest
