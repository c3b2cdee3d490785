// Quotas in virtual time: alone, two as one, and what is reserved and given back.

#include "spillway/admission/quota.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

namespace spillway::admission {
namespace {

using namespace std::chrono_literals;
using core::TimePoint;

constexpr TimePoint start{1h};
constexpr std::uint64_t alice = 1;
constexpr std::uint64_t bob = ~std::uint64_t{0};
constexpr core::Duration at_once = 0s;

/// One a second, two at once.
QuotaOptions slow(bool is_per_tenant = true, core::Duration delay_max = 0s) {
    return {.name = "slow",
            .rate = {.rate = 1, .period = 1s, .burst = 2},
            .is_per_tenant = is_per_tenant,
            .delay_max = delay_max,
            .tenants_max = 64};
}

TEST(quotas, each_tenant_has_its_own_burst_and_is_told_when_to_come_back) {
    Quota quota(slow());
    Quotas quotas(&quota);
    EXPECT_TRUE(quotas.take(start, alice, at_once).allowed);
    EXPECT_TRUE(quotas.take(start, alice, at_once).allowed);
    const auto refused = quotas.take(start + 300ms, alice, at_once);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, 700ms);
    EXPECT_FALSE(refused.is_crowd);
    EXPECT_TRUE(quotas.take(start + 300ms, bob, at_once).allowed);
    // Exact: not a nanosecond earlier.
    EXPECT_FALSE(quotas.take(start + 1s - 1ns, alice, at_once).allowed);
    EXPECT_TRUE(quotas.take(start + 1s, alice, at_once).allowed);
    EXPECT_EQ(quota.tenants(start + 1s), 2U);
    EXPECT_EQ(quota.shared(), 0U);
}

TEST(quotas, one_bucket_for_all_is_a_crowd_and_so_are_callers_without_a_name) {
    Quota all(slow(false));
    Quotas quotas(&all);
    EXPECT_TRUE(quotas.take(start, alice, at_once).allowed);
    EXPECT_TRUE(quotas.take(start, bob, at_once).allowed);
    const auto refused = quotas.take(start, 17, at_once);
    EXPECT_FALSE(refused.allowed);
    EXPECT_TRUE(refused.is_crowd);
    EXPECT_EQ(all.tenants_max(), 0U);

    Quota each(slow());
    Quotas by_name(nullptr, &each);
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(by_name.take(start, Quota::anonymous, at_once).allowed);
    EXPECT_TRUE(by_name.take(start, Quota::anonymous, at_once).is_crowd);
}

TEST(quotas, a_request_must_be_within_both_and_is_charged_to_both_or_none) {
    Quota own({.name = "own", .rate = {.rate = 10, .period = 1s, .burst = 10}});
    Quota of_limiter(slow());
    Quotas quotas(&own, &of_limiter);
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(quotas.take(start, alice, at_once).allowed);
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(quotas.take(start, alice, at_once).allowed);
    EXPECT_EQ(own.standing(start, alice).remaining, 8U) << "refusals are charged to nobody";
    // Told is the later of the two instants.
    EXPECT_EQ(quotas.take(start, alice, at_once).retry_after, 1s);
    // The other way round: the first one refuses, the second is not charged.
    Quotas reversed(&of_limiter, &own);
    EXPECT_FALSE(reversed.take(start, alice, at_once).allowed);
    EXPECT_EQ(own.standing(start, alice).remaining, 8U);
}

TEST(quotas, a_reservation_begins_when_its_unit_is_there) {
    Quota quota(slow(true, 5s));
    Quotas quotas(&quota);
    EXPECT_TRUE(quotas.may_delay());
    for (int i = 0; i < 2; ++i) {
        const auto now = quotas.take(start, alice, 10s);
        EXPECT_TRUE(now.allowed);
        EXPECT_FALSE(now.later);
    }
    auto first = quotas.take(start, alice, 10s);
    auto second = quotas.take(start, alice, 10s);
    EXPECT_EQ(first.later.begins(), start + 1s);
    EXPECT_EQ(second.later.begins(), start + 2s);
    EXPECT_EQ(quotas.held(), 2U);
    EXPECT_EQ(quota.standing(start, alice).remaining, 0U);
    // Longer than the caller has patience for: refused, and told when it would pass undelayed.
    const auto refused = quotas.take(start, alice, 1s);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, 3s);
    first.later.begin();
    EXPECT_EQ(quotas.held(), 1U);
}

TEST(quotas, who_leaves_before_its_turn_gives_the_unit_back) {
    Quota quota(slow(false, 5s));
    Quotas quotas(&quota);
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(quotas.take(start, alice, 10s).allowed);
    {
        const auto gone = quotas.take(start, alice, 10s);
        EXPECT_EQ(gone.later.begins(), start + 1s);
    }
    EXPECT_EQ(quotas.held(), 0U);
    auto next = quotas.take(start, bob, 10s);
    EXPECT_EQ(next.later.begins(), start + 1s);
    // Begun is spent, also when the right is moved about before.
    Quotas::Reservation moved = std::move(next.later);
    Quotas::Reservation again;
    again = std::move(moved);
    EXPECT_FALSE(moved);  // NOLINT(bugprone-use-after-move)
    again.begin();
    EXPECT_FALSE(again);
    EXPECT_EQ(quotas.take(start, alice, 10s).later.begins(), start + 2s);
}

TEST(quotas, no_more_than_so_many_are_held_back) {
    Quota quota({.name = "q",
                 .rate = {.rate = 1000, .period = 1s, .burst = 1},
                 .is_per_tenant = false,
                 .delay_max = 1h});
    Quotas quotas(&quota);
    std::vector<Quotas::Reservation> held;
    EXPECT_FALSE(quotas.take(start, alice, 1h).later);
    for (std::uint32_t i = 0; i < Quotas::held_max; ++i)
        held.push_back(quotas.take(start, alice, 1h).later);
    EXPECT_EQ(quotas.held(), Quotas::held_max);
    const auto refused = quotas.take(start, alice, 1h);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, 1025ms);
    held.pop_back();
    EXPECT_TRUE(quotas.take(start, alice, 1h).later);
}

TEST(quotas, threads_that_share_one_get_what_it_has_and_no_more) {
    Quota own(
        {.name = "own", .rate = {.rate = 1, .period = 1h, .burst = 5000}, .is_per_tenant = false});
    Quota of_limiter({.name = "all", .rate = {.rate = 1, .period = 1h, .burst = 3000}});
    Quotas quotas(&own, &of_limiter);
    std::atomic<int> allowed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 2000; ++i)
                if (quotas.take(start, alice, at_once).allowed) ++allowed;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(allowed, 3000);
    // A unit of the first is lost only where a race was lost: never more than one for each thread.
    EXPECT_GE(own.standing(start, alice).remaining, 2000U - 4U);
}

}  // namespace
}  // namespace spillway::admission
