#include "telemetry/exposition.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace spillway::telemetry {
namespace {

TEST(Exposition, counters_and_gauges_are_written_under_help_and_type) {
    Exposition exposition;
    exposition.counter("spillway_requests_total", "Requests")
        .add({{"route", "/a"}}, 3)
        .add({{"route", "/b"}, {"reason", "queue_full"}}, 0);
    exposition.gauge("spillway_draining", "Whether a drain has begun").add(1);
    EXPECT_EQ(exposition.text(),
              "# HELP spillway_requests_total Requests\n"
              "# TYPE spillway_requests_total counter\n"
              "spillway_requests_total{route=\"/a\"} 3\n"
              "spillway_requests_total{route=\"/b\",reason=\"queue_full\"} 0\n"
              "# HELP spillway_draining Whether a drain has begun\n"
              "# TYPE spillway_draining gauge\n"
              "spillway_draining 1\n");
}

TEST(Exposition, a_histogram_is_cumulative_and_ends_in_inf) {
    constexpr std::array bounds{0.1, 1.0};
    constexpr std::array<std::uint64_t, 3> counts{2, 0, 5};
    Exposition exposition;
    exposition.histogram("wait_seconds", "Wait")
        .add({{"limiter", "x"}}, HistogramCells{.bounds = bounds, .counts = counts, .sum = 12.5});
    EXPECT_EQ(exposition.text(),
              "# HELP wait_seconds Wait\n"
              "# TYPE wait_seconds histogram\n"
              "wait_seconds_count{limiter=\"x\"} 7\n"
              "wait_seconds_sum{limiter=\"x\"} 12.5\n"
              "wait_seconds_bucket{limiter=\"x\",le=\"0.1\"} 2\n"
              "wait_seconds_bucket{limiter=\"x\",le=\"1\"} 2\n"
              "wait_seconds_bucket{limiter=\"x\",le=\"+Inf\"} 7\n");
}

TEST(Exposition, a_snapshot_of_the_cores_histogram_goes_in_as_it_is) {
    core::HistogramSnapshot snapshot;
    snapshot.buckets.front() = 1;
    snapshot.buckets.back() = 2;
    snapshot.count = 3;
    snapshot.sum_s = 90;
    Exposition exposition;
    exposition.histogram("h", "H").add({}, snapshot);
    const std::string text = exposition.text();
    EXPECT_NE(text.find("h_count 3\nh_sum 90\nh_bucket{le=\"0.001\"} 1\n"), std::string::npos)
        << text;
    EXPECT_NE(text.find("h_bucket{le=\"+Inf\"} 3\n"), std::string::npos) << text;
}

TEST(Exposition, a_name_that_is_named_twice_stays_one_family) {
    Exposition exposition;
    exposition.counter("a_total", "A").add({{"k", "1"}}, 1);
    exposition.counter("b_total", "B").add(2);
    exposition.counter("a_total", "A").add({{"k", "2"}}, 3);
    EXPECT_EQ(exposition.families().size(), 2U);
    EXPECT_EQ(exposition.families()[0].metric.size(), 2U);
}

TEST(Exposition, a_family_outlives_the_growth_of_the_exposition) {
    Exposition exposition;
    auto first = exposition.counter("first_total", "First");
    for (int i = 0; i < 100; ++i) exposition.gauge("g" + std::to_string(i), "G");
    first.add(7);
    EXPECT_EQ(exposition.families()[0].metric.at(0).counter.value, 7);
}

TEST(Exposition, label_values_are_escaped) {
    Exposition exposition;
    exposition.gauge("g", "G").add({{"k", "a\"b\\c\nd"}}, 1);
    EXPECT_NE(exposition.text().find(R"(g{k="a\"b\\c\nd"} 1)"), std::string::npos);
}

TEST(Exposition, counts_above_a_million_keep_every_digit) {
    Exposition exposition;
    exposition.counter("c_total", "C").add(1234567890123.0);
    EXPECT_NE(exposition.text().find("c_total 1234567890123\n"), std::string::npos)
        << exposition.text();
}

TEST(ExpositionDeathTest, a_name_cannot_have_two_types) {
    Exposition exposition;
    exposition.counter("a_total", "A");
    EXPECT_DEATH((void)exposition.gauge("a_total", "A"), "invariant broken");
}

TEST(ExpositionCollectable, fills_a_new_exposition_at_each_scrape) {
    int scrapes = 0;
    const ExpositionCollectable collectable(
        [&](Exposition& exposition) { exposition.counter("scrapes_total", "S").add(++scrapes); });
    (void)collectable.Collect();
    const auto families = collectable.Collect();
    ASSERT_EQ(families.size(), 1U);
    EXPECT_EQ(families[0].metric.at(0).counter.value, 2);
}

}  // namespace
}  // namespace spillway::telemetry
