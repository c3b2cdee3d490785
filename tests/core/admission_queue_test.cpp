#include "spillway/core/admission_queue.hpp"

#include <gtest/gtest.h>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1h};

/// The next one to go, who must be let in.
std::optional<Ticket> granted(AdmissionQueue& queue, TimePoint now) {
    const auto departure = queue.next(now);
    if (!departure) return std::nullopt;
    EXPECT_EQ(departure->end, Departure::End::granted);
    return departure->ticket;
}
/// The next one to go, whose time must be up.
std::optional<Ticket> expired(AdmissionQueue& queue, TimePoint now) {
    const auto departure = queue.next(now);
    if (!departure) return std::nullopt;
    EXPECT_EQ(departure->end, Departure::End::expired);
    return departure->ticket;
}
std::optional<Ticket> released(AdmissionQueue& queue, TimePoint now) {
    queue.release();
    return granted(queue, now);
}

TEST(AdmissionQueue, grants_at_once_up_to_the_limit_and_says_how_many_are_in_flight) {
    AdmissionQueue queue(2, 4);
    EXPECT_EQ(queue.try_acquire(), 1U);
    const Arrival second = queue.arrive(t0, {never});
    ASSERT_TRUE(second.is_granted());
    EXPECT_EQ(second.in_flight(), 2U);

    EXPECT_EQ(queue.try_acquire(), std::nullopt);
    EXPECT_TRUE(queue.arrive(t0, {never}).is_queued());
    EXPECT_EQ(queue.occupancy(),
              (Occupancy{.in_flight = 2, .units = 2, .waiting = 1, .limit = 2, .closed = false}));
}

TEST(AdmissionQueue, a_released_permit_passes_to_the_one_that_waited_longest) {
    AdmissionQueue queue(1, 4);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket first = queue.arrive(t0, {never}).ticket();
    const Ticket second = queue.arrive(t0, {never}).ticket();

    queue.release();
    const auto grant = queue.next(t0 + 1ms);
    ASSERT_TRUE(grant);
    EXPECT_EQ(grant->ticket, first);
    EXPECT_EQ(grant->in_flight, 1U);
    EXPECT_EQ(*released(queue, t0 + 2ms), second);
    EXPECT_FALSE(released(queue, t0 + 3ms));
    EXPECT_EQ(queue.in_flight(), 0U);
}

TEST(AdmissionQueue, a_newcomer_never_overtakes_a_waiter) {
    AdmissionQueue queue(1, 4);
    ASSERT_TRUE(queue.try_acquire());
    ASSERT_TRUE(queue.arrive(t0, {never}).is_queued());
    queue.set_limit(2);
    // Between the raised limit and the grant a permit is free, yet it is the waiter's.
    EXPECT_FALSE(queue.try_acquire());
    EXPECT_TRUE(queue.arrive(t0, {never}).is_queued());
}

TEST(AdmissionQueue, a_full_queue_refuses_and_a_capacity_of_zero_never_queues) {
    AdmissionQueue queue(1, 1);
    EXPECT_FALSE(queue.is_full());
    ASSERT_TRUE(queue.try_acquire());
    EXPECT_FALSE(queue.is_full());
    ASSERT_TRUE(queue.arrive(t0, {never}).is_queued());
    EXPECT_TRUE(queue.is_full());
    EXPECT_EQ(queue.arrive(t0, {never}).reason(), RejectReason::queue_full);

    AdmissionQueue unbuffered(1, 0);
    EXPECT_FALSE(unbuffered.is_full());
    ASSERT_TRUE(unbuffered.arrive(t0, {never}).is_granted());
    EXPECT_TRUE(unbuffered.is_full());
    EXPECT_EQ(unbuffered.arrive(t0, {never}).reason(), RejectReason::queue_full);
}

TEST(AdmissionQueue, an_arrival_at_its_own_deadline_is_refused_even_beside_a_free_permit) {
    AdmissionQueue queue(1, 1);
    EXPECT_EQ(queue.arrive(t0, {t0}).reason(), RejectReason::deadline);
    EXPECT_EQ(queue.arrive(t0, {t0 - 1s}).reason(), RejectReason::deadline);
    EXPECT_TRUE(queue.arrive(t0, {t0 + 1ns}).is_granted());
}

