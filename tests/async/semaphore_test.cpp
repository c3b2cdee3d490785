#include "spillway/async/semaphore.hpp"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "async/virtual_time.hpp"
#include "spillway/async/shard.hpp"

namespace spillway::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Where one acquire ends.
struct Acquired {
    int completions = 0;
    error_code error;
    SemaphorePermit permit;

    [[nodiscard]] bool granted() const { return completions == 1 && !error && permit; }
    [[nodiscard]] bool refused(error_code with) const {
        return completions == 1 && error == with && !permit;
    }
};

auto into(Acquired& acquired, asio::io_context& loop) {
    return asio::bind_executor(loop.get_executor(),
                               [&acquired](error_code error, SemaphorePermit permit) {
                                   ++acquired.completions;
                                   acquired.error = error;
                                   acquired.permit = std::move(permit);
                               });
}

struct SemaphoreTest : testing::Test {
    SemaphoreTest() { virtual_time = at_ms(0); }

    void acquire(Acquired& acquired, core::TimePoint deadline = core::never) {
        semaphore.async_acquire(deadline, into(acquired, loop));
    }
    void poll() {
        loop.restart();
        loop.poll();
    }

    asio::io_context loop{1};
    AsyncSemaphore semaphore{{.limit = 1, .queue = {.capacity = 2}, .now = &virtual_now}};
};

TEST_F(SemaphoreTest, grants_at_once_while_permits_are_free) {
    auto permit = semaphore.try_acquire();
    ASSERT_TRUE(permit);
    EXPECT_EQ(permit->in_flight_at_grant(), 1U);
    EXPECT_FALSE(semaphore.try_acquire());
    EXPECT_EQ(semaphore.in_flight(), 1U);

    permit->release();
    permit->release();
    EXPECT_FALSE(*permit);
    EXPECT_EQ(semaphore.in_flight(), 0U);
}

TEST_F(SemaphoreTest, a_moved_permit_is_given_back_once) {
    auto first = semaphore.try_acquire();
    SemaphorePermit second = std::move(*first);
    first.reset();
    EXPECT_EQ(semaphore.in_flight(), 1U);
    second = SemaphorePermit{};
    EXPECT_EQ(semaphore.in_flight(), 0U);
}

TEST_F(SemaphoreTest, posts_even_what_it_knows_at_once) {
    Acquired first;
    acquire(first);
    EXPECT_EQ(semaphore.in_flight(), 1U);
    EXPECT_EQ(first.completions, 0);
    poll();
    EXPECT_TRUE(first.granted());

    // Two wait, the third is refused.
    Acquired waiter1;
    Acquired waiter2;
    Acquired third;
    acquire(waiter1);
    EXPECT_FALSE(semaphore.is_full());
    acquire(waiter2);
    EXPECT_TRUE(semaphore.is_full());
    acquire(third);
    EXPECT_EQ(third.completions, 0);
    poll();
    EXPECT_TRUE(third.refused(AcquireError::queue_full));
    EXPECT_EQ(waiter1.completions, 0);
    semaphore.stop();
    poll();
}

TEST_F(SemaphoreTest, a_released_permit_goes_to_the_one_that_waited_longest) {
    auto held = semaphore.try_acquire();
    Acquired first;
    Acquired second;
    acquire(first);
    acquire(second);

    held->release();
    EXPECT_FALSE(semaphore.try_acquire()) << "a newcomer overtook a waiter";
    EXPECT_EQ(first.completions, 0) << "resumed on the releaser's stack";
    poll();
    EXPECT_TRUE(first.granted());
    EXPECT_EQ(second.completions, 0);

    first.permit.release();
    poll();
    EXPECT_TRUE(second.granted());
    EXPECT_EQ(second.permit.in_flight_at_grant(), 1U);
}

TEST_F(SemaphoreTest, waits_until_the_deadline_and_not_longer) {
    auto held = semaphore.try_acquire();
    Acquired early;
    Acquired late;
    acquire(early, at_ms(10));
    acquire(late, at_ms(20));

    EXPECT_EQ(semaphore.tick(at_ms(9)), at_ms(10));
    poll();
    EXPECT_EQ(early.completions, 0);
    EXPECT_EQ(semaphore.tick(at_ms(10)), at_ms(20));
    poll();
    EXPECT_TRUE(early.refused(AcquireError::wait_timeout));
    EXPECT_EQ(semaphore.waiting(), 1U);
    EXPECT_EQ(semaphore.tick(at_ms(25)), core::never);
    poll();
    EXPECT_TRUE(late.refused(AcquireError::wait_timeout));
}

