#include "spillway/core/admission_queue.hpp"

#include <gtest/gtest.h>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1h};

TEST(AdmissionQueue, grants_at_once_up_to_the_limit_and_says_how_many_are_in_flight) {
    AdmissionQueue queue(2, 4);
    EXPECT_EQ(queue.try_acquire(), 1U);
    const Arrival second = queue.arrive(t0, never);
    ASSERT_TRUE(second.is_granted());
    EXPECT_EQ(second.in_flight(), 2U);

    EXPECT_EQ(queue.try_acquire(), std::nullopt);
    EXPECT_TRUE(queue.arrive(t0, never).is_queued());
    EXPECT_EQ(queue.occupancy(),
              (Occupancy{.in_flight = 2, .waiting = 1, .limit = 2, .closed = false}));
}

TEST(AdmissionQueue, a_released_permit_passes_to_the_one_that_waited_longest) {
    AdmissionQueue queue(1, 4);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket first = queue.arrive(t0, never).ticket();
    const Ticket second = queue.arrive(t0, never).ticket();

    const auto grant = queue.release(t0 + 1ms);
    ASSERT_TRUE(grant);
    EXPECT_EQ(grant->ticket, first);
    EXPECT_EQ(grant->in_flight, 1U);
    EXPECT_EQ(queue.release(t0 + 2ms)->ticket, second);
    EXPECT_FALSE(queue.release(t0 + 3ms));
    EXPECT_EQ(queue.in_flight(), 0U);
}

TEST(AdmissionQueue, a_newcomer_never_overtakes_a_waiter) {
    AdmissionQueue queue(1, 4);
    ASSERT_TRUE(queue.try_acquire());
    ASSERT_TRUE(queue.arrive(t0, never).is_queued());
    queue.set_limit(2);
    // Between the raised limit and the grant a permit is free, yet it is the waiter's.
    EXPECT_FALSE(queue.try_acquire());
    EXPECT_TRUE(queue.arrive(t0, never).is_queued());
}

TEST(AdmissionQueue, a_full_queue_refuses_and_a_capacity_of_zero_never_queues) {
    AdmissionQueue queue(1, 1);
    EXPECT_FALSE(queue.is_full());
    ASSERT_TRUE(queue.try_acquire());
    EXPECT_FALSE(queue.is_full());
    ASSERT_TRUE(queue.arrive(t0, never).is_queued());
    EXPECT_TRUE(queue.is_full());
    EXPECT_EQ(queue.arrive(t0, never).reason(), RejectReason::queue_full);

    AdmissionQueue unbuffered(1, 0);
    EXPECT_FALSE(unbuffered.is_full());
    ASSERT_TRUE(unbuffered.arrive(t0, never).is_granted());
    EXPECT_TRUE(unbuffered.is_full());
    EXPECT_EQ(unbuffered.arrive(t0, never).reason(), RejectReason::queue_full);
}

TEST(AdmissionQueue, an_arrival_at_its_own_deadline_is_refused_even_beside_a_free_permit) {
    AdmissionQueue queue(1, 1);
    EXPECT_EQ(queue.arrive(t0, t0).reason(), RejectReason::deadline);
    EXPECT_EQ(queue.arrive(t0, t0 - 1s).reason(), RejectReason::deadline);
    EXPECT_TRUE(queue.arrive(t0, t0 + 1ns).is_granted());
}

TEST(AdmissionQueue, tickets_expire_at_their_instant_and_free_their_place) {
    AdmissionQueue queue(1, 2);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket late = queue.arrive(t0, t0 + 20ms).ticket();
    const Ticket early = queue.arrive(t0, t0 + 10ms).ticket();
    EXPECT_EQ(queue.next_deadline(), t0 + 10ms);

    EXPECT_FALSE(queue.expire(t0 + 10ms - 1ns));
    EXPECT_EQ(queue.expire(t0 + 10ms), early);
    EXPECT_FALSE(queue.expire(t0 + 10ms));
    EXPECT_EQ(queue.next_deadline(), t0 + 20ms);
    EXPECT_FALSE(queue.is_full());

    EXPECT_EQ(queue.release(t0 + 10ms)->ticket, late);
    EXPECT_EQ(queue.next_deadline(), never);
}

TEST(AdmissionQueue, a_ticket_granted_before_its_deadline_can_no_longer_expire_or_be_cancelled) {
    AdmissionQueue queue(1, 1);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket ticket = queue.arrive(t0, t0 + 1ms).ticket();
    ASSERT_EQ(queue.release(t0 + 1ms - 1ns)->ticket, ticket);

    EXPECT_FALSE(queue.expire(t0 + 1ms));
    EXPECT_FALSE(queue.cancel(ticket));
    EXPECT_EQ(queue.in_flight(), 1U);
}

TEST(AdmissionQueue, a_permit_released_in_the_instant_of_a_timeout_goes_to_one_still_in_time) {
    AdmissionQueue queue(1, 2);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket due = queue.arrive(t0, t0 + 1ms).ticket();
    const Ticket in_time = queue.arrive(t0, t0 + 2ms).ticket();

    EXPECT_EQ(queue.expire(t0 + 1ms), due);
    EXPECT_EQ(queue.release(t0 + 1ms)->ticket, in_time);
}

TEST(AdmissionQueueDeathTest, release_insists_that_due_tickets_were_expired_first) {
    AdmissionQueue queue(1, 1);
    ASSERT_TRUE(queue.try_acquire());
    ASSERT_TRUE(queue.arrive(t0, t0 + 1ms).is_queued());
    EXPECT_DEATH(queue.release(t0 + 1ms), "next_deadline");
}

