#include "spillway/core/deadline_heap.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

TEST(DeadlineHeap, agrees_with_a_sorted_map_under_random_pushes_and_erasures) {
    constexpr std::uint32_t capacity = 200;
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        DeadlineHeap heap(capacity);
        std::map<std::uint32_t, TimePoint> live;
        for (int step = 0; step < 5'000; ++step) {
            const std::uint32_t key = random() % capacity;
            if (const auto found = live.find(key); found != live.end()) {
                heap.erase(key);
                live.erase(found);
            } else {
                const TimePoint deadline{Duration{random() % 1'000}};
                heap.push(key, deadline);
                live.emplace(key, deadline);
            }
            TimePoint earliest = never;
            for (const auto& [k, deadline] : live) earliest = std::min(earliest, deadline);
            ASSERT_EQ(heap.earliest(), earliest);
            ASSERT_EQ(heap.empty(), live.empty());
            if (!live.empty()) {
                ASSERT_EQ(live.at(heap.top()), earliest);
            }
        }
    }
}

}  // namespace
}  // namespace spillway::core