TEST_F(SemaphoreTest, a_release_in_the_instant_of_a_timeout_loses_no_permit) {
    auto held = semaphore.try_acquire();
    Acquired due;
    Acquired patient;
    acquire(due, at_ms(10));
    acquire(patient);

    // The timer has not fired yet: the release sees to the one whose time is up.
    virtual_time = at_ms(10);
    held->release();
    poll();
    EXPECT_TRUE(due.refused(AcquireError::wait_timeout));
    EXPECT_TRUE(patient.granted());
}

TEST_F(SemaphoreTest, refuses_to_wait_for_an_instant_that_has_passed_but_grants_what_is_free) {
    virtual_time = at_ms(10);
    Acquired lucky;
    acquire(lucky, at_ms(5));
    Acquired late;
    acquire(late, at_ms(10));
    poll();
    EXPECT_TRUE(lucky.granted());
    EXPECT_TRUE(late.refused(AcquireError::wait_timeout));
}

TEST_F(SemaphoreTest, a_cancelled_waiter_frees_its_place_at_once) {
    auto held = semaphore.try_acquire();
    asio::cancellation_signal signal;
    Acquired gone;
    Acquired next;
    semaphore.async_acquire(core::never,
                            asio::bind_cancellation_slot(signal.slot(), into(gone, loop)));
    acquire(next);
    EXPECT_TRUE(semaphore.is_full());

    signal.emit(asio::cancellation_type::total);
    EXPECT_FALSE(semaphore.is_full());
    EXPECT_EQ(gone.completions, 0) << "completed on the canceller's stack";
    poll();
    EXPECT_TRUE(gone.refused(asio::error::operation_aborted));

    held->release();
    poll();
    EXPECT_TRUE(next.granted());
}

TEST_F(SemaphoreTest, a_cancel_after_the_grant_does_nothing) {
    auto held = semaphore.try_acquire();
    asio::cancellation_signal signal;
    Acquired acquired;
    semaphore.async_acquire(core::never,
                            asio::bind_cancellation_slot(signal.slot(), into(acquired, loop)));
    held->release();
    // Granted and posted, not yet run; another takes the very place it had.
    Acquired heir;
    acquire(heir);
    signal.emit(asio::cancellation_type::total);
    poll();
    EXPECT_TRUE(acquired.granted());
    EXPECT_EQ(heir.completions, 0);

    signal.emit(asio::cancellation_type::total);  // its slot is empty by now
    acquired.permit.release();
    poll();
    EXPECT_TRUE(heir.granted());
}

TEST_F(SemaphoreTest, cancelling_what_was_answered_at_once_does_nothing) {
    asio::cancellation_signal signal;
    Acquired acquired;
    semaphore.async_acquire(core::never,
                            asio::bind_cancellation_slot(signal.slot(), into(acquired, loop)));
    signal.emit(asio::cancellation_type::total);
    poll();
    EXPECT_TRUE(acquired.granted());
}

TEST_F(SemaphoreTest, a_raised_limit_wakes_waiters_and_a_lowered_one_takes_nothing_away) {
    auto held = semaphore.try_acquire();
    Acquired first;
    Acquired second;
    acquire(first);
    acquire(second);
    semaphore.set_limit(3);
    poll();
    EXPECT_TRUE(first.granted());
    EXPECT_TRUE(second.granted());
    EXPECT_EQ(second.permit.in_flight_at_grant(), 3U);

    semaphore.set_limit(1);
    EXPECT_EQ(semaphore.in_flight(), 3U);
    Acquired third;
    acquire(third);
    held->release();
    first.permit.release();
    poll();
    EXPECT_EQ(third.completions, 0);
    second.permit.release();
    poll();
    EXPECT_TRUE(third.granted());
}

TEST_F(SemaphoreTest, close_refuses_newcomers_and_lets_waiters_have_their_turn) {
    auto held = semaphore.try_acquire();
    Acquired waiter;
    acquire(waiter);
    semaphore.close();
    Acquired newcomer;
    acquire(newcomer);
    poll();
    EXPECT_TRUE(newcomer.refused(AcquireError::closed));
    EXPECT_EQ(waiter.completions, 0);
    held->release();
    poll();
    EXPECT_TRUE(waiter.granted());
    waiter.permit.release();
    EXPECT_FALSE(semaphore.try_acquire());
}

TEST_F(SemaphoreTest, stop_ends_every_wait) {
    auto held = semaphore.try_acquire();
    Acquired patient;
    Acquired timed;
    acquire(patient);
    acquire(timed, at_ms(10));
    semaphore.stop();
    semaphore.stop();
    poll();
    EXPECT_TRUE(patient.refused(AcquireError::closed));
    EXPECT_TRUE(timed.refused(AcquireError::closed));
    EXPECT_EQ(semaphore.waiting(), 0U);
}

