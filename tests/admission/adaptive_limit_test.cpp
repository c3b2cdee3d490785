// A limiter whose limit is found while it runs, in virtual time; and one hammer for the races.

#include "spillway/admission/adaptive_limit.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>
#include <vector>

#include "spillway/admission/limiter.hpp"

namespace spillway::admission {
namespace {

using namespace std::chrono_literals;
using core::LimitKind;
using core::LimitReason;
using core::Outcome;

core::TimePoint virtual_time;
core::TimePoint virtual_now() noexcept { return virtual_time; }

/// What is slower than 100 ms halves the limit, all else adds one, as long as half of it is used.
core::LimitPolicyOptions halving(core::LimitBounds bounds) {
    auto options = core::LimitPolicyOptions::service(LimitKind::aimd, bounds);
    auto& aimd = std::get<core::AimdLimit::Options>(options.algorithm);
    aimd.timeout = 100ms;
    aimd.backoff_ratio = 0.5;
    options.window.window_max = options.window.window_min = 100ms;
    options.window.samples_min = 1;
    options.percentile = 0;  // the mean, which is exact
    options.cures = core::LimitCures::none();
    return options;
}

std::uint64_t changes(const Limiter& limiter, LimitReason reason) {
    return limiter.adaptive_state()->changes[static_cast<std::size_t>(reason)];
}

class AdaptiveLimiterTest : public testing::Test {
protected:
    AdaptiveLimiterTest() { virtual_time = core::TimePoint{1h}; }

