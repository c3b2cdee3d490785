// Where a newcomer stands, and what the queue looks like to somebody who looks at it.
#include <gtest/gtest.h>

#include <chrono>

#include "spillway/core/admission_queue.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

/// With its only permit out.
AdmissionQueue busy(QueueOptions options) {
    options.capacity = 16;
    AdmissionQueue queue(Room{.limit = 1}, options);
    EXPECT_TRUE(queue.try_acquire());
    return queue;
}

QueuePlace join(AdmissionQueue& queue, const Claim& claim, TimePoint now = start) {
    const Arrival arrival = queue.arrive(now, claim);
    EXPECT_TRUE(arrival.is_queued());
    return queue.place(arrival.ticket());
}

TEST(QueuePlace, in_order_of_arrival_everybody_who_waits_is_ahead) {
    auto queue = busy({});
    for (std::uint32_t n = 0; n < 4; ++n) {
        const QueuePlace place = join(queue, {});
        EXPECT_EQ(place, (QueuePlace{.ahead = n, .waiting = n + 1, .in_flight = 1, .limit = 1}));
    }
}

TEST(QueuePlace, newest_first_nobody_is_ahead) {
    auto queue = busy({.discipline = Discipline::lifo});
    for (std::uint32_t n = 0; n < 3; ++n) {
        const QueuePlace place = join(queue, {});
        EXPECT_EQ(place.ahead, 0U);
        EXPECT_EQ(place.waiting, n + 1);
    }
}

TEST(QueuePlace, more_urgent_bands_are_ahead_and_others_are_not) {
    auto queue = busy({.bands = 3});
    EXPECT_EQ(join(queue, {.band = 1}).ahead, 0U);
    EXPECT_EQ(join(queue, {.band = 2}).ahead, 1U);
    EXPECT_EQ(join(queue, {.band = 1}).ahead, 1U);
    const QueuePlace first = join(queue, {.band = 0});
    EXPECT_EQ(first.ahead, 0U);
    EXPECT_EQ(first.waiting, 4U);
    EXPECT_EQ(join(queue, {.band = 2}).ahead, 4U);
}

TEST(QueuePlace, under_fair_only_those_of_the_own_line_are_ahead) {
    auto queue = busy({.discipline = Discipline::fair, .shares = {1, 1}});
    for (std::uint32_t n = 0; n < 3; ++n) EXPECT_EQ(join(queue, {.share = 0}).ahead, n);
    EXPECT_EQ(join(queue, {.share = 1}).ahead, 0U);
}

TEST(QueueState, tells_who_waits_in_each_band_and_since_when) {
    auto queue = busy({.bands = 3});
    EXPECT_FALSE(queue.state().oldest_since());
    join(queue, {.band = 2}, start + 1s);
    join(queue, {.band = 0}, start + 2s);
    join(queue, {.band = 2}, start + 3s);
    const QueueState state = queue.state();
    EXPECT_EQ(state.bands, 3U);
    EXPECT_EQ(state.band[0].waiting, 1U);
    EXPECT_EQ(state.band[1].waiting, 0U);
    EXPECT_FALSE(state.band[1].oldest_since);
    EXPECT_EQ(state.band[2].waiting, 2U);
    EXPECT_EQ(state.band[2].oldest_since, start + 1s);
    EXPECT_EQ(state.oldest_since(), start + 1s);
}

TEST(QueueState, of_a_plain_queue_is_that_of_its_one_band) {
    auto queue = busy({});
    join(queue, {}, start + 1s);
    join(queue, {}, start + 2s);
    const QueueState state = queue.state();
    EXPECT_EQ(state.bands, 1U);
    EXPECT_EQ(state.band[0].waiting, 2U);
    EXPECT_EQ(state.oldest_since(), start + 1s);
    EXPECT_FALSE(state.standing);
}

TEST(QueueState, under_fair_the_longest_wait_is_that_of_any_line) {
    auto queue = busy({.discipline = Discipline::fair, .shares = {1, 1}});
    join(queue, {.share = 1}, start + 1s);
    join(queue, {.share = 0}, start + 2s);
    EXPECT_EQ(queue.state().oldest_since(), start + 1s);
}

TEST(QueueState, says_whether_codel_or_the_watermarks_shed) {
    auto queue = busy({.codel = CodelTimes{.target = 10ms, .interval = 100ms},
                       .watermarks = QueueOptions::Marks{.high = 1, .low = 1}});
    EXPECT_EQ(queue.state().standing, (CodelTimes{.target = 10ms, .interval = 100ms}));
    EXPECT_FALSE(queue.state().is_shedding);
    join(queue, {});
    join(queue, {});
    EXPECT_TRUE(queue.state().is_shedding);
    EXPECT_FALSE(queue.state().band[0].is_standing);
}

}  // namespace
}  // namespace spillway::core
