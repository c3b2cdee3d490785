#include "generator/report_scale.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spillway::loadtest {

using ::testing::ElementsAre;

namespace {

std::vector<std::string> labels(const Axis& axis) {
    std::vector<std::string> all;
    for (const Tick& tick : axis.ticks) all.push_back(tick.label);
    return all;
}

}  // namespace

TEST(ReportScale, a_linear_axis_begins_at_nothing_and_ends_at_a_round_number_above_all) {
    const Axis axis = linear_axis(1712, 5, "requests");
    EXPECT_THAT(labels(axis), ElementsAre("0", "500", "1,000", "1,500", "2,000"));
    EXPECT_EQ(axis.scale.at(0), 0);
    EXPECT_EQ(axis.scale.at(1000), 0.5);
    EXPECT_EQ(axis.scale.at(2000), 1);
    EXPECT_THAT(labels(linear_axis(16, 5, "")), ElementsAre("0", "5", "10", "15", "20"));
    EXPECT_THAT(labels(linear_axis(1000, 5, "")),
                ElementsAre("0", "200", "400", "600", "800", "1,000"));
    EXPECT_EQ(linear_axis(0, 5, "").scale.low(), 0);
}

TEST(ReportScale, a_latency_axis_gives_each_decade_the_same_room) {
    const Axis axis = latency_axis(0.13, 740, "latency");
    EXPECT_DOUBLE_EQ(axis.scale.low(), 0.1);
    EXPECT_DOUBLE_EQ(axis.scale.high(), 1000);
    EXPECT_NEAR(axis.scale.at(1), 0.25, 1e-12);
    EXPECT_NEAR(axis.scale.at(100), 0.75, 1e-12);
    EXPECT_EQ(axis.ticks.front().label, "100 µs");
    EXPECT_EQ(axis.ticks.back().label, "1 s");
    EXPECT_THAT(labels(latency_axis(100, 101, "")),
                ElementsAre("100 ms", "200 ms", "500 ms", "1 s"));
}

TEST(ReportScale, over_many_decades_only_those_have_words) {
    const Axis axis = latency_axis(0.001, 30'000, "latency");
    EXPECT_THAT(labels(axis),
                ElementsAre("1 µs", "", "", "10 µs", "", "", "100 µs", "", "", "1 ms", "", "",
                            "10 ms", "", "", "100 ms", "", "", "1 s", "", "", "10 s", "", ""));
}

TEST(ReportScale, time_is_in_seconds_and_from_ten_minutes_on_in_minutes) {
    EXPECT_THAT(labels(time_axis(35)), ElementsAre("0", "5", "10", "15", "20", "25", "30", "35"));
    const Axis hour = time_axis(3600);
    EXPECT_EQ(hour.title, "minutes");
    EXPECT_THAT(labels(hour), ElementsAre("0", "10", "20", "30", "40", "50", "60"));
    EXPECT_EQ(hour.ticks[3].value, 1800);
}

TEST(ReportScale, each_further_nine_has_the_same_room) {
    const Axis axis = nines_axis(10'000);
    EXPECT_THAT(labels(axis), ElementsAre("0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"));
    EXPECT_DOUBLE_EQ(nines(0, 10'000), 0);
    EXPECT_NEAR(nines(0.9, 10'000), 1, 1e-9);
    EXPECT_NEAR(nines(0.99, 10'000), 2, 1e-9);
    EXPECT_NEAR(nines(1, 10'000), 4, 1e-9) << "the slowest of ten thousand";
}

}  // namespace spillway::loadtest