TEST(AdmissionQueue, tickets_expire_at_their_instant_and_free_their_place) {
    AdmissionQueue queue(1, 2);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket late = queue.arrive(t0, {t0 + 20ms}).ticket();
    const Ticket early = queue.arrive(t0, {t0 + 10ms}).ticket();
    EXPECT_EQ(queue.next_deadline(), t0 + 10ms);

    EXPECT_FALSE(expired(queue, t0 + 10ms - 1ns));
    EXPECT_EQ(expired(queue, t0 + 10ms), early);
    EXPECT_FALSE(expired(queue, t0 + 10ms));
    EXPECT_EQ(queue.next_deadline(), t0 + 20ms);
    EXPECT_FALSE(queue.is_full());

    EXPECT_EQ(*released(queue, t0 + 10ms), late);
    EXPECT_EQ(queue.next_deadline(), never);
}

TEST(AdmissionQueue, a_ticket_granted_before_its_deadline_can_no_longer_expire_or_be_cancelled) {
    AdmissionQueue queue(1, 1);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket ticket = queue.arrive(t0, {t0 + 1ms}).ticket();
    ASSERT_EQ(*released(queue, t0 + 1ms - 1ns), ticket);

    EXPECT_FALSE(expired(queue, t0 + 1ms));
    EXPECT_FALSE(queue.cancel(ticket));
    EXPECT_EQ(queue.in_flight(), 1U);
}

TEST(AdmissionQueue, a_permit_released_in_the_instant_of_a_timeout_goes_to_one_still_in_time) {
    AdmissionQueue queue(1, 2);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket due = queue.arrive(t0, {t0 + 1ms}).ticket();
    const Ticket in_time = queue.arrive(t0, {t0 + 2ms}).ticket();

    EXPECT_EQ(expired(queue, t0 + 1ms), due);
    EXPECT_EQ(*released(queue, t0 + 1ms), in_time);
}

TEST(AdmissionQueue, a_permit_that_comes_back_in_the_instant_of_the_last_timeout_goes_to_nobody) {
    AdmissionQueue queue(1, 1);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket due = queue.arrive(t0, {t0 + 1ms}).ticket();
    queue.release();
    EXPECT_EQ(expired(queue, t0 + 1ms), due);
    EXPECT_FALSE(queue.next(t0 + 1ms));
    EXPECT_EQ(queue.in_flight(), 0U);
}

TEST(AdmissionQueue, dismissing_ends_every_ticket_whatever_its_deadline) {
    AdmissionQueue queue(0, 2);
    ASSERT_TRUE(queue.arrive(t0, {never}).is_queued());
    ASSERT_TRUE(queue.arrive(t0, {t0 + 1ms}).is_queued());
    EXPECT_TRUE(queue.dismiss());
    EXPECT_TRUE(queue.dismiss());
    EXPECT_FALSE(queue.dismiss());
    EXPECT_EQ(queue.waiting(), 0U);
}

TEST(AdmissionQueueDeathTest, more_releases_than_permits_end_the_process) {
    AdmissionQueue queue(1, 1);
    EXPECT_DEATH((void)queue.try_release(), "in_flight");
    EXPECT_DEATH(queue.release(), "in_flight");
}

TEST(AdmissionQueue, a_cancelled_ticket_frees_its_place_once_wherever_it_stood) {
    AdmissionQueue queue(1, 3);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket head = queue.arrive(t0, {never}).ticket();
    const Ticket middle = queue.arrive(t0, {never}).ticket();
    const Ticket tail = queue.arrive(t0, {never}).ticket();

    EXPECT_TRUE(queue.cancel(middle));
    EXPECT_FALSE(queue.cancel(middle));
    EXPECT_TRUE(queue.cancel(head));
    EXPECT_EQ(queue.waiting(), 1U);
    EXPECT_EQ(*released(queue, t0), tail);
}

TEST(AdmissionQueue, a_stale_ticket_does_not_touch_the_next_one_on_its_place) {
    AdmissionQueue queue(1, 1);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket old = queue.arrive(t0, {never}).ticket();
    ASSERT_TRUE(queue.cancel(old));
    const Ticket young = queue.arrive(t0, {never}).ticket();
    ASSERT_EQ(young.index, old.index);

    EXPECT_FALSE(queue.cancel(old));
    EXPECT_EQ(*released(queue, t0), young);
    EXPECT_FALSE(queue.cancel(Ticket{}));
}

