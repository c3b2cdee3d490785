// Reservations that are called off: what is given back, and that the rate holds all the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/choices.hpp"
#include "spillway/core/rate/gcra.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1h};

RateReservation reserve(Gcra& bucket, TimePoint now, std::uint64_t cost) {
    const RateDecision decision = bucket.reserve(now, cost, 1h);
    EXPECT_TRUE(decision.allowed);
    return {decision.full_at, cost, now + decision.delay};
}

TEST(GcraCancel, the_last_reservation_gives_all_of_it_back) {
    Gcra bucket({.rate = 1, .period = 1s, .burst = 1});
    (void)reserve(bucket, t0, 1);
    const RateReservation second = reserve(bucket, t0, 1);
    EXPECT_EQ(second.begins, t0 + 1s);
    bucket.cancel(t0 + 500ms, second);
    EXPECT_EQ(bucket.reserve(t0 + 500ms, 1, 1h).delay, 500ms);
}

TEST(GcraCancel, what_others_wait_behind_stays_spent) {
    Gcra bucket({.rate = 1, .period = 1s, .burst = 1});
    (void)reserve(bucket, t0, 1);
    const RateReservation second = reserve(bucket, t0, 1);
    const RateReservation third = reserve(bucket, t0, 1);
    EXPECT_EQ(third.begins, t0 + 2s);
    bucket.cancel(t0, second);
    // Were a second given back here, the next would begin together with the third.
    EXPECT_EQ(reserve(bucket, t0, 1).begins, t0 + 3s);
}

TEST(GcraCancel, after_its_beginning_a_reservation_is_spent) {
    Gcra bucket({.rate = 1, .period = 1s, .burst = 1});
    (void)reserve(bucket, t0, 1);
    const RateReservation second = reserve(bucket, t0, 1);
    bucket.cancel(t0 + 1s + 1ns, second);
    EXPECT_EQ(bucket.allow(t0 + 1500ms).retry_after, 500ms);
}

TEST(GcraCancel, a_request_that_needed_no_delay_can_be_undone_at_the_same_instant) {
    Gcra bucket({.rate = 1, .period = 1s, .burst = 2});
    const RateReservation only = reserve(bucket, t0, 2);
    EXPECT_EQ(bucket.standing(t0).remaining, 0U);
    bucket.cancel(t0, only);
    EXPECT_EQ(bucket.standing(t0).remaining, 2U);
}

// All schedules of a few steps; whatever is reserved and called off, what begins conforms.
TEST(GcraCancel, whatever_is_called_off_the_rest_begins_within_rate_and_burst) {
    constexpr int steps = test::is_slow_build ? 5 : 6;
    for (const std::uint64_t burst : {1U, 2U, 3U}) {
        test::Choices choices;
        do {
            Gcra bucket({.rate = 1, .period = 1s, .burst = burst});
            std::vector<RateReservation> live;
            std::vector<RateReservation> begun;
            TimePoint now = t0;
            for (int step = 0; step < steps; ++step) {
                const std::uint32_t action =
                    choices.pick(4 + static_cast<std::uint32_t>(live.size()));
                if (action == 0) {
                    now += 1s;
                } else if (action <= 3) {
                    const std::uint64_t cost = std::min<std::uint64_t>(action, burst);
                    if (cost < action) continue;
                    live.push_back(reserve(bucket, now, cost));
                } else {
                    const auto at = live.begin() + (action - 4);
                    bucket.cancel(now, *at);
                    if (at->begins < now) begun.push_back(*at);
                    live.erase(at);
                }
            }
            begun.insert(begun.end(), live.begin(), live.end());
            std::sort(begun.begin(), begun.end(),
                      [](const auto& a, const auto& b) { return a.begins < b.begins; });
            std::int64_t tokens_ns = Duration{1s}.count() * static_cast<std::int64_t>(burst);
            TimePoint last = t0;
            for (const RateReservation& r : begun) {
                tokens_ns =
                    std::min<std::int64_t>(tokens_ns + (r.begins - last).count(),
                                           Duration{1s}.count() * static_cast<std::int64_t>(burst));
                tokens_ns -= static_cast<std::int64_t>(r.cost) * Duration{1s}.count();
                last = r.begins;
                ASSERT_GE(tokens_ns, 0) << "burst " << burst << ", run " << choices.runs();
            }
        } while (choices.advance());
        EXPECT_GT(choices.runs(), 1000U);
    }
}

}  // namespace
}  // namespace spillway::core
