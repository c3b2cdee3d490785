// The policies of the queue one by one: watermarks, CoDel, floors, newest first, options.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "spillway/core/admission_queue.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1h};

AdmissionQueue busy(const QueueOptions& options) {
    AdmissionQueue queue({.limit = 1}, options);
    EXPECT_TRUE(queue.try_acquire());
    return queue;
}

TEST(QueuePolicies, newcomers_are_shed_from_above_the_high_mark_until_below_the_low_one) {
    AdmissionQueue queue =
        busy({.capacity = 8, .watermarks = QueueOptions::Marks{.high = 3, .low = 2}});
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(queue.arrive(t0, {}).is_queued());
    EXPECT_EQ(queue.refusal(), RejectReason::shed);
    EXPECT_EQ(queue.arrive(t0, {}).reason(), RejectReason::shed);
    for (int i = 0; i < 2; ++i) {
        queue.release();
        ASSERT_TRUE(queue.next(t0));
        EXPECT_EQ(queue.refusal(), RejectReason::shed) << "at the low mark, not below it";
    }
    queue.release();
    ASSERT_TRUE(queue.next(t0));
    EXPECT_FALSE(queue.refusal());
    EXPECT_TRUE(queue.arrive(t0, {}).is_queued());
}

TEST(QueuePolicies, watermarks_shed_nobody_who_could_take_anothers_place) {
    AdmissionQueue queue = busy({.capacity = 8,
                                 .bands = 2,
                                 .floor_permille = 0,
                                 .watermarks = QueueOptions::Marks{.high = 1, .low = 1}});
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(queue.arrive(t0, {.band = 1}).is_queued());
    EXPECT_EQ(queue.refusal({.band = 1}), RejectReason::shed);
    EXPECT_FALSE(queue.refusal({.band = 0}));
    EXPECT_TRUE(queue.arrive(t0, {.band = 0}).is_queued());
}

TEST(QueuePolicies, codel_refuses_old_waiters_once_the_wait_has_stood_and_grants_young_ones) {
    AdmissionQueue queue =
        busy({.capacity = 100, .codel = CodelTimes{.target = 5ms, .interval = 100ms}});
    int shed = 0;
    TimePoint now = t0;
    // Two come while one is served: the wait grows until CoDel cuts it off.
    for (int i = 0; i < 1000; ++i) {
        now += 1ms;
        if (!queue.refusal()) (void)queue.arrive(now, {});
        if (i % 2 == 0) continue;
        queue.release();
        for (bool granted = false; !granted;) {
            const auto departure = queue.next(now);
            ASSERT_TRUE(departure);
            granted = departure->is_granted();
            if (granted) continue;
            ++shed;
            EXPECT_EQ(departure->end, Departure::End::shed);
        }
    }
    EXPECT_GT(shed, 300);
    EXPECT_LT(queue.waiting(), 40U);
}

TEST(QueuePolicies, adaptive_lifo_keeps_the_order_while_young_and_turns_it_when_the_queue_stands) {
    AdmissionQueue queue = busy({.capacity = 8,
                                 .discipline = Discipline::adaptive_lifo,
                                 .standing = {.target = 5ms, .interval = 50ms},
                                 .oldest_every = 3});
    std::vector<Ticket> line;
    for (int i = 0; i < 8; ++i) line.push_back(queue.arrive(t0, {}).ticket());
    const auto let_in = [&](TimePoint now) {
        queue.release();
        const auto departure = queue.next(now);
        EXPECT_TRUE(departure && departure->is_granted());
        return static_cast<int>(std::ranges::find(line, departure->ticket) - line.begin());
    };
    EXPECT_EQ(let_in(t0 + 10ms), 0);
    EXPECT_EQ(let_in(t0 + 20ms), 1);
    EXPECT_EQ(let_in(t0 + 90ms), 2) << "the interval that ends here was above the target";
    EXPECT_EQ(let_in(t0 + 91ms), 7);
    EXPECT_EQ(let_in(t0 + 92ms), 6);
    EXPECT_EQ(let_in(t0 + 93ms), 3) << "every third one is the oldest all the same";
    EXPECT_EQ(let_in(t0 + 94ms), 5);
}

TEST(QueuePolicies, a_low_band_pays_for_its_floor_and_gets_it_again_when_it_has) {
    BandTurns turns(2, 250);
    std::string order;
    for (int i = 0; i < 12; ++i) {
        const std::uint32_t band = turns.next(0b11);
        turns.note_grant(band, 1, 0b11);
        order += static_cast<char>('0' + band);
    }
    EXPECT_EQ(order, "000010001000");
}

TEST(QueuePolicies, what_a_band_gets_because_no_other_waits_is_not_taken_from_its_floor) {
    BandTurns turns(2, 250);
    for (int i = 0; i < 1000; ++i) turns.note_grant(1, 1, 0b10);
    int low = 0;
    for (int i = 0; i < 100; ++i) {
        const std::uint32_t band = turns.next(0b11);
        turns.note_grant(band, 1, 0b11);
        low += static_cast<int>(band);
    }
    EXPECT_GE(low, 25);
    EXPECT_LE(low, 27);
}

TEST(QueuePolicies, a_band_keeps_as_many_places_as_its_floor) {
    // Ten places, a floor of a tenth: one place each.
    AdmissionQueue queue = busy({.capacity = 10, .bands = 2, .floor_permille = 100});
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(queue.arrive(t0, {.band = 0}).is_queued());
    EXPECT_TRUE(queue.is_full({.band = 0}));
    EXPECT_FALSE(queue.is_full({.band = 1}));
    const Arrival low = queue.arrive(t0, {.band = 1});
    EXPECT_TRUE(low.is_queued() && low.evicted());
    EXPECT_TRUE(queue.is_full({.band = 1}));
    EXPECT_TRUE(queue.is_full({.band = 0})) << "the last place of the low band is its own";
}

TEST(QueuePolicies, a_band_that_does_not_exist_is_the_last_and_a_share_that_does_not_is_none) {
    AdmissionQueue queue = busy({.capacity = 4,
                                 .discipline = Discipline::fair,
                                 .bands = 2,
                                 .floor_permille = 0,
                                 .shares = {1}});
    const Ticket last = queue.arrive(t0, {.band = 200, .share = 9, .tenant = 5}).ticket();
    const Ticket first = queue.arrive(t0, {.band = 0, .share = 0}).ticket();
    queue.release();
    EXPECT_EQ(queue.next(t0)->ticket, first);
    queue.release();
    EXPECT_EQ(queue.next(t0)->ticket, last);
}

TEST(QueuePolicies, an_absurd_cost_counts_as_the_nearest_that_can_be_counted) {
    EXPECT_EQ(cost_of(0), 1U);
    EXPECT_EQ(cost_of(7), 7U);
    EXPECT_EQ(cost_of(UINT64_MAX), Occupancy::count_max);
}

TEST(QueuePolicies, options_tell_all_that_is_wrong_with_them) {
    EXPECT_TRUE(QueueOptions{}.validate().empty());
    const QueueOptions wrong{.bands = 9,
                             .floor_permille = 200,
                             .codel = CodelTimes{.target = 2s, .interval = 1s},
                             .watermarks = QueueOptions::Marks{.high = 1, .low = 2},
                             .oldest_every = 0,
                             .queues = 2,
                             .hand = 3,
                             .shares = {0}};
    EXPECT_EQ(wrong.validate().size(), 7U);
    EXPECT_EQ((QueueOptions{.bands = 6, .floor_permille = 200}).validate().size(), 1U);
}

}  // namespace
}  // namespace spillway::core