TEST_F(SemaphoreTest, a_permit_granted_to_a_loop_that_dies_comes_back) {
    auto held = semaphore.try_acquire();
    Acquired never_told;
    Acquired next;
    {
        asio::io_context short_lived(1);
        semaphore.async_acquire(core::never, into(never_told, short_lived));
        acquire(next);
        held->release();
        EXPECT_EQ(semaphore.in_flight(), 1U);
    }
    poll();
    EXPECT_EQ(never_told.completions, 0);
    EXPECT_TRUE(next.granted());
}

TEST_F(SemaphoreTest, a_waiting_operation_keeps_its_loop_running) {
    auto held = semaphore.try_acquire();
    Acquired waiter;
    acquire(waiter);
    std::thread releaser([permit = std::move(*held)]() mutable { permit.release(); });
    loop.run();  // would return at once without work
    releaser.join();
    EXPECT_TRUE(waiter.granted());
}

TEST(Semaphore, wakes_more_waiters_than_fit_a_batch_in_order) {
    constexpr std::uint32_t waiters = 50;
    asio::io_context loop(1);
    AsyncSemaphore semaphore({.limit = 0, .queue = {.capacity = 3 * waiters}, .now = &virtual_now});
    virtual_time = at_ms(0);
    std::vector<std::uint32_t> order;
    std::vector<SemaphorePermit> permits;
    int timeouts = 0;
    for (std::uint32_t i = 0; i < 3 * waiters; ++i) {
        // Every third may wait.
        semaphore.async_acquire(
            i % 3 == 0 ? core::never : at_ms(1),
            asio::bind_executor(loop.get_executor(), [&, i](error_code error, SemaphorePermit p) {
                if (error) {
                    ++timeouts;
                    return;
                }
                order.push_back(i);
                permits.push_back(std::move(p));
            }));
    }
    virtual_time = at_ms(1);
    semaphore.set_limit(waiters);
    loop.poll();
    EXPECT_EQ(timeouts, 2 * static_cast<int>(waiters));
    ASSERT_EQ(order.size(), waiters);
    for (std::uint32_t i = 0; i < waiters; ++i) EXPECT_EQ(order[i], 3 * i);
    EXPECT_EQ(semaphore.waiting(), 0U);
}

TEST(Semaphore, expires_waiters_by_its_own_timer) {
    asio::io_context loop(1);
    AsyncSemaphore semaphore(loop.get_executor(), {.limit = 0, .queue = {.capacity = 1}});
    Acquired acquired;
    // The shortest wait there is: the instant has come before the loop first looks.
    semaphore.async_acquire(core::after(steady_now(), std::chrono::milliseconds(1)),
                            into(acquired, loop));
    loop.run();
    EXPECT_TRUE(acquired.refused(AcquireError::wait_timeout));
}

TEST(Semaphore, its_timer_is_armed_again_for_later_waits) {
    asio::io_context loop(1);
    AsyncSemaphore semaphore(loop.get_executor(), {.limit = 0, .queue = {.capacity = 2}});
    for (int round = 0; round < 3; ++round) {
        Acquired shorter;
        Acquired longer;
        const core::TimePoint start = steady_now();
        semaphore.async_acquire(core::after(start, std::chrono::milliseconds(2)),
                                into(longer, loop));
        semaphore.async_acquire(core::after(start, std::chrono::milliseconds(1)),
                                into(shorter, loop));
        loop.restart();
        loop.run();
        EXPECT_TRUE(shorter.refused(AcquireError::wait_timeout));
        EXPECT_TRUE(longer.refused(AcquireError::wait_timeout));
    }
}

TEST(Semaphore, stop_lets_its_loop_end_with_a_deadline_far_away) {
    asio::io_context loop(1);
    AsyncSemaphore semaphore(loop.get_executor(), {.limit = 0, .queue = {.capacity = 1}});
    Acquired acquired;
    semaphore.async_acquire(core::never - std::chrono::hours(1), into(acquired, loop));
    semaphore.stop();
    loop.run();
    EXPECT_TRUE(acquired.refused(AcquireError::closed));
}

Task<> acquire_in_turn(AsyncSemaphore& semaphore, std::vector<std::string>& log) {
    auto first = co_await semaphore.async_acquire(core::never, asio::as_tuple(use_task));
    log.push_back(std::get<0>(first).message());
    auto second = co_await semaphore.async_acquire(at_ms(10), asio::as_tuple(use_task));
    log.push_back(std::get<0>(second).message());
    std::get<1>(first).release();
    SemaphorePermit third = co_await semaphore.async_acquire(core::never, use_task);
    log.push_back(third ? "a permit" : "none");
}