TEST(AdmissionQueue, try_release_gives_way_as_soon_as_somebody_waits) {
    AdmissionQueue queue(1, 1);
    ASSERT_TRUE(queue.try_acquire());
    ASSERT_TRUE(queue.arrive(t0, {never}).is_queued());
    EXPECT_FALSE(queue.try_release());
    EXPECT_EQ(queue.in_flight(), 1U);
    ASSERT_TRUE(released(queue, t0));
    EXPECT_TRUE(queue.try_release());
    EXPECT_EQ(queue.in_flight(), 0U);
}

TEST(AdmissionQueue, a_raised_limit_wakes_waiters_in_order_and_no_more_than_it_allows) {
    AdmissionQueue queue(1, 4);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket first = queue.arrive(t0, {never}).ticket();
    const Ticket second = queue.arrive(t0, {never}).ticket();
    ASSERT_TRUE(queue.arrive(t0, {never}).is_queued());

    queue.set_limit(3);
    const auto one = queue.next(t0);
    const auto two = queue.next(t0);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(one->ticket, first);
    EXPECT_EQ(one->in_flight, 2U);
    EXPECT_EQ(two->ticket, second);
    EXPECT_EQ(two->in_flight, 3U);
    EXPECT_FALSE(queue.next(t0));
    EXPECT_EQ(queue.waiting(), 1U);
}

TEST(AdmissionQueue, a_lowered_limit_swallows_permits_as_they_come_back) {
    AdmissionQueue queue(3, 1);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.try_acquire());
    const Ticket waiter = queue.arrive(t0, {never}).ticket();
    queue.set_limit(1);

    EXPECT_FALSE(released(queue, t0));
    EXPECT_FALSE(released(queue, t0));
    EXPECT_EQ(queue.in_flight(), 1U);
    EXPECT_EQ(*released(queue, t0), waiter);
    EXPECT_EQ(queue.in_flight(), 1U);
}

TEST(AdmissionQueue, a_limit_of_zero_lets_everybody_wait_until_it_is_raised) {
    AdmissionQueue queue(0, 1);
    const Ticket waiter = queue.arrive(t0, {never}).ticket();
    EXPECT_TRUE(queue.is_full());
    queue.set_limit(1);
    EXPECT_EQ(*granted(queue, t0), waiter);
}

TEST(AdmissionQueue, a_closed_queue_refuses_newcomers_and_serves_its_waiters) {
    AdmissionQueue queue(1, 2);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket served = queue.arrive(t0, {never}).ticket();
    const Ticket hasty = queue.arrive(t0, {t0 + 1ms}).ticket();
    queue.close();

    EXPECT_TRUE(queue.is_closed());
    EXPECT_FALSE(queue.try_acquire());
    EXPECT_EQ(queue.arrive(t0, {never}).reason(), RejectReason::draining);
    EXPECT_EQ(expired(queue, t0 + 1ms), hasty);
    EXPECT_EQ(*released(queue, t0 + 1ms), served);
    EXPECT_TRUE(queue.try_release());
    EXPECT_FALSE(queue.try_acquire());
}

TEST(AdmissionQueue, is_a_value_whose_copies_go_their_own_ways) {
    AdmissionQueue queue(1, 1);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket ticket = queue.arrive(t0, {never}).ticket();
    AdmissionQueue copy = queue;
    EXPECT_TRUE(copy.cancel(ticket));
    EXPECT_EQ(*released(queue, t0), ticket);
}

// --- costs ---------------------------------------------------------------------------------------

AdmissionQueue with_places(std::uint32_t limit, std::uint32_t places, std::uint32_t capacity) {
    return AdmissionQueue({.limit = limit, .places = places}, {.capacity = capacity});
}

TEST(AdmissionQueue, a_permit_takes_and_gives_back_as_many_units_as_its_request_costs) {
    AdmissionQueue queue(5, 2);
    EXPECT_EQ(queue.try_acquire(3), 1U);
    EXPECT_FALSE(queue.try_acquire(3));
    EXPECT_EQ(queue.try_acquire(2), 2U);
    EXPECT_EQ(queue.occupancy(), (Occupancy{.in_flight = 2, .units = 5, .limit = 5}));
    EXPECT_TRUE(queue.try_release(3));
    EXPECT_EQ(queue.occupancy(), (Occupancy{.in_flight = 1, .units = 2, .limit = 5}));
}

