// A limiter with a shadow: what permits tell it, what a change of the candidate does to those that
// are out, and one hammer for the races.

#include "spillway/admission/shadow_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "spillway/admission/limiter.hpp"

namespace spillway::admission {
namespace {

using namespace std::chrono_literals;
using core::Outcome;
using Live = ShadowLimiter::Live;

core::TimePoint virtual_time;
core::TimePoint virtual_now() noexcept { return virtual_time; }

core::ShadowOptions fixed(std::uint32_t limit, std::uint32_t capacity = 0) {
    core::ShadowOptions options{.queue = {.capacity = capacity}, .requests_max = 64};
    options.limit.bounds = {.min = limit, .max = limit, .initial = limit};
    options.limit.algorithm = core::FixedLimit::Options{.value = limit};
    return options;
}

class ShadowLimiterTest : public testing::Test {
protected:
    ShadowLimiterTest() { virtual_time = core::TimePoint{1h}; }

    /// As a session does it.
    static Permit acquire(Limiter& limiter) {
        auto permit = limiter.try_acquire(virtual_time);
        EXPECT_TRUE(permit);
        if (auto* shadow = limiter.shadow())
            permit->follow(shadow->arrive(virtual_time, core::any_claim, Live::granted));
        return std::move(*permit);
    }
    static core::ShadowState state(const Limiter& limiter) { return *limiter.shadow()->state(); }
};

TEST_F(ShadowLimiterTest, a_limiter_without_one_says_so) {
    Limiter limiter({.name = "l", .limit = 1}, &virtual_now);
    EXPECT_EQ(limiter.shadow(), nullptr);
}

TEST_F(ShadowLimiterTest, is_told_how_long_permits_were_held) {
    Limiter limiter({.name = "l", .limit = 4, .shadow = fixed(2)}, &virtual_now);
    Permit first = acquire(limiter);
    Permit second = acquire(limiter);
    Permit third = acquire(limiter);
    EXPECT_EQ(state(limiter).occupancy.in_flight, 2U);
    EXPECT_EQ(state(limiter).account.rejected_total(), 1U);
    virtual_time += 10ms;
    first.finish(virtual_time, Outcome::success);
    EXPECT_EQ(state(limiter).occupancy.in_flight, 1U);
    second.record(virtual_time, Outcome::success);
    EXPECT_EQ(state(limiter).occupancy.in_flight, 0U) << "once recorded, it is over";
    third.finish(virtual_time, Outcome::success);
    EXPECT_EQ(limiter.occupancy().in_flight, 1U);
}

TEST_F(ShadowLimiterTest, a_permit_that_is_destroyed_or_replaced_ends_there_too) {
    Limiter limiter({.name = "l", .limit = 4, .shadow = fixed(4)}, &virtual_now);
    {
        Permit held = acquire(limiter);
        Permit moved = std::move(held);
        EXPECT_EQ(state(limiter).occupancy.in_flight, 1U);
    }
    EXPECT_EQ(state(limiter).occupancy.in_flight, 0U);
    Permit held = acquire(limiter);
    held = acquire(limiter);
    EXPECT_EQ(state(limiter).occupancy.in_flight, 1U);
    held = {};
    EXPECT_EQ(state(limiter).occupancy.in_flight, 0U);
    EXPECT_EQ(limiter.occupancy().in_flight, 0U);
}

TEST_F(ShadowLimiterTest, a_wait_that_nobody_answers_is_a_client_that_left) {
    Limiter limiter({.name = "l", .limit = 1, .shadow = fixed(1, 4)}, &virtual_now);
    const Permit held = acquire(limiter);
    {
        const ShadowWait wait(limiter.shadow(), virtual_time, core::any_claim);
        EXPECT_EQ(state(limiter).occupancy.waiting, 1U);
    }
    EXPECT_EQ(state(limiter).account.dropped, 1U);
    {
        ShadowWait wait(limiter.shadow(), virtual_time, core::any_claim);
        wait.refused(virtual_time);
    }
    EXPECT_EQ(state(limiter).account.dropped, 1U);
    EXPECT_EQ(state(limiter).occupancy.waiting, 1U) << "the shadow would have let it wait";
}

TEST_F(ShadowLimiterTest, another_candidate_begins_anew_and_hears_nothing_of_earlier_requests) {
    Limiter limiter({.name = "l", .limit = 4, .shadow = fixed(1)}, &virtual_now);
    Permit before = acquire(limiter);
    limiter.set_shadow(fixed(2));
    EXPECT_EQ(state(limiter).account.received, 0U);
    Permit after = acquire(limiter);
    before.finish(virtual_time, Outcome::success);
    EXPECT_EQ(state(limiter).occupancy.in_flight, 1U) << "not the earlier one's end";

    limiter.set_shadow(std::nullopt);
    EXPECT_EQ(limiter.shadow(), nullptr);
    after.finish(virtual_time, Outcome::success);
    EXPECT_EQ(limiter.occupancy().in_flight, 0U);

    limiter.set_shadow(fixed(1));
    Permit last = acquire(limiter);
    EXPECT_EQ(state(limiter).account.received, 1U);
}

TEST_F(ShadowLimiterTest, windows_of_an_adaptive_candidate_end_with_the_limiter_s_ticks) {
    core::ShadowOptions adaptive{.requests_max = 64};
    adaptive.limit = core::LimitPolicyOptions::service(core::LimitKind::aimd,
                                                       {.min = 1, .max = 8, .initial = 2});
    adaptive.limit.window.samples_min = 1;
    adaptive.limit.cures = core::LimitCures::none();
    Limiter limiter({.name = "l", .limit = 2, .shadow = adaptive}, &virtual_now);
    for (int i = 0; i < 4; ++i) {
        Permit one = acquire(limiter);
        Permit two = acquire(limiter);
        virtual_time += 200ms;
        one.finish(virtual_time, Outcome::success);
        two.finish(virtual_time, Outcome::success);
        EXPECT_LE(limiter.tick(virtual_time), virtual_time + 1s);
    }
    EXPECT_GT(state(limiter).occupancy.limit, 2U);
    EXPECT_EQ(limiter.occupancy().limit, 2U);
}

TEST(ShadowLimiterThreads, every_request_is_counted_once_whatever_the_interleaving) {
    static constexpr int rounds = 5'000;
    boost::asio::io_context loop{1};
    Limiter limiter(loop.get_executor(), {.name = "l", .limit = 3, .shadow = fixed(2, 4)});
    const auto work = [&limiter](unsigned offset) {
        for (int i = 0; i < rounds; ++i) {
            const auto now = async::steady_now();
            ShadowLimiter* const shadow = limiter.shadow();
            if (auto permit = limiter.try_acquire(now)) {
                permit->follow(shadow->arrive(now, core::any_claim, Live::granted));
                if ((i + offset) % 3 != 0) permit->finish(async::steady_now(), Outcome::success);
            } else if ((i + offset) % 2 == 0) {
                (void)shadow->arrive(now, core::any_claim, Live::refused);
            } else {
                ShadowWait wait(shadow, now, core::any_claim);
                if (i % 4 == 1) wait.refused(async::steady_now());
            }
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i) threads.emplace_back(work, i);
    for (int i = 0; i < 100; ++i) {
        const auto seen = limiter.shadow()->state();
        EXPECT_EQ(seen->account.pending(), seen->occupancy.waiting);
    }
    for (auto& thread : threads) thread.join();
    const auto last = limiter.shadow()->state();
    EXPECT_EQ(last->account.received + last->account.unknown, 4U * rounds);
    EXPECT_EQ(last->account.pending(), last->occupancy.waiting);
    limiter.stop();
}

TEST(ShadowLimiterThreads, a_candidate_is_replaced_while_requests_are_on_their_way) {
    boost::asio::io_context loop{1};
    Limiter limiter(loop.get_executor(), {.name = "l", .limit = 100});
    std::atomic<bool> is_over{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            while (!is_over.load()) {
                const auto now = async::steady_now();
                auto permit = limiter.try_acquire(now);
                if (auto* shadow = limiter.shadow())
                    permit->follow(shadow->arrive(now, core::any_claim, Live::granted));
                permit->finish(async::steady_now(), Outcome::success);
            }
        });
    }
    for (int i = 0; i < 500; ++i) {
        if (i % 5 == 4) {
            limiter.set_shadow(std::nullopt);
        } else {
            limiter.set_shadow(fixed(static_cast<std::uint32_t>(1 + i % 3), 2));
        }
    }
    is_over = true;
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(limiter.occupancy().in_flight, 0U);
    limiter.stop();
}

}  // namespace
}  // namespace spillway::admission
