#include "spillway/core/rate/tenant_rates.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "core/choices.hpp"
#include "spillway/core/keyed_hash.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1h};
constexpr RateOptions one_a_second{.rate = 1, .period = 1s, .burst = 2};

TEST(TenantRates, tenants_do_not_spend_each_others_quota) {
    TenantRates rates({.rate = one_a_second, .tenants_max = 7});
    EXPECT_TRUE(rates.allow(t0, 1, 2).allowed);
    EXPECT_FALSE(rates.allow(t0, 1).allowed);
    EXPECT_TRUE(rates.allow(t0, 2, 2).allowed);
    EXPECT_EQ(rates.tenants(t0), 2U);
}

TEST(TenantRates, a_slot_is_free_again_once_its_bucket_is_full) {
    TenantRates rates({.rate = one_a_second, .tenants_max = 7});
    for (std::uint64_t tenant = 1; tenant <= 7; ++tenant) {
        EXPECT_FALSE(rates.allow(t0, tenant).shared);
    }
    EXPECT_TRUE(rates.allow(t0, 8).shared);
    EXPECT_TRUE(rates.allow(t0 + 1s, 8).shared) << "at this instant they are full, not before it";
    EXPECT_FALSE(rates.allow(t0 + 1s + 1ns, 8).shared);
    // Tenant 1 has lost its slot and nothing else.
    EXPECT_TRUE(rates.allow(t0 + 1s + 1ns, 1, 2).allowed);
}

TEST(TenantRates, who_finds_no_slot_shares_one_bucket_and_costs_the_others_nothing) {
    TenantRates rates({.rate = one_a_second, .tenants_max = 7});
    for (std::uint64_t tenant = 1; tenant <= 7; ++tenant) (void)rates.allow(t0, tenant);

    EXPECT_TRUE(rates.allow(t0, 100).allowed);
    EXPECT_TRUE(rates.allow(t0, 101).allowed);
    const auto refused = rates.allow(t0, 102);
    EXPECT_FALSE(refused.allowed);
    EXPECT_TRUE(refused.shared);
    EXPECT_EQ(refused.retry_after, 1s);
    for (std::uint64_t tenant = 1; tenant <= 7; ++tenant) {
        const auto decision = rates.allow(t0, tenant);
        EXPECT_TRUE(decision.allowed);
        EXPECT_FALSE(decision.shared);
    }
}

TEST(TenantRates, a_peek_tells_what_a_request_would_meet_and_takes_no_slot) {
    TenantRates rates({.rate = one_a_second, .tenants_max = 7});
    EXPECT_TRUE(rates.peek(t0, 1).allowed);
    EXPECT_EQ(rates.tenants(t0), 0U);
    EXPECT_TRUE(rates.allow(t0, 1, 2).allowed);
    EXPECT_EQ(rates.peek(t0, 1).retry_after, 1s);
    for (std::uint64_t tenant = 2; tenant <= 7; ++tenant) (void)rates.allow(t0, tenant);
    EXPECT_TRUE(rates.peek(t0, 9).shared);
}

TEST(TenantRates, a_reservation_can_be_called_off_in_a_slot_and_in_the_shared_bucket) {
    TenantRates rates({.rate = one_a_second, .tenants_max = 7});
    for (std::uint64_t tenant = 1; tenant <= 8; ++tenant) {
        (void)rates.allow(t0, tenant, 2);
        const auto delayed = rates.reserve(t0, tenant, 1, 5s);
        EXPECT_EQ(delayed.shared, tenant == 8);
        EXPECT_EQ(delayed.delay, 1s);
        rates.cancel(t0, tenant, {delayed.full_at, 1, t0 + delayed.delay}, delayed.shared);
        EXPECT_EQ(rates.reserve(t0, tenant, 1, 5s).delay, 1s);
    }
}

TEST(TenantRates, a_new_rate_takes_the_tenants_along) {
    TenantRates rates({.rate = one_a_second, .tenants_max = 7});
    for (std::uint64_t tenant = 1; tenant <= 8; ++tenant) (void)rates.allow(t0, tenant, 2);
    TenantRates faster(rates, t0, {.rate = 10, .period = 1s, .burst = 2});
    EXPECT_EQ(faster.tenants(t0), 7U);
    for (std::uint64_t tenant = 1; tenant <= 8; ++tenant) {
        EXPECT_EQ(faster.allow(t0, tenant).retry_after, 100ms) << tenant;
    }
}