TEST(AdmissionQueue, a_grant_needs_free_units_and_a_free_place) {
    AdmissionQueue queue = with_places(10, 2, 1);
    ASSERT_TRUE(queue.try_acquire() && queue.try_acquire());
    EXPECT_FALSE(queue.try_acquire()) << "eight units are free, but no place";
    const Ticket waiter = queue.arrive(t0, {never}).ticket();
    EXPECT_TRUE(queue.is_full());
    EXPECT_EQ(released(queue, t0), waiter);
}

TEST(AdmissionQueue, a_waiter_whose_cost_does_not_fit_is_not_overtaken_by_one_whose_cost_would) {
    AdmissionQueue queue(4, 3);
    ASSERT_TRUE(queue.try_acquire(2));
    const Ticket large = queue.arrive(t0, {.cost = 3}).ticket();
    const Ticket small = queue.arrive(t0, {.cost = 1}).ticket();
    EXPECT_FALSE(queue.next(t0));
    EXPECT_FALSE(queue.try_acquire(1));
    EXPECT_EQ(queue.units_waiting(), 4U);

    queue.release(2);
    EXPECT_EQ(granted(queue, t0), large);
    EXPECT_EQ(granted(queue, t0), small);
    EXPECT_EQ(queue.occupancy().units, 4U);
    EXPECT_EQ(queue.units_waiting(), 0U);
}

TEST(AdmissionQueue, one_who_leaves_the_head_of_the_line_lets_in_those_that_it_kept_out) {
    AdmissionQueue queue(4, 3);
    ASSERT_TRUE(queue.try_acquire(2));
    const Ticket large = queue.arrive(t0, {.cost = 3}).ticket();
    const Ticket small = queue.arrive(t0, {.cost = 2}).ticket();
    ASSERT_TRUE(queue.cancel(large));
    EXPECT_EQ(granted(queue, t0), small);
}

TEST(AdmissionQueue,
     a_cost_above_the_limit_waits_until_it_can_run_alone_and_then_keeps_others_out) {
    AdmissionQueue queue(2, 2);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket huge = queue.arrive(t0, {.cost = 9}).ticket();
    EXPECT_FALSE(queue.next(t0));
    EXPECT_EQ(released(queue, t0), huge);
    EXPECT_EQ(queue.occupancy().units, 9U);
    const Ticket after = queue.arrive(t0, {never}).ticket();
    EXPECT_FALSE(queue.next(t0));
    queue.release(9);
    EXPECT_EQ(granted(queue, t0), after);
}

TEST(AdmissionQueue, a_limit_of_zero_lets_nobody_run_alone) {
    AdmissionQueue queue(0, 1);
    EXPECT_FALSE(queue.try_acquire(Occupancy::count_max));
    queue.set_limit(1);
    EXPECT_TRUE(queue.try_acquire(Occupancy::count_max));
    EXPECT_EQ(queue.occupancy().units, Occupancy::count_max);
}

TEST(AdmissionQueueDeathTest,
     a_cost_of_nothing_or_of_more_than_can_be_counted_is_refused_as_misuse) {
    AdmissionQueue queue(1, 1);
    EXPECT_DEATH((void)queue.try_acquire(0), "is_cost");
    EXPECT_DEATH((void)queue.arrive(t0, {.cost = Occupancy::count_max + 1}), "is_cost");
}

TEST(Counts, keep_each_count_to_its_own_bits_at_their_bounds) {
    constexpr auto most = Occupancy::count_max;
    Counts counts = Counts().with_holder(most).with_close();
    for (std::uint32_t i = 0; i < 5; ++i) counts = counts.with_waiter();
    EXPECT_EQ(counts.in_flight(), 1U);
    EXPECT_EQ(counts.units(), most);
    EXPECT_EQ(counts.waiting(), 5U);
    EXPECT_TRUE(counts.closed());
    EXPECT_EQ(counts.without_holder(most).without_waiter().waiting(), 4U);
    EXPECT_EQ(counts.without_holder(most).units(), 0U);
}

}  // namespace
}  // namespace spillway::core
