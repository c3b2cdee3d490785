// Whole systems: who is served when not everybody can be.

#include <gtest/gtest.h>

#include <sstream>
#include <tuple>

#include "simulate/helpers.hpp"

namespace spillway::simulate {

namespace {

/// 400 units of work a second.
constexpr const char* service =
    "service: {time: 50ms, times: lognormal, sigma: 0.4, workers: 20, contention: 0.2}\n";

double served(const Group& group) {
    return static_cast<double>(group.account.good) / static_cast<double>(group.account.offered);
}

}  // namespace

class Seeds : public ::testing::TestWithParam<std::uint64_t> {
protected:
    [[nodiscard]] static Result run_seed(const std::string& yaml) {
        return run("seed: " + std::to_string(GetParam()) + '\n' + yaml + service);
    }
};

INSTANTIATE_TEST_SUITE_P(ten, Seeds, ::testing::Range<std::uint64_t>(1, 11));

TEST_P(Seeds, fair_serves_nine_who_keep_to_their_share_beside_one_at_ten_times_it) {
    // A fair share is 40 a second; nine have nine tenths of it, since who has all of it has, at
    // random, a little more half of the time.
    const Result result = run_seed(R"(
slo: 1s
clients:
  loud: {weight: 400, path: /a, tenants: {mammoth: 1}}
  quiet: {weight: 324, path: /a, tenants: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1}}
phases: [{name: p, for: 60s, rate: 724/s, arrivals: poisson}]
limiter: {queue: {discipline: fair, capacity: 256, wait_timeout: 800ms}}
)");
    for (const Group& tenant : result.tenants) {
        if (tenant.name == "mammoth") continue;
        EXPECT_GE(served(tenant), 0.99) << tenant.name << ", seed " << GetParam();
    }
    EXPECT_GE(result.jain, 0.95) << "seed " << GetParam();
    // What the nine leave goes to the one.
    EXPECT_GE(result.goodput_share(), 0.98) << "seed " << GetParam();
}

TEST_P(Seeds, fair_serves_nine_who_have_exactly_their_share_where_the_queue_outlasts_their_luck) {
    // All of it, at random: in a minute some ask for 60 more than their part, which must wait.
    const Result result = run_seed(R"(
slo: 5200ms
clients:
  loud: {weight: 400, path: /a, tenants: {mammoth: 1}}
  quiet: {weight: 360, path: /a, tenants: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1}}
phases: [{name: p, for: 60s, rate: 760/s, arrivals: poisson}]
limiter: {queue: {discipline: fair, capacity: 4096, wait_timeout: 5s}}
)");
    for (const Group& tenant : result.tenants) {
        if (tenant.name == "mammoth") continue;
        EXPECT_GE(served(tenant), 0.99) << tenant.name << ", seed " << GetParam();
    }
    EXPECT_GE(result.jain, 0.95) << "seed " << GetParam();
    EXPECT_GE(result.goodput_share(), 0.98) << "seed " << GetParam();
}

TEST_P(Seeds, fair_gives_each_of_nineteen_tenants_nearly_all_of_its_max_min_part) {
    // From a few who ask for a tenth of a part to a few who ask for several.
    const Result result = run_seed(R"(
slo: 1s
clients:
  few: {weight: 1, path: /a, tenants: {a: 1, b: 2, c: 3, d: 4, e: 5}}
  some: {weight: 5, path: /a, cost: 2, tenants: {f: 1, g: 1, h: 1, i: 1, j: 1}}
  many: {weight: 20, path: /a, tenants: {k: 1, l: 2, m: 3, n: 4, o: 5, p: 6, q: 7, r: 8, s: 9}}
phases: [{name: p, for: 60s, rate: 800/s, arrivals: poisson}]
limiter: {queue: {discipline: fair, capacity: 512, wait_timeout: 900ms}}
)");
    for (const Group& tenant : result.tenants)
        EXPECT_GE(tenant.good_work, 0.9 * tenant.fair_work)
            << tenant.name << ", seed " << GetParam();
}

