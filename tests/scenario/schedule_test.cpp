#include "scenario/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace spillway::scenario {

using namespace std::chrono_literals;

namespace {

Phase at_rate(double begin, double end, Millis length, Arrivals arrivals = Arrivals::constant) {
    Phase phase;
    phase.length = length;
    phase.rate = Rate{begin, end};
    phase.arrivals = arrivals;
    return phase;
}

Phase at_rate(double rate, Millis length) { return at_rate(rate, rate, length); }

Phase poisson(double rate, Millis length) { return at_rate(rate, rate, length, Arrivals::poisson); }

Phase recorded(std::vector<core::Duration> times, Millis length) {
    Phase phase;
    phase.length = length;
    phase.times = std::move(times);
    return phase;
}

std::vector<Arrival> all_of(const std::vector<Phase>& phases, std::uint64_t seed = 1) {
    Schedule schedule{phases, seed};
    std::vector<Arrival> arrivals;
    while (const auto arrival = schedule.next()) arrivals.push_back(*arrival);
    return arrivals;
}

std::vector<std::size_t> count_by_phase(const std::vector<Phase>& phases) {
    std::vector<std::size_t> counts(phases.size());
    for (const Arrival& arrival : all_of(phases)) ++counts[arrival.phase];
    return counts;
}

bool in_order(const std::vector<Arrival>& arrivals) {
    for (std::size_t i = 1; i < arrivals.size(); ++i) {
        if (arrivals[i].at < arrivals[i - 1].at) return false;
    }
    return true;
}

}  // namespace

TEST(Schedule, a_thousand_a_second_for_ten_seconds_are_ten_thousand_each_on_its_millisecond) {
    const auto arrivals = all_of({at_rate(1000, 10s)});
    ASSERT_EQ(arrivals.size(), 10'000u);
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        ASSERT_EQ(arrivals[i].at, std::chrono::milliseconds{i});
    }
}

