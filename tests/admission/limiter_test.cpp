#include "spillway/admission/limiter.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spillway::admission {
namespace {

using namespace std::chrono_literals;
using async::AcquireError;
using core::Outcome;

core::TimePoint virtual_time;
core::TimePoint virtual_now() noexcept { return virtual_time; }

class LimiterTest : public testing::Test {
protected:
    LimiterTest() { virtual_time = core::TimePoint{1h}; }

    struct Wait {
        std::optional<boost::system::error_code> error;
        Permit permit;
        boost::asio::cancellation_signal cancel;
    };

    void acquire(Limiter& limiter, Wait& wait) {
        limiter.async_acquire(
            core::after(virtual_time, limiter.wait_timeout()),
            boost::asio::bind_cancellation_slot(
                wait.cancel.slot(),
                boost::asio::bind_executor(loop.get_executor(), [&](boost::system::error_code e,
                                                                    async::SemaphorePermit held) {
                    wait.error = e;
                    if (!e) wait.permit = limiter.admit(virtual_time, std::move(held));
                })));
    }
    void settle() {
        loop.restart();
        loop.poll();
    }
    void advance(Limiter& limiter, core::Duration by) {
        virtual_time += by;
        limiter.tick(virtual_time);
        settle();
    }

    boost::asio::io_context loop{1};
};

TEST_F(LimiterTest, grants_up_to_its_limit_and_says_how_many_hold) {
    Limiter limiter({.name = "l", .limit = 2, .queue = {.capacity = 0}}, &virtual_now);
    auto first = limiter.try_acquire(virtual_time);
    auto second = limiter.try_acquire(virtual_time);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->in_flight_at_grant(), 1U);
    EXPECT_EQ(second->in_flight_at_grant(), 2U);
    EXPECT_FALSE(limiter.try_acquire(virtual_time));
    EXPECT_TRUE(limiter.is_full());
}

TEST_F(LimiterTest, a_permit_comes_back_when_finished_or_destroyed_and_only_once) {
    Limiter limiter({.name = "l", .limit = 1, .queue = {.capacity = 0}}, &virtual_now);
    auto permit = limiter.try_acquire(virtual_time);
    permit->finish(virtual_time, Outcome::success);
    EXPECT_FALSE(*permit);
    EXPECT_EQ(limiter.occupancy().in_flight, 0U);
    auto next = limiter.try_acquire(virtual_time);
    permit->finish(virtual_time, Outcome::success);  // does nothing
    EXPECT_EQ(limiter.occupancy().in_flight, 1U);
    Permit moved = std::move(*next);
    next.reset();
    EXPECT_EQ(limiter.occupancy().in_flight, 1U);
    moved = Permit();
    EXPECT_EQ(limiter.occupancy().in_flight, 0U);
}

TEST_F(LimiterTest, a_recorded_permit_is_held_on_until_it_is_destroyed) {
    Limiter limiter({.name = "l", .limit = 1, .queue = {.capacity = 4}}, &virtual_now);
    {
        auto permit = limiter.try_acquire(virtual_time);
        permit->record(virtual_time + 1s, Outcome::success);
        EXPECT_EQ(limiter.occupancy().in_flight, 1U);
        EXPECT_EQ(limiter.backlog_time(), 1s);
    }
    EXPECT_EQ(limiter.occupancy().in_flight, 0U);
}

TEST_F(LimiterTest, only_success_says_how_long_service_takes) {
    Limiter limiter({.name = "l", .limit = 1, .queue = {.capacity = 4}}, &virtual_now);
    for (const Outcome outcome : {Outcome::ignored, Outcome::overloaded}) {
        auto permit = limiter.try_acquire(virtual_time);
        permit->finish(virtual_time + 100s, outcome);
    }
    {
        const auto destroyed = limiter.try_acquire(virtual_time);
    }
    auto holder = limiter.try_acquire(virtual_time);
    EXPECT_EQ(limiter.backlog_time(), 0s) << "nothing is known yet";
    holder->finish(virtual_time + 2s, Outcome::success);
    holder = limiter.try_acquire(virtual_time);
    EXPECT_EQ(limiter.backlog_time(), 2s);
}

TEST_F(LimiterTest, the_backlog_is_everybody_ahead_divided_among_the_permits) {
    Limiter limiter({.name = "l", .limit = 2, .queue = {.capacity = 4}}, &virtual_now);
    limiter.try_acquire(virtual_time)->finish(virtual_time + 3s, Outcome::success);
    auto a = limiter.try_acquire(virtual_time);
    auto b = limiter.try_acquire(virtual_time);
    Wait waits[2];
    for (auto& wait : waits) acquire(limiter, wait);
    EXPECT_EQ(limiter.backlog_time(), 6s);  // 4 of 3 s each, two at a time
    limiter.stop();
    settle();
}

