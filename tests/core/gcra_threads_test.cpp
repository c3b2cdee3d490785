// One bucket, many threads: no unit is handed out twice.

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "spillway/core/rate/gcra.hpp"
#include "spillway/core/rate/tenant_rates.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1h};
constexpr unsigned threads_count = 8;

template <class Work>
void in_threads(Work work) {
    std::latch start{threads_count};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < threads_count; ++t) {
        threads.emplace_back([&, t] {
            start.arrive_and_wait();
            work(t);
        });
    }
    for (auto& thread : threads) thread.join();
}

TEST(GcraThreads, at_one_instant_exactly_the_burst_passes) {
    AtomicGcra bucket({.rate = 10, .period = 1s, .burst = 1000});
    std::atomic<std::uint64_t> units = 0;
    in_threads([&](unsigned t) {
        for (int i = 0; i < 2000; ++i) {
            const std::uint64_t cost = 1 + (t + static_cast<unsigned>(i)) % 3;
            if (bucket.allow(t0, cost).allowed) units += cost;
        }
    });
    EXPECT_EQ(units + bucket.standing(t0).remaining, 1000U);
    EXPECT_EQ(bucket.standing(t0).remaining, 0U);
}

TEST(GcraThreads, while_time_passes_rate_and_burst_hold) {
    AtomicGcra bucket({.rate = 1000, .period = 1s, .burst = 10});
    std::atomic<std::int64_t> clock_us = 0;
    std::atomic<std::uint64_t> units = 0;
    in_threads([&](unsigned) {
        for (int i = 0; i < 20'000; ++i) {
            if (bucket.allow(t0 + std::chrono::microseconds{++clock_us}).allowed) ++units;
        }
    });
    // 160 ms in all.
    EXPECT_LE(units, 10U + 160U);
    EXPECT_GE(units, 160U);
}

TEST(TenantRatesThreads, at_one_instant_each_tenant_gets_its_burst) {
    constexpr std::uint64_t tenants = 64;
    constexpr std::uint64_t burst = 100;
    TenantRates rates({.rate = {.rate = 10, .period = 1s, .burst = burst}, .tenants_max = 4096});
    std::vector<std::atomic<std::uint64_t>> granted(tenants);
    in_threads([&](unsigned t) {
        for (std::uint64_t i = 0; i < tenants * 50; ++i) {
            const std::uint64_t tenant = (i * 7 + t) % tenants;
            const std::uint64_t hash = (tenant + 1) * 0x9e3779b97f4a7c15;
            const auto decision = rates.allow(t0, hash);
            EXPECT_FALSE(decision.shared);
            if (decision.allowed) ++granted[tenant];
        }
    });
    for (const auto& count : granted) {
        EXPECT_GE(count, burst);
        EXPECT_LE(count, burst + threads_count) << "more than a race for the slot explains";
    }
}

TEST(TenantRatesThreads, slots_that_change_hands_under_way_charge_nobody_elses_tenant) {
    // Two sets, and buckets that refill within a few steps of the clock: take-overs all the time.
    constexpr std::uint64_t burst = 4;
    constexpr std::uint64_t names = 1000;
    TenantRates rates(
        {.rate = {.rate = 1'000'000, .period = 1s, .burst = burst}, .tenants_max = 14});
    std::atomic<std::int64_t> clock_ns = 0;
    std::atomic<std::uint64_t> granted = 0;
    constexpr std::uint64_t attempts = 20'000;
    in_threads([&](unsigned t) {
        for (std::uint64_t i = 0; i < attempts; ++i) {
            const TimePoint now = t0 + Duration{clock_ns += 50};
            const std::uint64_t hash = (i * threads_count + t) % names * 0x9e3779b97f4a7c15;
            if (rates.allow(now, hash, 1).allowed) ++granted;
        }
    });
    const auto elapsed_us = static_cast<std::uint64_t>(clock_ns) / 1000;
    const std::uint64_t buckets = 14 + 2;
    EXPECT_LE(granted, buckets * (burst + elapsed_us));
    EXPECT_LE(rates.tenants(t0 + Duration{clock_ns}), rates.tenants_max());
    EXPECT_EQ(rates.tenants(t0 + Duration{clock_ns} + 1s), 0U) << "no slot stays taken over";
}

}  // namespace
}  // namespace spillway::core
