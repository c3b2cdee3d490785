#include "spillway/async/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace spillway::async {
namespace {

constexpr core::TimePoint long_ago{};

TEST(BoundedQueue, gives_items_back_in_order_across_the_end_of_the_ring) {
    BoundedQueue<int> queue(3);
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(queue.push(2 * i));
        EXPECT_TRUE(queue.push(2 * i + 1));
        EXPECT_EQ(queue.len(), 2U);
        EXPECT_EQ(queue.pop(), 2 * i);
        EXPECT_EQ(queue.pop(), 2 * i + 1);
    }
    EXPECT_EQ(queue.try_pop(), std::nullopt);
    EXPECT_EQ(queue.cap(), 3U);
}

TEST(BoundedQueue, leaves_a_refused_item_with_its_owner) {
    BoundedQueue<std::unique_ptr<int>> queue(1);
    EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));

    auto second = std::make_unique<int>(2);
    EXPECT_FALSE(queue.try_push(std::move(second)));
    EXPECT_FALSE(queue.push_until(std::move(second), long_ago));
    queue.close();
    EXPECT_FALSE(queue.push(std::move(second)));
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(*second, 2);
}

TEST(BoundedQueue, drains_after_close) {
    BoundedQueue<int> queue(2);
    EXPECT_TRUE(queue.push(1));
    EXPECT_TRUE(queue.push(2));
    queue.close();
    EXPECT_FALSE(queue.try_push(3));
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_EQ(queue.pop(), 2);
    EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, frees_what_it_gave_away_at_once) {
    BoundedQueue<std::shared_ptr<int>> queue(2);
    const auto item = std::make_shared<int>();
    EXPECT_TRUE(queue.push(std::shared_ptr<int>(item)));
    (void)queue.pop();
    EXPECT_EQ(item.use_count(), 1);
}

TEST(BoundedQueue, close_wakes_blocked_producers_and_consumers) {
    BoundedQueue<int> full(1);
    BoundedQueue<int> empty(1);
    EXPECT_TRUE(full.push(0));
    std::thread producer([&] { EXPECT_FALSE(full.push(1)); });
    std::thread timed_producer([&] { EXPECT_FALSE(full.push_until(1, core::never)); });
    std::thread consumer([&] { EXPECT_EQ(empty.pop(), std::nullopt); });
    full.close();
    empty.close();
    producer.join();
    timed_producer.join();
    consumer.join();
}

TEST(BoundedQueue, hammer_loses_nothing_and_doubles_nothing) {
    constexpr int per_producer = 5000;
    BoundedQueue<int> queue(4);
    std::atomic<long> sum = 0;
    std::atomic<int> count = 0;
    std::vector<std::thread> consumers;
    for (int c = 0; c < 3; ++c) {
        consumers.emplace_back([&] {
            while (const auto item = queue.pop()) {
                sum += *item;
                ++count;
                EXPECT_LE(queue.len(), queue.cap());
            }
        });
    }
    std::vector<std::thread> producers;
    for (int p = 0; p < 3; ++p) {
        producers.emplace_back([&, p] {
            for (int i = 0; i < per_producer; ++i) {
                int item = p * per_producer + i;
                // All three ways in.
                if (i % 3 == 0 && queue.try_push(std::move(item))) continue;
                if (i % 3 == 1) {
                    EXPECT_TRUE(queue.push_until(std::move(item), core::never));
                } else {
                    EXPECT_TRUE(queue.push(std::move(item)));
                }
            }
        });
    }
    for (auto& producer : producers) producer.join();
    queue.close();
    for (auto& consumer : consumers) consumer.join();
    constexpr long total = 3L * per_producer;
    EXPECT_EQ(count, total);
    EXPECT_EQ(sum, total * (total - 1) / 2);
}

}  // namespace
}  // namespace spillway::async
