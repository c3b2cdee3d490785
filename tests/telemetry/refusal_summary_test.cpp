#include "telemetry/refusal_summary.hpp"

#include <gtest/gtest.h>

#include <array>

namespace spillway::telemetry {
namespace {

using namespace std::chrono_literals;
using Totals = std::array<std::uint64_t, 3>;

constexpr core::TimePoint at(core::Duration d) { return core::TimePoint(d); }

TEST(RefusalSummary, a_thousand_refusals_of_one_kind_are_one_line_a_second) {
    RefusalSummary summary(3, at(10s));
    // Refusals begin; the second is not over.
    EXPECT_TRUE(summary.update(at(10'500ms), Totals{500, 0, 0}).lines.empty());
    // It is over: one line for all of them.
    const auto report = summary.update(at(11s), Totals{1000, 0, 0});
    ASSERT_EQ(report.lines.size(), 1U);
    EXPECT_EQ(report.lines[0].counter, 0U);
    EXPECT_EQ(report.lines[0].count, 1000U);
    EXPECT_EQ(report.elapsed, 1s);
    // Only what came since is told the next time, and of each kind for itself.
    const auto next = summary.update(at(12'500ms), Totals{1001, 0, 7});
    ASSERT_EQ(next.lines.size(), 2U);
    EXPECT_EQ(next.lines[0].count, 1U);
    EXPECT_EQ(next.lines[1].counter, 2U);
    EXPECT_EQ(next.lines[1].count, 7U);
    EXPECT_EQ(next.elapsed, 1500ms);
}

TEST(RefusalSummary, a_quiet_second_has_no_line) {
    RefusalSummary summary(3, at(0s));
    EXPECT_TRUE(summary.update(at(1s), Totals{}).lines.empty());
    // The quiet second is over with: a report covers the time since the one before, not since
    // start.
    const auto report = summary.update(at(2s), Totals{0, 1, 0});
    EXPECT_EQ(report.elapsed, 1s);
    EXPECT_EQ(report.lines.size(), 1U);
}

TEST(RefusalSummary, what_is_left_at_the_end_is_told_without_waiting) {
    RefusalSummary summary(3, at(0s));
    const auto report = summary.report(at(100ms), Totals{0, 0, 2});
    ASSERT_EQ(report.lines.size(), 1U);
    EXPECT_EQ(report.lines[0].count, 2U);
    EXPECT_EQ(report.elapsed, 100ms);
}

TEST(RefusalSummaryDeathTest, a_counter_does_not_go_back) {
    RefusalSummary summary(3, at(0s));
    (void)summary.update(at(1s), Totals{5, 0, 0});
    EXPECT_DEATH((void)summary.update(at(2s), Totals{4, 0, 0}), "invariant broken");
}

}  // namespace
}  // namespace spillway::telemetry