// As long as a tenant has a slot it is decided as if it were alone in the world, however small the
// table and however often slots change hands.
TEST(TenantRatesProperty, a_tenant_in_a_slot_meets_a_bucket_of_its_own) {
    constexpr std::uint64_t seed = 99;
    std::mt19937_64 random(seed);
    for (const std::uint32_t slots : {7U, 21U, 700U}) {
        const RateOptions options{.rate = 10, .period = 1s, .burst = 5};
        TenantRates rates({.rate = options, .tenants_max = slots});
        std::map<std::uint64_t, Gcra> alone;
        TimePoint now = t0;
        int shared = 0;
        for (int step = 0; step < 50'000; ++step) {
            now += Duration{static_cast<std::int64_t>(random() % 20'000'000)};
            const std::uint64_t tenant = random() % 100 * 0x9e3779b97f4a7c15;
            const std::uint64_t cost = random() % 6;
            const auto decision = rates.reserve(now, tenant, cost, 100ms);
            if (decision.shared) {
                ++shared;
                continue;
            }
            Gcra& own = alone.try_emplace(tenant, options).first->second;
            const RateDecision expected = own.reserve(now, cost, 100ms);
            ASSERT_EQ(decision.allowed, expected.allowed) << "seed " << seed << " step " << step;
            ASSERT_EQ(decision.delay, expected.delay) << "seed " << seed << " step " << step;
            ASSERT_EQ(decision.retry_after, expected.retry_after) << "seed " << seed;
        }
        EXPECT_EQ(shared == 0, slots == 700U) << slots;
    }
}

TEST(TenantRatesProperty, ten_million_names_gain_no_memory_and_no_more_than_the_buckets_there_are) {
    constexpr std::uint64_t names = test::is_slow_build ? 1'000'000 : 10'000'000;
    constexpr HashKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    TenantRates rates({.rate = {.rate = 1, .period = 1min, .burst = 3}, .tenants_max = 1024});
    const std::size_t bytes = rates.bytes();
    const std::size_t buckets = rates.tenants_max() / TenantRates::slots_per_set * 8;
    // A tenant of good standing, who was there before.
    const std::uint64_t regular = keyed_hash(key, "regular");
    ASSERT_FALSE(rates.allow(t0, regular).shared);

    std::uint64_t granted = 0;
    TimePoint now = t0;
    for (std::uint64_t i = 0; i < names; ++i) {
        now += 6us;  // a minute in all
        const std::string_view name(reinterpret_cast<const char*>(&i), sizeof i);
        if (rates.allow(now, keyed_hash(key, name)).allowed) ++granted;
    }
    EXPECT_EQ(rates.bytes(), bytes);
    EXPECT_EQ(bytes, (1024U + 6) / 7 * 128);
    EXPECT_LE(granted, buckets * (3 + 1));
    EXPECT_LE(rates.tenants(now), rates.tenants_max());
    const auto decision = rates.allow(t0 + 30s, regular, 2);
    EXPECT_FALSE(decision.shared) << "names that somebody invents took its slot";
    EXPECT_TRUE(decision.allowed);
}

TEST(KeyedHash, gives_the_published_values) {
    // SipHash-2-4 of 00, 01, 02 ... under the key 00 01 .. 0f.
    constexpr HashKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    std::string input;
    const std::map<std::size_t, std::uint64_t> published{
        {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd}, {2, 0x0d6c8009d9a94f5a},
        {7, 0xab0200f58b01d137}, {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5},
        {63, 0x958a324ceb064572}};
    for (int i = 0; i < 64; ++i) {
        if (const auto found = published.find(input.size()); found != published.end()) {
            EXPECT_EQ(keyed_hash(key, input), found->second) << input.size();
        }
        input += static_cast<char>(i);
    }
}

TEST(KeyedHash, another_key_sends_names_elsewhere) {
    int same = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::string name = "tenant-" + std::to_string(i);
        same += keyed_hash({1, 2}, name) >> 56 == keyed_hash({1, 3}, name) >> 56 ? 1 : 0;
    }
    EXPECT_LT(same, 20) << "about 4 of 1,000 meet in 256 places by chance";
}

}  // namespace
}  // namespace spillway::core
