// A semaphore whose queue is ordered anew while requests wait in it.

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <vector>

#include "async/virtual_time.hpp"
#include "spillway/async/semaphore.hpp"
#include "spillway/async/shard.hpp"

namespace spillway::async {
namespace {

using namespace std::chrono_literals;
using core::Discipline;

struct Waiters {
    Waiters() { virtual_time = core::TimePoint(1s); }
    ~Waiters() {
        held.clear();
        semaphore.stop();
        loop.restart();
        loop.poll();
        held.clear();
    }

    void wait(int id, core::Claim claim = {.deadline = core::never},
              boost::asio::cancellation_slot slot = {}) {
        auto handler = [this, id](boost::system::error_code error, SemaphorePermit permit) {
            if (error) {
                failed.push_back(id);
            } else {
                granted.push_back(id);
                held.push_back(std::move(permit));
            }
        };
        semaphore.async_acquire(
            claim, boost::asio::bind_cancellation_slot(
                       slot, boost::asio::bind_executor(loop.get_executor(), std::move(handler))));
    }
    void poll() {
        loop.restart();
        loop.poll();
    }
    void release() {
        held.pop_back();
        poll();
    }

    boost::asio::io_context loop{1};
    AsyncSemaphore semaphore{
        AsyncSemaphore::Options{.limit = 1, .queue = {.capacity = 4}, .now = &virtual_now}};
    std::vector<SemaphorePermit> held;
    std::vector<int> granted;
    std::vector<int> failed;
};

using Ids = std::vector<int>;

TEST(SemaphoreReorder, every_waiter_is_answered_once_in_the_new_order) {
    Waiters w;
    for (int id = 0; id < 4; ++id) w.wait(id);
    w.poll();
    EXPECT_EQ(w.granted, (Ids{0}));

    // Two indexes are above the new capacity; their owners are found all the same.
    (void)w.semaphore.reorder({.capacity = 1, .discipline = Discipline::lifo});
    w.wait(9);
    w.poll();
    EXPECT_EQ(w.failed, (Ids{9}));
    for (int i = 0; i < 3; ++i) w.release();
    EXPECT_EQ(w.granted, (Ids{0, 3, 2, 1}));
    EXPECT_EQ(w.semaphore.capacity(), 1U);
}

TEST(SemaphoreReorder, a_waiter_can_be_cancelled_afterwards_and_expires_when_it_was_to) {
    Waiters w;
    boost::asio::cancellation_signal cancel;
    w.wait(0);
    w.wait(1, {.deadline = virtual_now() + 1s});
    w.wait(2, {.deadline = core::never}, cancel.slot());
    (void)w.semaphore.reorder({.capacity = 64, .discipline = Discipline::deadline});
    cancel.emit(boost::asio::cancellation_type::terminal);
    w.poll();
    EXPECT_EQ(w.failed, (Ids{2}));
    EXPECT_EQ(w.semaphore.tick(virtual_now() + 1s), core::never);
    w.poll();
    EXPECT_EQ(w.failed, (Ids{2, 1}));
}

TEST(SemaphoreReorder, more_waiters_than_before_find_room) {
    Waiters w;
    for (int id = 0; id < 5; ++id) w.wait(id);
    (void)w.semaphore.reorder({.capacity = 40});
    for (int id = 5; id < 41; ++id) w.wait(id);
    w.poll();
    EXPECT_EQ(w.semaphore.waiting(), 40U);
    EXPECT_TRUE(w.semaphore.is_full());
    EXPECT_TRUE(w.failed.empty());
}

TEST(SemaphoreReorder, more_places_for_permits_wake_waiters) {
    Waiters w;
    w.semaphore.set_limit(8);
    w.semaphore.set_places(1);
    w.wait(0);
    w.wait(1);
    w.wait(2);
    w.poll();
    EXPECT_EQ(w.granted, (Ids{0}));
    w.semaphore.set_places(2);
    w.poll();
    EXPECT_EQ(w.granted, (Ids{0, 1}));
}

// For ThreadSanitizer above all: shards ask and wait while somebody else changes everything.
TEST(SemaphoreReorder, shards_go_on_while_it_is_changed) {
    constexpr int rounds = 300;
    AsyncSemaphore semaphore(AsyncSemaphore::Options{.limit = 2, .queue = {.capacity = 8}});
    std::atomic<int> ended{0};
    std::atomic<int> begun{0};
    std::atomic<bool> stopping{false};
    const std::vector<core::QueueOptions> orders{
        {.capacity = 8},
        {.capacity = 3, .discipline = Discipline::fair, .queues = 4, .hand = 2},
        {.capacity = 16, .discipline = Discipline::lifo, .bands = 3},
        {.capacity = 5,
         .discipline = Discipline::deadline,
         .watermarks = core::QueueOptions::Marks{.high = 4, .low = 2}}};

    const auto run_shard = [&](std::uint64_t tenant) {
        boost::asio::io_context loop(1);
        while (!stopping.load()) {
            for (std::uint8_t band = 0; band < 4; ++band) {
                const core::Claim claim{.cost = 1 + band % 2U, .band = band, .tenant = tenant};
                (void)semaphore.refusal(claim);
                (void)semaphore.is_full(claim);
                (void)semaphore.units_waiting();
                begun.fetch_add(1);
                semaphore.async_acquire(
                    claim, boost::asio::bind_executor(
                               loop.get_executor(), [&](boost::system::error_code,
                                                        SemaphorePermit) { ended.fetch_add(1); }));
            }
            loop.restart();
            loop.poll();
        }
        // Whoever waits still is granted by the others' permits coming back, or at the stop.
        while (ended.load() < begun.load()) {
            loop.restart();
            loop.poll();
        }
    };
    std::vector<std::thread> shards;
    for (std::uint64_t s = 1; s <= 2; ++s) shards.emplace_back(run_shard, s);
    std::vector<std::unique_ptr<core::WaitRoom>> retired;
    for (int i = 0; i < rounds; ++i) {
        retired.push_back(semaphore.reorder(orders[static_cast<std::size_t>(i) % orders.size()]));
        semaphore.set_limit(1 + static_cast<std::uint32_t>(i) % 3);
        semaphore.set_places(1 + static_cast<std::uint32_t>(i) % 5);
    }
    stopping.store(true);
    semaphore.set_places(8);
    for (std::thread& shard : shards) shard.join();
    semaphore.stop();
    EXPECT_EQ(ended.load(), begun.load());
    EXPECT_EQ(semaphore.in_flight(), 0U);
    EXPECT_EQ(semaphore.waiting(), 0U);
}

}  // namespace
}  // namespace spillway::async
