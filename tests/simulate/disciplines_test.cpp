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
    const auto [discipline, times, seed] = GetParam();
    std::ostringstream out;
    out << "seed: " << seed << "\nslo: 500ms\nphases: [{name: p, for: 30s, rate: " << 400 * times
        << "/s, arrivals: poisson}]\nlimiter: {queue: {discipline: " << discipline << "}}\n"
        << service;
    EXPECT_GE(run(out.str()).goodput_share(), times == 2 ? 0.95 : 0.90) << "seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(
    all, Disciplines,
    ::testing::Combine(::testing::Values("fifo", "lifo", "adaptive_lifo", "deadline", "fair"),
                       ::testing::Values(2, 10), ::testing::Range<std::uint64_t>(1, 4)));

}  // namespace spillway::simulate
