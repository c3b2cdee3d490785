// Everything that may happen to a semaphore, from all sides at once, a bounded number of times.
// What counts is that it ends, that nobody is answered twice or never, and that no more than the
// largest limit were ever inside.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <thread>
#include <tuple>

#include "async/virtual_time.hpp"
#include "spillway/async/bounded_queue.hpp"
#include "spillway/async/semaphore.hpp"
#include "spillway/async/shard.hpp"

namespace spillway::async {
namespace {

namespace asio = boost::asio;

constexpr int clients_per_shard = 8;
constexpr int rounds = 400;
constexpr std::uint32_t limit_max = 3;

struct Hammer {
    AsyncSemaphore semaphore{{.limit = 2, .queue = {.capacity = 10}, .now = &virtual_now}};
    BoundedQueue<SemaphorePermit> to_release{limit_max};
    std::atomic<std::uint32_t> inside = 0;
    std::atomic<std::uint32_t> inside_max = 0;
    std::atomic<int> granted = 0;
    std::atomic<int> refused = 0;
    std::atomic<int> clients_left = 0;

    void enter() {
        const std::uint32_t now_inside = ++inside;
        std::uint32_t seen = inside_max;
        while (seen < now_inside && !inside_max.compare_exchange_weak(seen, now_inside)) {
        }
        ++granted;
    }
};

Task<> client(Hammer& hammer, int id) {
    for (int round = 0; round < rounds; ++round) {
        SemaphorePermit permit;
        if (auto at_once = hammer.semaphore.try_acquire()) {
            permit = std::move(*at_once);
        } else {
            const core::TimePoint deadline =
                id % 2 == 0 ? core::never
                            : core::after(virtual_now(), std::chrono::milliseconds(2));
            auto result =
                co_await hammer.semaphore.async_acquire(deadline, asio::as_tuple(use_task));
            if (std::get<0>(result)) {
                ++hammer.refused;
                continue;
            }
            permit = std::move(std::get<1>(result));
        }
        hammer.enter();
        co_await asio::post(co_await asio::this_coro::executor, use_task);
        --hammer.inside;
        // Half of them come back on another thread.
        if (round % 2 == 0) {
            if (hammer.to_release.try_push(std::move(permit))) continue;
        }
        permit.release();
    }
    --hammer.clients_left;
}

Task<> cancelling_client(Hammer& hammer, Executor shard) {
    for (int round = 0; round < rounds; ++round) {
        asio::cancellation_signal signal;
        bool ended = false;
        auto handler = asio::bind_cancellation_slot(
            signal.slot(),
            asio::bind_executor(shard, [&](boost::system::error_code error, SemaphorePermit p) {
                ended = true;
                if (error) {
                    ++hammer.refused;
                    return;
                }
                hammer.enter();
                --hammer.inside;
                p.release();
            }));
        hammer.semaphore.async_acquire(core::never, std::move(handler));
        co_await asio::post(shard, use_task);
        signal.emit(asio::cancellation_type::total);
        while (!ended) co_await asio::post(shard, use_task);
    }
    --hammer.clients_left;
}

TEST(SemaphoreHammer, answers_everybody_once_and_stays_within_its_limit) {
    virtual_time = at_ms(0);
    Hammer hammer;
    ShardSet shards(2);
    for (std::size_t s = 0; s < shards.size(); ++s) {
        for (int id = 0; id < clients_per_shard; ++id) {
            ++hammer.clients_left;
            asio::co_spawn(shards[s].executor(), client(hammer, id), asio::detached);
        }
        ++hammer.clients_left;
        asio::co_spawn(shards[s].executor(), cancelling_client(hammer, shards[s].executor()),
                       asio::detached);
    }
    shards.run();
    std::thread releaser([&] {
        while (auto permit = hammer.to_release.pop()) permit->release();
    });
    std::thread operator_thread([&] {
        for (int i = 0; hammer.clients_left > 0; ++i) {
            hammer.semaphore.set_limit(1 + static_cast<std::uint32_t>(i) % limit_max);
            virtual_time = core::after(virtual_now(), std::chrono::milliseconds(1));
            hammer.semaphore.tick(virtual_now());
            std::this_thread::yield();
        }
    });
    shards.join();
    operator_thread.join();
    hammer.to_release.close();
    releaser.join();

    const int attempts = static_cast<int>(shards.size()) * (clients_per_shard + 1) * rounds;
    EXPECT_EQ(hammer.granted + hammer.refused, attempts);
    EXPECT_GT(hammer.granted, 0);
    EXPECT_LE(hammer.inside_max, limit_max);
    EXPECT_EQ(hammer.semaphore.in_flight(), 0U);
    EXPECT_EQ(hammer.semaphore.waiting(), 0U);
}

}  // namespace
}  // namespace spillway::async
