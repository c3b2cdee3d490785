#include "spillway/core/upload_slots.hpp"

#include <gtest/gtest.h>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using Kind = UploadSlots::Kind;

constexpr TimePoint t0{1h};

TEST(UploadSlots, hands_out_as_many_slots_as_there_are_and_takes_them_back) {
    UploadSlots slots({.slots_max = 2});
    const auto first = slots.acquire(t0, 1);
    const auto second = slots.acquire(t0, 2);
    EXPECT_EQ(first.kind, Kind::acquired);
    EXPECT_EQ(second.kind, Kind::acquired);
    EXPECT_EQ(slots.acquire(t0, 3).kind, Kind::full);

    EXPECT_TRUE(slots.release(first.slot));
    EXPECT_EQ(slots.used(), 1U);
    EXPECT_EQ(slots.acquire(t0, 3).kind, Kind::acquired);
}

TEST(UploadSlots, the_slowest_upload_past_one_second_gives_way) {
    UploadSlots slots({.slots_max = 3});
    const auto fast = slots.acquire(t0, 1);
    const auto slow = slots.acquire(t0, 2);
    const auto young = slots.acquire(t0 + 1500ms, 3);
    slots.note_bytes(fast.slot, 1'000'000);
    slots.note_bytes(slow.slot, 1'000);
    // `young` has sent nothing at all, but only for half a second.

    const auto newcomer = slots.acquire(t0 + 2s, 4);
    EXPECT_EQ(newcomer.kind, Kind::evicted);
    EXPECT_EQ(newcomer.victim, 2U);
    EXPECT_FALSE(slots.holds(slow.slot));
    EXPECT_TRUE(slots.holds(fast.slot));
    EXPECT_TRUE(slots.holds(young.slot));
    EXPECT_TRUE(slots.holds(newcomer.slot));
    EXPECT_EQ(slots.used(), 3U);
}

TEST(UploadSlots, it_is_the_rate_that_counts_not_the_bytes) {
    UploadSlots slots({.slots_max = 2});
    const auto old = slots.acquire(t0, 1);
    slots.note_bytes(old.slot, 2'000);  // 200 B/s after ten seconds
    const auto recent = slots.acquire(t0 + 8s, 2);
    slots.note_bytes(recent.slot, 1'000);  // 500 B/s after two
    EXPECT_EQ(slots.acquire(t0 + 10s, 3).victim, 1U);
}

TEST(UploadSlots, an_upload_can_be_evicted_from_exactly_one_second_on) {
    UploadSlots slots({.slots_max = 1});
    (void)slots.acquire(t0, 1);
    EXPECT_EQ(slots.acquire(t0 + 1s - 1ns, 2).kind, Kind::full);
    EXPECT_EQ(slots.acquire(t0 + 1s, 2).kind, Kind::evicted);
    // The newcomer is young in its turn.
    EXPECT_EQ(slots.acquire(t0 + 1s + 1ns, 3).kind, Kind::full);
}

TEST(UploadSlots, a_refusal_does_not_hide_an_upload_that_comes_of_age_later) {
    UploadSlots slots({.slots_max = 2});
    const auto first = slots.acquire(t0, 1);
    (void)slots.acquire(t0 + 300ms, 2);
    EXPECT_EQ(slots.acquire(t0 + 500ms, 9).kind, Kind::full);
    slots.release(first.slot);
    (void)slots.acquire(t0 + 600ms, 3);

    EXPECT_EQ(slots.acquire(t0 + 1299ms, 9).kind, Kind::full);
    EXPECT_EQ(slots.acquire(t0 + 1300ms, 9).victim, 2U);
    EXPECT_EQ(slots.acquire(t0 + 1599ms, 9).kind, Kind::full);
    EXPECT_EQ(slots.acquire(t0 + 1600ms, 9).victim, 3U);
}

TEST(UploadSlots, the_evicted_uploads_last_words_do_not_touch_its_successor) {
    UploadSlots slots({.slots_max = 1});
    const auto evicted = slots.acquire(t0, 1);
    const auto successor = slots.acquire(t0 + 2s, 2);
    ASSERT_EQ(successor.kind, Kind::evicted);

    EXPECT_FALSE(slots.note_bytes(evicted.slot, 1));
    EXPECT_FALSE(slots.release(evicted.slot));
    EXPECT_TRUE(slots.holds(successor.slot));
    EXPECT_TRUE(slots.release(successor.slot));
    EXPECT_FALSE(slots.release(successor.slot));
    EXPECT_EQ(slots.used(), 0U);
}

TEST(UploadSlots, fewer_slots_refuse_newcomers_and_cost_no_upload_its_own) {
    UploadSlots slots({.slots_max = 3});
    const auto first = slots.acquire(t0, 1);
    const auto second = slots.acquire(t0, 2);
    (void)slots.acquire(t0, 3);
    slots.set_slots_max(2);
    // All are old and slow enough to give way, and none has to.
    EXPECT_EQ(slots.acquire(t0 + 5s, 9).kind, Kind::full);
    EXPECT_EQ(slots.used(), 3U);
    EXPECT_TRUE(slots.release(first.slot));
    EXPECT_EQ(slots.acquire(t0 + 5s, 9).kind, Kind::evicted);
    EXPECT_FALSE(slots.holds(second.slot));
}

TEST(UploadSlots, more_slots_are_there_at_once) {
    UploadSlots slots({.slots_max = 1});
    const auto first = slots.acquire(t0, 1);
    slots.set_slots_max(3);
    EXPECT_EQ(slots.slots_max(), 3U);
    EXPECT_EQ(slots.acquire(t0, 2).kind, Kind::acquired);
    EXPECT_EQ(slots.acquire(t0, 3).kind, Kind::acquired);
    EXPECT_EQ(slots.acquire(t0, 4).kind, Kind::full);
    EXPECT_TRUE(slots.holds(first.slot));
    slots.set_slots_max(1);
    slots.set_slots_max(3);
    EXPECT_EQ(slots.acquire(t0, 4).kind, Kind::full) << "no slot was made twice";
}
}  // namespace
}  // namespace spillway::core