TEST_F(LimiterTest, the_backlog_counts_units_not_requests) {
    Limiter limiter({.name = "l", .limit = 4, .queue = {.capacity = 4}}, &virtual_now);
    limiter.try_acquire(virtual_time)->finish(virtual_time + 2s, Outcome::success);
    const auto held = limiter.try_acquire(virtual_time, 3);
    limiter.async_acquire(
        core::Claim{.cost = 5},
        boost::asio::bind_executor(loop.get_executor(),
                                   [](boost::system::error_code, async::SemaphorePermit) {}));
    EXPECT_EQ(limiter.backlog_time(), 4s);  // 8 units of 2 s each, four at a time
    EXPECT_EQ(limiter.occupancy().in_flight, 1U);
    limiter.stop();
    settle();
}

TEST_F(LimiterTest, waiters_are_granted_in_order_and_newcomers_do_not_overtake) {
    Limiter limiter({.name = "l", .limit = 1, .queue = {.capacity = 2}}, &virtual_now);
    auto holder = limiter.try_acquire(virtual_time);
    Wait first, second, third;
    acquire(limiter, first);
    acquire(limiter, second);
    EXPECT_TRUE(limiter.is_full());
    acquire(limiter, third);
    settle();
    EXPECT_EQ(third.error, AcquireError::queue_full);
    EXPECT_FALSE(first.error);
    holder.reset();
    EXPECT_FALSE(limiter.try_acquire(virtual_time)) << "handed on, though not yet heard of";
    settle();
    EXPECT_EQ(first.error, boost::system::error_code{});
    EXPECT_EQ(first.permit.granted_at(), virtual_time);
    EXPECT_FALSE(second.error);
    first.permit.finish(virtual_time, Outcome::ignored);
    settle();
    EXPECT_TRUE(second.permit);
}

TEST_F(LimiterTest, a_waiter_gives_up_at_its_deadline_and_not_before) {
    Limiter limiter({.name = "l", .limit = 1, .queue = {.capacity = 1}, .wait_timeout = 200ms},
                    &virtual_now);
    const auto holder = limiter.try_acquire(virtual_time);
    Wait wait;
    acquire(limiter, wait);
    advance(limiter, 199ms);
    EXPECT_FALSE(wait.error);
    advance(limiter, 1ms);
    EXPECT_EQ(wait.error, AcquireError::wait_timeout);
    EXPECT_EQ(limiter.occupancy().waiting, 0U);
}

TEST_F(LimiterTest, a_cancelled_waiter_frees_its_place) {
    Limiter limiter({.name = "l", .limit = 1, .queue = {.capacity = 1}}, &virtual_now);
    auto holder = limiter.try_acquire(virtual_time);
    Wait first, second;
    acquire(limiter, first);
    first.cancel.emit(boost::asio::cancellation_type::terminal);
    EXPECT_FALSE(limiter.is_full());
    acquire(limiter, second);
    holder.reset();
    settle();
    EXPECT_EQ(first.error, boost::asio::error::operation_aborted);
    EXPECT_TRUE(second.permit);
}

TEST_F(LimiterTest, stopping_ends_every_wait) {
    Limiter limiter({.name = "l", .limit = 1, .queue = {.capacity = 1}}, &virtual_now);
    const auto holder = limiter.try_acquire(virtual_time);
    Wait wait;
    acquire(limiter, wait);
    limiter.stop();
    settle();
    EXPECT_EQ(wait.error, AcquireError::closed);
    EXPECT_FALSE(limiter.try_acquire(virtual_time));
}

TEST_F(LimiterTest, watches_deadlines_itself_when_given_a_loop) {
    // The clock is the real one, the deadline long past: the wait ends without being told.
    Limiter limiter(loop.get_executor(), {.name = "l", .limit = 1, .queue = {.capacity = 1}});
    const auto holder = limiter.try_acquire(virtual_time);
    std::optional<boost::system::error_code> error;
    limiter.async_acquire(core::TimePoint{} + 1ns,
                          boost::asio::bind_executor(loop.get_executor(),
                                                     [&](boost::system::error_code e,
                                                         async::SemaphorePermit) { error = e; }));
    loop.run_one();
    EXPECT_EQ(error, AcquireError::wait_timeout);
    limiter.stop();
}

}  // namespace
}  // namespace spillway::admission