TEST_P(Seeds, every_one_of_eight_bands_gets_its_floor_while_each_asks_for_all_there_is) {
    const Result result = run_seed(R"(
slo: 5s
clients:
  b0: {path: /a, urgency: 0}
  b1: {path: /a, urgency: 1}
  b2: {path: /a, urgency: 2}
  b3: {path: /a, urgency: 3}
  b4: {path: /a, urgency: 4}
  b5: {path: /a, urgency: 5}
  b6: {path: /a, urgency: 6}
  b7: {path: /a, urgency: 7}
phases: [{name: p, for: 60s, rate: 3200/s, arrivals: poisson}]
limiter: {priority: {bands: 8, floor: 0.04}, queue: {capacity: 512, wait_timeout: 4s}}
)");
    for (const Group& band : result.kinds)
        EXPECT_GE(band.good_work, 0.95 * 0.04 * result.good_work)
            << band.name << ", seed " << GetParam();
}

TEST_P(Seeds, the_higher_band_is_served_while_more_than_half_of_all_is_shed) {
    const Result result = run_seed(R"(
slo: 1s
clients:
  high: {weight: 4, path: /a, urgency: 0}
  low: {weight: 20, path: /a, urgency: 1}
phases: [{name: p, for: 60s, rate: 960/s, arrivals: poisson}]
limiter: {priority: {bands: 2}}
)");
    EXPECT_GE(served(result.kinds[0]), 0.994) << "seed " << GetParam();
    EXPECT_GT(result.account.rejected_sum(), result.account.offered / 2);
}

TEST_P(Seeds, the_lower_band_has_its_floor_when_the_higher_one_would_take_all) {
    const Result result = run_seed(R"(
slo: 1s
clients:
  high: {weight: 1, path: /a, urgency: 0}
  low: {weight: 1, path: /a, urgency: 1}
phases: [{name: p, for: 60s, rate: 1600/s, arrivals: poisson}]
limiter: {priority: {bands: 2, floor: 0.1}, queue: {wait_timeout: 800ms}}
)");
    const double low = static_cast<double>(result.kinds[1].account.good);
    const double all = static_cast<double>(result.account.good);
    EXPECT_GE(low / all, 0.08) << "seed " << GetParam();
    EXPECT_LE(low / all, 0.15) << "seed " << GetParam();
}

class Disciplines : public ::testing::TestWithParam<std::tuple<const char*, int, std::uint64_t>> {};

TEST_P(Disciplines, leave_goodput_at_capacity_where_waits_are_bounded) {
    const auto [queue, times, seed] = GetParam();
    std::ostringstream out;
    out << "seed: " << seed << "\nslo: 500ms\nphases: [{name: p, for: 30s, rate: " << 400 * times
        << "/s, arrivals: poisson}]\nlimiter: {queue: {" << queue << "}}\n"
        << service;
    EXPECT_GE(run(out.str()).goodput_share(), times == 2 ? 0.95 : 0.90)
        << queue << ", seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(
    all, Disciplines,
    ::testing::Combine(::testing::Values("discipline: fifo", "discipline: lifo",
                                         "discipline: adaptive_lifo", "discipline: deadline",
                                         "discipline: fair", "codel: {}",
                                         "watermarks: {high: 32, low: 16}"),
                       ::testing::Values(2, 10), ::testing::Range<std::uint64_t>(1, 6)));

/// Clients who leave after 300 ms and do not say so, before a queue that holds seconds of work.
std::string behind_a_long_queue(const std::string& queue, int times, std::uint64_t seed) {
    return "seed: " + std::to_string(seed) +
           "\nslo: 300ms\nclients: {a: {path: /a, patience: 300ms}}\n"
           "phases: [{name: p, for: 30s, rate: " +
           std::to_string(400 * times) +
           "/s, arrivals: poisson}]\n"
           "limiter: {queue: {capacity: 100000, wait_timeout: 10s, " +
           queue + "}}\n" + service;
}

class LongQueue : public ::testing::TestWithParam<std::tuple<int, std::uint64_t>> {};

TEST_P(LongQueue, first_come_first_served_without_deadlines_serves_those_who_are_about_to_leave) {
    const auto [times, seed] = GetParam();
    EXPECT_LT(run(behind_a_long_queue("discipline: fifo", times, seed)).goodput_share(), 0.3)
        << "seed " << seed;
}

TEST_P(LongQueue, codel_or_the_newest_first_serve_who_is_still_there) {
    const auto [times, seed] = GetParam();
    for (const char* queue : {"codel: {}", "discipline: lifo", "discipline: adaptive_lifo"})
        EXPECT_GE(run(behind_a_long_queue(queue, times, seed)).goodput_share(), 0.9)
            << queue << ", seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(overload, LongQueue,
                         ::testing::Combine(::testing::Values(2, 10),
                                            ::testing::Range<std::uint64_t>(1, 4)));

}  // namespace spillway::simulate
