// The lock-free exits under more threads than CPUs: permits are conserved, the limit holds.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include "spillway/core/admission_queue.hpp"

namespace spillway::core {
namespace {

constexpr unsigned threads_count = 8;
constexpr int attempts = 20'000;

TEST(AdmissionQueueThreads, oversubscribed_threads_conserve_permits_and_never_pass_the_limit) {
    for (const std::uint32_t limit : {1U, 3U, 8U}) {
        BasicAdmissionQueue<AtomicWord> queue(limit, 0);
        std::latch start{threads_count};
        std::atomic<std::uint32_t> inside = 0;
        std::atomic<std::uint64_t> granted = 0;
        std::atomic<bool> was_exceeded = false;
        const auto attempt = [&] {
            const auto in_flight = queue.try_acquire();
            if (!in_flight) return;
            ++granted;
            if (++inside > limit || *in_flight > limit || *in_flight == 0) was_exceeded = true;
            --inside;
            EXPECT_TRUE(queue.try_release()) << "nobody can wait without a place to wait in";
        };
        std::vector<std::thread> threads;
        for (unsigned t = 0; t < threads_count; ++t) {
            threads.emplace_back([&] {
                start.arrive_and_wait();
                for (int i = 0; i < attempts; ++i) attempt();
            });
        }
        for (auto& thread : threads) thread.join();

        EXPECT_FALSE(was_exceeded) << "limit " << limit;
        EXPECT_GE(granted, 1U);
        EXPECT_EQ(queue.in_flight(), 0U);
        EXPECT_EQ(queue.limit(), limit);
    }
}

TEST(AdmissionQueueThreads, refusals_are_asked_for_while_tenants_and_bands_come_and_go) {
    const QueueOptions options{.capacity = 16,
                               .discipline = Discipline::fair,
                               .bands = 3,
                               .watermarks = QueueOptions::Marks{.high = 12, .low = 8},
                               .shares = {2}};
    BasicAdmissionQueue<AtomicWord> queue(Room{.limit = 2}, options);
    std::mutex mutex;
    std::latch start{threads_count};
    std::atomic<std::uint64_t> refused = 0;
    std::atomic<std::uint32_t> outside = 0;  // permits that were granted and are to be given back
    const auto claim_of = [](unsigned i) {
        return Claim{.band = static_cast<std::uint8_t>(i % 3),
                     .share = i % 5 == 0 ? std::uint16_t{0} : Claim::no_share,
                     .tenant = i % 7 + 1};
    };
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < threads_count; ++t) {
        threads.emplace_back([&, t] {
            start.arrive_and_wait();
            for (unsigned i = t; i < attempts / 4; ++i) {
                if (queue.refusal(claim_of(i))) ++refused;
                const std::lock_guard lock(mutex);
                const TimePoint now{std::chrono::hours(1)};
                if (queue.arrive(now, claim_of(i)).is_granted()) ++outside;
                if (i % 3 == 0 && outside > 0) --outside, queue.release();
                while (queue.next(now)) ++outside;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_GT(refused, 0U);
    EXPECT_EQ(queue.in_flight(), outside.load());
    EXPECT_LE(queue.waiting(), options.capacity);
}

}  // namespace
}  // namespace spillway::core