TEST(AdmissionQueueDeathTest, more_releases_than_permits_end_the_process) {
    AdmissionQueue queue(1, 1);
    EXPECT_DEATH((void)queue.try_release(), "in_flight > 0");
    EXPECT_DEATH(queue.release(t0), "in_flight > 0");
}

TEST(AdmissionQueue, a_cancelled_ticket_frees_its_place_once_wherever_it_stood) {
    AdmissionQueue queue(1, 3);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket head = queue.arrive(t0, never).ticket();
    const Ticket middle = queue.arrive(t0, never).ticket();
    const Ticket tail = queue.arrive(t0, never).ticket();

    EXPECT_TRUE(queue.cancel(middle));
    EXPECT_FALSE(queue.cancel(middle));
    EXPECT_TRUE(queue.cancel(head));
    EXPECT_EQ(queue.waiting(), 1U);
    EXPECT_EQ(queue.release(t0)->ticket, tail);
}

TEST(AdmissionQueue, a_stale_ticket_does_not_touch_the_next_one_on_its_place) {
    AdmissionQueue queue(1, 1);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket old = queue.arrive(t0, never).ticket();
    ASSERT_TRUE(queue.cancel(old));
    const Ticket young = queue.arrive(t0, never).ticket();
    ASSERT_EQ(young.index, old.index);

    EXPECT_FALSE(queue.cancel(old));
    EXPECT_EQ(queue.release(t0)->ticket, young);
    EXPECT_FALSE(queue.cancel(Ticket{}));
}

TEST(AdmissionQueue, try_release_gives_way_as_soon_as_somebody_waits) {
    AdmissionQueue queue(1, 1);
    ASSERT_TRUE(queue.try_acquire());
    ASSERT_TRUE(queue.arrive(t0, never).is_queued());
    EXPECT_FALSE(queue.try_release());
    EXPECT_EQ(queue.in_flight(), 1U);
    ASSERT_TRUE(queue.release(t0));
    EXPECT_TRUE(queue.try_release());
    EXPECT_EQ(queue.in_flight(), 0U);
}

TEST(AdmissionQueue, a_raised_limit_wakes_waiters_in_order_and_no_more_than_it_allows) {
    AdmissionQueue queue(1, 4);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket first = queue.arrive(t0, never).ticket();
    const Ticket second = queue.arrive(t0, never).ticket();
    ASSERT_TRUE(queue.arrive(t0, never).is_queued());

    queue.set_limit(3);
    const auto one = queue.grant_next(t0);
    const auto two = queue.grant_next(t0);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(one->ticket, first);
    EXPECT_EQ(one->in_flight, 2U);
    EXPECT_EQ(two->ticket, second);
    EXPECT_EQ(two->in_flight, 3U);
    EXPECT_FALSE(queue.grant_next(t0));
    EXPECT_EQ(queue.waiting(), 1U);
}

TEST(AdmissionQueue, a_lowered_limit_swallows_permits_as_they_come_back) {
    AdmissionQueue queue(3, 1);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.try_acquire());
    const Ticket waiter = queue.arrive(t0, never).ticket();
    queue.set_limit(1);

    EXPECT_FALSE(queue.release(t0));
    EXPECT_FALSE(queue.release(t0));
    EXPECT_EQ(queue.in_flight(), 1U);
    EXPECT_EQ(queue.release(t0)->ticket, waiter);
    EXPECT_EQ(queue.in_flight(), 1U);
}

TEST(AdmissionQueue, a_limit_of_zero_lets_everybody_wait_until_it_is_raised) {
    AdmissionQueue queue(0, 1);
    const Ticket waiter = queue.arrive(t0, never).ticket();
    EXPECT_TRUE(queue.is_full());
    queue.set_limit(1);
    EXPECT_EQ(queue.grant_next(t0)->ticket, waiter);
}

TEST(AdmissionQueue, a_closed_queue_refuses_newcomers_and_serves_its_waiters) {
    AdmissionQueue queue(1, 2);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket served = queue.arrive(t0, never).ticket();
    const Ticket expired = queue.arrive(t0, t0 + 1ms).ticket();
    queue.close();

    EXPECT_TRUE(queue.is_closed());
    EXPECT_FALSE(queue.try_acquire());
    EXPECT_EQ(queue.arrive(t0, never).reason(), RejectReason::draining);
    EXPECT_EQ(queue.expire(t0 + 1ms), expired);
    EXPECT_EQ(queue.release(t0 + 1ms)->ticket, served);
    EXPECT_TRUE(queue.try_release());
    EXPECT_FALSE(queue.try_acquire());
}

TEST(AdmissionQueue, is_a_value_whose_copies_go_their_own_ways) {
    AdmissionQueue queue(1, 1);
    ASSERT_TRUE(queue.try_acquire());
    const Ticket ticket = queue.arrive(t0, never).ticket();
    AdmissionQueue copy = queue;
    EXPECT_TRUE(copy.cancel(ticket));
    EXPECT_EQ(queue.release(t0)->ticket, ticket);
}

TEST(Occupancy, survives_packing_at_its_bounds) {
    constexpr auto most = Occupancy::count_max;
    for (const Occupancy o :
         {Occupancy{}, Occupancy{most, 0, 0, false}, Occupancy{0, most, 0, false},
          Occupancy{0, 0, most, false}, Occupancy{0, 0, 0, true}, Occupancy{most, most, most, true},
          Occupancy{1, 2, 3, true}}) {
        EXPECT_EQ(unpack(pack(o)), o);
    }
}

}  // namespace
}  // namespace spillway::core