TEST(Schedule, has_as_many_as_rate_times_length_says) {
    struct Case {
        double rate;
        Millis length;
        std::size_t expected;
    };
    for (const Case& c : {Case{7, 1s, 7}, Case{3, 1s, 3}, Case{0.1, 60s, 6}, Case{0.3, 10s, 3},
                          Case{33.333, 3000s, 99'999}, Case{100'000, 1s, 100'000},
                          Case{1'000'000, 100ms, 100'000}, Case{0.001, 10s, 1}, Case{0, 1h, 0}}) {
        EXPECT_EQ(all_of({at_rate(c.rate, c.length)}).size(), c.expected)
            << c.rate << "/s for " << c.length.count() << " ms";
    }
}

TEST(Schedule, no_instant_drifts_in_a_long_phase) {
    const std::vector<Phase> phases{at_rate(3, 24h)};
    const auto arrivals = all_of(phases);
    ASSERT_EQ(arrivals.size(), 3u * 86'400);
    for (std::size_t i = 0; i < arrivals.size(); i += 1000) {
        const double exact = static_cast<double>(i) / 3 * 1e9;
        ASSERT_NEAR(static_cast<double>(arrivals[i].at.count()), exact, 1.0);
    }
}

TEST(Schedule, a_ramp_has_the_area_under_it) {
    EXPECT_EQ(all_of({at_rate(0, 1000, 10s)}).size(), 5000u);
    EXPECT_EQ(all_of({at_rate(1000, 0, 10s)}).size(), 5000u);
    EXPECT_EQ(all_of({at_rate(100, 300, 10s)}).size(), 2000u);
    EXPECT_EQ(all_of({at_rate(300, 100, 10s)}).size(), 2000u);
}

TEST(Schedule, a_ramp_is_where_its_area_is_whole) {
    // From 0 to 1000/s in 10 s the area is 50 t^2, so the 200th request after the first is at 2 s.
    const auto up = all_of({at_rate(0, 1000, 10s)});
    EXPECT_EQ(up.front().at, 0s);
    EXPECT_EQ(up[200].at, 2s);
    EXPECT_EQ(up[1250].at, 5s);
    // Downward it mirrors: three quarters are over at half time.
    const auto down = all_of({at_rate(1000, 0, 10s)});
    EXPECT_EQ(down[3750].at, 5s);
    EXPECT_TRUE(in_order(up));
    EXPECT_TRUE(in_order(down));
}

TEST(Schedule, steps_follow_each_other_without_a_gap_or_a_crowd) {
    const std::vector<Phase> spike{at_rate(100, 2s), at_rate(1000, 500ms), at_rate(100, 2s)};
    EXPECT_EQ(count_by_phase(spike), (std::vector<std::size_t>{200, 500, 200}));
    const auto arrivals = all_of(spike);
    EXPECT_EQ(arrivals[200], (Arrival{2s, 1}));
    EXPECT_EQ(arrivals[201], (Arrival{2001ms, 1}));
    EXPECT_EQ(arrivals[700], (Arrival{2500ms, 2}));
}

TEST(Schedule, the_fraction_that_a_constant_phase_ends_with_is_carried_over) {
    // 1.5 requests in each of four phases: 6 in all, never 8 or 4.
    const std::vector<Phase> phases(4, at_rate(1.5, 1s));
    EXPECT_EQ(count_by_phase(phases), (std::vector<std::size_t>{2, 1, 2, 1}));
    // At 1.5/s a request is due each 2/3 s, across the boundaries too.
    const auto arrivals = all_of(phases);
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        EXPECT_NEAR(core::to_seconds(arrivals[i].at), static_cast<double>(i) * 2 / 3, 1e-8);
    }
}

TEST(Schedule, a_pause_offers_nothing_and_takes_its_time) {
    const auto arrivals = all_of({at_rate(1, 1s), at_rate(0, 5s), at_rate(1, 1s)});
    ASSERT_EQ(arrivals.size(), 2u);
    EXPECT_EQ(arrivals[1], (Arrival{6s, 2}));
}

TEST(Schedule, recorded_times_are_kept_and_cut_at_the_end_of_their_phase) {
    const std::vector<Phase> phases{at_rate(1, 2s), recorded({0s, 5ms, 5ms, 999ms, 1s, 3s}, 1s),
                                    recorded({1ns}, 1s)};
    const auto arrivals = all_of(phases);
    ASSERT_EQ(arrivals.size(), 2u + 4 + 1);
    EXPECT_EQ(arrivals[2], (Arrival{2s, 1}));
    EXPECT_EQ(arrivals[4], (Arrival{2005ms, 1}));
    EXPECT_EQ(arrivals[5], (Arrival{2999ms, 1}));
    EXPECT_EQ(arrivals[6], (Arrival{3s + 1ns, 2}));
    EXPECT_EQ(expected_arrivals(phases[1]), 4);
}

TEST(Schedule, expects_what_its_rate_says) {
    EXPECT_EQ(expected_arrivals(at_rate(1000, 10s)), 10'000);
    EXPECT_EQ(expected_arrivals(at_rate(100, 300, 10s)), 2000);
    EXPECT_EQ(expected_arrivals(poisson(50, 2s)), 100);
}

TEST(Schedule, poisson_gaps_have_the_mean_and_the_variance_of_the_exponential) {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        const auto arrivals = all_of({poisson(1000, 100s)}, seed);
        const auto n = static_cast<double>(arrivals.size());
        // A Poisson count of mean 100,000 has a deviation of 316; the seeds are fixed.
        EXPECT_NEAR(n, 100'000, 1000) << seed;
        double sum = 0;
        double squares = 0;
        double longer_than_mean = 0;
        for (std::size_t i = 1; i < arrivals.size(); ++i) {
            const double gap = core::to_seconds(arrivals[i].at - arrivals[i - 1].at) * 1000;
            sum += gap;
            squares += gap * gap;
            longer_than_mean += gap > 1 ? 1 : 0;
        }
        const double mean = sum / n;
        EXPECT_NEAR(mean, 1, 0.01) << seed;
        EXPECT_NEAR(squares / n - mean * mean, 1, 0.03) << seed;
        EXPECT_NEAR(longer_than_mean / n, std::exp(-1), 0.01) << seed;
        EXPECT_TRUE(in_order(arrivals));
    }
}

TEST(Schedule, poisson_counts_in_equal_windows_vary_by_their_mean) {
    const auto arrivals = all_of({poisson(200, 1000s)});
    std::vector<double> windows(1000);
    for (const Arrival& arrival : arrivals) windows[static_cast<std::size_t>(arrival.at / 1s)] += 1;
    double sum = 0;
    double squares = 0;
    for (const double count : windows) {
        sum += count;
        squares += count * count;
    }
    const double mean = sum / 1000;
    EXPECT_NEAR(mean, 200, 2);
    EXPECT_NEAR((squares / 1000 - mean * mean) / mean, 1, 0.15);  // evenly spaced it would be 0
}

TEST(Schedule, a_poisson_ramp_rises_with_its_rate) {
    const std::vector<Phase> ramp{at_rate(0, 2000, 20s, Arrivals::poisson)};
    const auto arrivals = all_of(ramp);
    EXPECT_NEAR(static_cast<double>(arrivals.size()), 20'000, 500);
    const auto in_first_half = std::count_if(arrivals.begin(), arrivals.end(),
                                             [](const Arrival& a) { return a.at < 10s; });
    EXPECT_NEAR(static_cast<double>(in_first_half), 5000, 250);
}

TEST(Schedule, the_same_seed_gives_the_same_instants_and_another_one_others) {
    const std::vector<Phase> phases{poisson(100, 10s), at_rate(10, 1s), poisson(1000, 5s)};
    EXPECT_EQ(all_of(phases, 7), all_of(phases, 7));
    EXPECT_NE(all_of(phases, 7), all_of(phases, 8));
}

TEST(Schedule, the_instants_of_a_seed_are_the_same_on_every_machine) {
    const auto arrivals = all_of({poisson(1000, 1s)}, 42);
    ASSERT_GE(arrivals.size(), 3u);
    EXPECT_EQ(arrivals[0].at.count(), 377'685);
    EXPECT_EQ(arrivals[1].at.count(), 1'832'972);
    EXPECT_EQ(arrivals[2].at.count(), 3'609'689);
}

TEST(Schedule, a_poisson_phase_does_not_disturb_the_constant_one_after_it) {
    EXPECT_EQ(count_by_phase({poisson(77, 3s), at_rate(1000, 10s)})[1], 10'000u);
}

TEST(Schedule, bursts_come_together_where_the_first_of_them_is_due) {
    Phase bursts = at_rate(10, 1s);
    bursts.burst = 4;
    const auto arrivals = all_of({bursts, at_rate(10, 1s)});
    // 4 at 0, 400 and 800 ms: two more than a second of 10/s has, so the next phase begins later.
    ASSERT_EQ(arrivals.size(), 20u);
    for (std::size_t i = 0; i < 12; ++i) {
        EXPECT_EQ(arrivals[i].at, (i / 4) * 400ms) << i;
    }
    EXPECT_EQ(arrivals[12].at, 1200ms);
}

TEST(Schedule, poisson_bursts_have_the_rate_that_single_arrivals_would_have) {
    Phase bursts = poisson(1000, 100s);
    bursts.burst = 10;
    const auto arrivals = all_of({bursts});
    EXPECT_NEAR(static_cast<double>(arrivals.size()), 100'000, 3'500);
    ASSERT_GE(arrivals.size(), 20u);
    EXPECT_EQ(arrivals[0].at, arrivals[9].at);
    EXPECT_LT(arrivals[9].at, arrivals[10].at);
}

}  // namespace spillway::scenario