TEST_F(SemaphoreTest, coroutines_wait_for_it) {
    std::vector<std::string> log;
    asio::co_spawn(loop, acquire_in_turn(semaphore, log), asio::detached);
    poll();
    EXPECT_EQ(log.size(), 1U);
    semaphore.tick(at_ms(10));
    poll();
    EXPECT_EQ(log,
              (std::vector<std::string>{"Success", "no permit before the deadline", "a permit"}));
    EXPECT_EQ(semaphore.in_flight(), 0U);
}

TEST_F(SemaphoreTest, cancelling_the_coroutine_cancels_its_wait) {
    semaphore.set_limit(0);
    std::vector<std::string> log;
    asio::cancellation_signal signal;
    bool ended = false;
    asio::co_spawn(
        loop, acquire_in_turn(semaphore, log),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { ended = true; }));
    poll();
    EXPECT_EQ(semaphore.waiting(), 1U);
    signal.emit(asio::cancellation_type::terminal);
    poll();
    EXPECT_EQ(semaphore.waiting(), 0U);
    EXPECT_TRUE(ended);
}

TEST_F(SemaphoreTest, a_permit_brings_back_the_units_that_it_cost) {
    AsyncSemaphore units({.limit = 5, .queue = {.capacity = 2}, .now = &virtual_now});
    auto held = units.try_acquire(4);
    ASSERT_TRUE(held);
    Acquired large;
    units.async_acquire(core::Claim{.cost = 3}, into(large, loop));
    Acquired small;
    units.async_acquire(core::Claim{.cost = 2}, into(small, loop));
    EXPECT_EQ(units.units_waiting(), 5U);
    poll();
    EXPECT_EQ(large.completions + small.completions, 0);

    held.reset();
    poll();
    ASSERT_TRUE(large.granted() && small.granted());
    EXPECT_EQ(large.permit.cost(), 3U);
    EXPECT_EQ(units.occupancy().units, 5U);
    large.permit.release();
    EXPECT_EQ(units.occupancy().units, 2U);
    small.permit.release();
}

TEST_F(SemaphoreTest, one_who_leaves_lets_in_those_that_waited_behind_its_cost) {
    AsyncSemaphore units({.limit = 3, .queue = {.capacity = 2}, .now = &virtual_now});
    const auto held = units.try_acquire(2);
    asio::cancellation_signal signal;
    Acquired large;
    units.async_acquire(core::Claim{.cost = 3},
                        asio::bind_cancellation_slot(signal.slot(), into(large, loop)));
    Acquired small;
    units.async_acquire(core::Claim{.cost = 1}, into(small, loop));
    signal.emit(asio::cancellation_type::terminal);
    poll();
    EXPECT_TRUE(large.refused(asio::error::operation_aborted));
    EXPECT_TRUE(small.granted());
}

TEST_F(SemaphoreTest, an_evicted_waiter_is_told_so) {
    AsyncSemaphore bands({.limit = 1,
                          .queue = {.capacity = 1, .bands = 2, .floor_permille = 0},
                          .now = &virtual_now});
    auto held = bands.try_acquire();
    Acquired low;
    bands.async_acquire(core::Claim{.band = 1}, into(low, loop));
    EXPECT_FALSE(bands.refusal({.band = 0}));
    Acquired high;
    bands.async_acquire(core::Claim{.band = 0}, into(high, loop));
    poll();
    EXPECT_TRUE(low.refused(AcquireError::evicted));
    EXPECT_EQ(high.completions, 0);
    held.reset();
    poll();
    EXPECT_TRUE(high.granted());
}

TEST_F(SemaphoreTest, a_newcomer_above_the_watermark_is_shed_at_once) {
    AsyncSemaphore marked(
        {.limit = 0,
         .queue = {.capacity = 3, .watermarks = core::QueueOptions::Marks{.high = 0, .low = 0}},
         .now = &virtual_now});
    Acquired first;
    marked.async_acquire(core::never, into(first, loop));
    EXPECT_EQ(marked.refusal(), core::RejectReason::shed);
    Acquired second;
    marked.async_acquire(core::never, into(second, loop));
    poll();
    EXPECT_TRUE(second.refused(AcquireError::shed));
    marked.stop();
    poll();
}

TEST(AcquireError, has_a_category_and_messages_of_its_own) {
    const error_code error = AcquireError::queue_full;
    EXPECT_STREQ(error.category().name(), "spillway.acquire");
    EXPECT_EQ(error.message(), "no permit free and the queue is full");
    EXPECT_NE(error, error_code(AcquireError::closed));
}

}  // namespace
}  // namespace spillway::async