    /// As many requests as are let in, all of which end so after `rtt`.
    static void wave(Limiter& limiter, core::Duration rtt, Outcome outcome = Outcome::success) {
        std::vector<Permit> held;
        while (auto permit = limiter.try_acquire(virtual_time)) held.push_back(std::move(*permit));
        virtual_time += rtt;
        for (Permit& permit : held) permit.finish(virtual_time, outcome);
        limiter.tick(virtual_time);
    }
    static std::uint32_t limit(const Limiter& limiter) { return limiter.occupancy().limit; }
    static LimiterOptions options(core::LimitBounds bounds) {
        return {.name = "l", .adaptive = halving(bounds), .queue = {.capacity = 8}};
    }
};

TEST_F(AdaptiveLimiterTest, begins_at_the_initial_limit) {
    Limiter limiter(options({.min = 1, .max = 10, .initial = 4}), &virtual_now);
    EXPECT_EQ(limit(limiter), 4U);
    EXPECT_EQ(limiter.adaptive_state()->bounds.max, 10U);
    EXPECT_EQ(limiter.adaptive_state()->metrics.reason, LimitReason::initial);
}

TEST_F(AdaptiveLimiterTest, a_fixed_limit_has_no_inside) {
    Limiter limiter({.name = "l", .limit = 3}, &virtual_now);
    EXPECT_FALSE(limiter.adaptive_state());
    EXPECT_EQ(limit(limiter), 3U);
}

TEST_F(AdaptiveLimiterTest, slow_windows_lower_it_to_its_floor_and_fast_ones_raise_it_to_its_top) {
    Limiter limiter(options({.min = 2, .max = 5, .initial = 4}), &virtual_now);
    wave(limiter, 150ms);
    EXPECT_EQ(limit(limiter), 2U);
    wave(limiter, 150ms);
    EXPECT_EQ(limit(limiter), 2U);
    EXPECT_EQ(changes(limiter, LimitReason::overload), 1U) << "the floor is no change";

    for (const std::uint32_t expected : {3U, 4U, 5U, 5U}) {
        wave(limiter, 100ms);
        EXPECT_EQ(limit(limiter), expected);
    }
    EXPECT_EQ(changes(limiter, LimitReason::growth), 3U);
    EXPECT_EQ(limiter.adaptive_state()->metrics.latency, 100ms);
}

TEST_F(AdaptiveLimiterTest, it_moves_once_a_window_whatever_happens_in_between) {
    Limiter limiter(options({.min = 1, .max = 10, .initial = 4}), &virtual_now);
    for (int i = 0; i < 9; ++i) wave(limiter, 10ms);
    EXPECT_EQ(limit(limiter), 4U);
    wave(limiter, 10ms);
    EXPECT_EQ(limit(limiter), 5U);
}

TEST_F(AdaptiveLimiterTest, an_overloaded_end_lowers_it_and_an_ignored_one_does_nothing) {
    Limiter limiter(options({.min = 1, .max = 10, .initial = 8}), &virtual_now);
    wave(limiter, 150ms, Outcome::ignored);
    EXPECT_EQ(limit(limiter), 8U);
    {
        const auto unfinished = limiter.try_acquire(virtual_time);
        virtual_time += 10s;
    }
    limiter.tick(virtual_time);
    EXPECT_EQ(limit(limiter), 8U);
    EXPECT_EQ(limiter.adaptive_state()->metrics.reason, LimitReason::too_few);
    wave(limiter, 10ms, Outcome::overloaded);
    virtual_time += 100ms;
    limiter.tick(virtual_time);
    EXPECT_EQ(limit(limiter), 4U);
}

TEST_F(AdaptiveLimiterTest, it_does_not_grow_while_less_than_half_of_it_is_used) {
    Limiter limiter(options({.min = 1, .max = 10, .initial = 4}), &virtual_now);
    limiter.try_acquire(virtual_time)->finish(virtual_time + 10ms, Outcome::success);
    virtual_time += 100ms;
    limiter.tick(virtual_time);
    EXPECT_EQ(limit(limiter), 4U);
    EXPECT_EQ(limiter.adaptive_state()->metrics.reason, LimitReason::app_limited);
}

TEST_F(AdaptiveLimiterTest, what_a_request_costs_is_in_use) {
    Limiter limiter(options({.min = 1, .max = 10, .initial = 4}), &virtual_now);
    limiter.try_acquire(virtual_time, 3)->finish(virtual_time + 10ms, Outcome::success);
    virtual_time += 100ms;
    limiter.tick(virtual_time);
    EXPECT_EQ(limit(limiter), 5U);
}

TEST_F(AdaptiveLimiterTest, a_lowered_limit_takes_no_permit_away_and_grants_none_until_it_is_met) {
    Limiter limiter(options({.min = 1, .max = 10, .initial = 4}), &virtual_now);
    auto first = limiter.try_acquire(virtual_time);
    auto second = limiter.try_acquire(virtual_time);
    auto third = limiter.try_acquire(virtual_time);
    limiter.try_acquire(virtual_time)->finish(virtual_time, Outcome::overloaded);
    virtual_time += 100ms;
    limiter.tick(virtual_time);
    EXPECT_EQ(limit(limiter), 2U);
    EXPECT_EQ(limiter.occupancy().in_flight, 3U);
    first.reset();
    EXPECT_FALSE(limiter.try_acquire(virtual_time));
    second.reset();
    EXPECT_TRUE(limiter.try_acquire(virtual_time));
}

TEST_F(AdaptiveLimiterTest, a_raised_limit_lets_a_waiter_in) {
    boost::asio::io_context loop{1};
    Limiter limiter(options({.min = 1, .max = 10, .initial = 2}), &virtual_now);
    std::vector<Permit> granted;
    const auto wait = [&] {
        limiter.async_acquire(
            core::after(virtual_time, 10s),
            boost::asio::bind_executor(loop.get_executor(), [&](boost::system::error_code error,
                                                                async::SemaphorePermit held) {
                if (!error) granted.push_back(limiter.admit(virtual_time, std::move(held)));
            }));
    };
    auto first = limiter.try_acquire(virtual_time);
    const auto second = limiter.try_acquire(virtual_time);
    wait();
    wait();
    virtual_time += 50ms;
    first->finish(virtual_time, Outcome::success);
    loop.poll();
    EXPECT_EQ(granted.size(), 1U);
    virtual_time += 50ms;
    limiter.tick(virtual_time);
    loop.restart();
    loop.poll();
    EXPECT_EQ(limit(limiter), 3U);
    EXPECT_EQ(granted.size(), 2U);
    limiter.stop();
}

TEST_F(AdaptiveLimiterTest, says_when_it_is_to_be_asked_next) {
    Limiter limiter(options({.min = 1, .max = 10, .initial = 4}), &virtual_now);
    virtual_time += 100ms;
    EXPECT_EQ(limiter.tick(virtual_time), core::after(virtual_time, 100ms));
}

TEST_F(AdaptiveLimiterTest, every_algorithm_stays_within_its_bounds) {
    for (const LimitKind kind : {LimitKind::aimd, LimitKind::vegas, LimitKind::gradient2,
                                 LimitKind::gradient, LimitKind::gradient_minrtt, LimitKind::slo}) {
        SCOPED_TRACE(core::to_string(kind));
        Limiter limiter({.name = "l",
                         .adaptive = core::LimitPolicyOptions::service(
                             kind, {.min = 2, .max = 12, .initial = 6})},
                        &virtual_now);
        for (int i = 0; i < 600; ++i) {
            const core::Duration rtt = i / 100 % 2 == 0 ? 20ms : 400ms;
            wave(limiter, rtt, i % 50 == 49 ? Outcome::overloaded : Outcome::success);
            ASSERT_GE(limit(limiter), 2U);
            ASSERT_LE(limit(limiter), 12U);
        }
    }
}

TEST_F(AdaptiveLimiterTest, updates_itself_when_given_a_loop) {
    // On the real clock: each turn of the loop is one update, and nothing is asked of its time.
    boost::asio::io_context loop{1};
    auto real = options({.min = 1, .max = 10, .initial = 4});
    real.adaptive->window.window_min = real.adaptive->window.window_max = 1ms;
    Limiter limiter(loop.get_executor(), real);
    limiter.try_acquire(core::TimePoint{})->finish(core::TimePoint{} + 1ms, Outcome::overloaded);
    while (limit(limiter) != 2U) loop.run_one();
    limiter.stop();
}

TEST(AdaptiveLimit, is_recorded_in_updated_and_read_by_many_threads_at_once) {
    constexpr int threads = 4;
    constexpr int samples = 20'000;
    constexpr core::TimePoint start{1h};
    AdaptiveLimit limit(halving({.min = 1, .max = 50, .initial = 25}), start);
    std::atomic<int> running{threads};
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
        workers.emplace_back([&, t] {
            for (int i = 0; i < samples; ++i) {
                const core::TimePoint now = core::after(start, i * 100us);
                const auto outcome = (i + t) % 100 == 0 ? Outcome::overloaded : Outcome::success;
                limit.record(now, {.rtt = 10ms, .in_flight = 50, .outcome = outcome});
            }
            --running;
        });
    }
    core::TimePoint now = start;
    std::uint64_t moves = 0;
    std::uint32_t seen = 25;
    while (running > 0) {
        now = core::after(now, 100ms);
        const std::uint32_t next = limit.update(now);
        moves += next == seen ? 0 : 1;
        seen = next;
        ASSERT_GE(seen, 1U);
        ASSERT_LE(seen, 50U);
        ASSERT_LE(limit.state().metrics.limit, 50);
    }
    std::uint64_t counted = 0;
    for (const std::uint64_t n : limit.state().changes) counted += n;
    EXPECT_EQ(counted, moves);
}

}  // namespace
}  // namespace spillway::admission
