#include "spillway/core/shadow/shadow.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/shadow_world.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using test::fixed_limit;
using Live = Shadow::Live;

constexpr auto admitted = static_cast<std::size_t>(Verdict::admitted);
constexpr auto rejected = static_cast<std::size_t>(Verdict::rejected);
constexpr auto dropped = static_cast<std::size_t>(Verdict::dropped);

constexpr TimePoint t0{1h};

ShadowOptions options(std::uint32_t limit, std::uint32_t capacity, Duration wait = 100ms) {
    return {.limit = fixed_limit(limit),
            .queue = {.capacity = capacity},
            .wait_timeout = wait,
            .requests_max = 16};
}

Sample held(Duration rtt) { return {.rtt = rtt, .in_flight = 1}; }

std::uint64_t rejections(const Shadow& shadow, RejectReason reason) {
    return shadow.state().account.rejected[static_cast<std::size_t>(reason)];
}

std::uint64_t compared(const Shadow& shadow, std::size_t live, std::size_t shadows) {
    return shadow.state().account.compared[live][shadows];
}

TEST(Shadow, counts_what_it_would_have_rejected_of_what_the_live_limiter_has_let_in) {
    Shadow shadow(options(1, 0), t0);
    const auto first = shadow.arrive(t0, any_claim, Live::granted);
    const auto second = shadow.arrive(t0, any_claim, Live::granted);
    EXPECT_EQ(shadow.state().account.received, 2U);
    EXPECT_EQ(shadow.state().account.admitted, 1U);
    EXPECT_EQ(rejections(shadow, RejectReason::queue_full), 1U);
    EXPECT_EQ(compared(shadow, admitted, admitted), 1U);
    EXPECT_EQ(compared(shadow, admitted, rejected), 1U);

    shadow.note_end(t0 + 10ms, second, held(10ms));
    EXPECT_EQ(shadow.state().occupancy.in_flight, 1U) << "the one that it has let in still works";
    shadow.note_end(t0 + 20ms, first, held(20ms));
    EXPECT_EQ(shadow.state().occupancy.in_flight, 0U);
    EXPECT_EQ(shadow.state().account.estimated, 0U);
}

TEST(Shadow, gives_those_that_it_alone_lets_in_the_length_of_a_real_service) {
    Shadow shadow(options(2, 0), t0);
    const auto first = shadow.arrive(t0, any_claim, Live::granted);
    shadow.note_end(t0 + 30ms, first, held(30ms));

    EXPECT_EQ(shadow.arrive(t0 + 50ms, any_claim, Live::refused), Shadow::none);
    EXPECT_EQ(compared(shadow, rejected, admitted), 1U);
    (void)shadow.advance(t0 + 79ms);
    EXPECT_EQ(shadow.state().occupancy.in_flight, 1U);
    (void)shadow.advance(t0 + 80ms);
    EXPECT_EQ(shadow.state().occupancy.in_flight, 0U);
    EXPECT_EQ(shadow.state().account.estimated, 1U);
}

TEST(Shadow, whose_length_nothing_tells_yet_lasts_until_something_does) {
    Shadow shadow(options(2, 0), t0);
    const auto live = shadow.arrive(t0, any_claim, Live::granted);
    EXPECT_EQ(shadow.arrive(t0, any_claim, Live::refused), Shadow::none);
    (void)shadow.advance(t0 + 10s);
    EXPECT_EQ(shadow.state().occupancy.in_flight, 2U);
    shadow.note_end(t0 + 10s, live, held(10s));
    (void)shadow.advance(t0 + 10s);
    EXPECT_EQ(shadow.state().occupancy.in_flight, 0U);
}

TEST(Shadow, a_waiter_is_served_for_as_long_as_it_really_was_but_later) {
    Shadow shadow(options(1, 1), t0);
    const auto first = shadow.arrive(t0, any_claim, Live::granted);
    const auto second = shadow.arrive(t0, any_claim, Live::granted);
    EXPECT_EQ(shadow.state().occupancy.waiting, 1U);
    EXPECT_EQ(shadow.state().account.pending(), 1U);

    shadow.note_end(t0 + 10ms, second, held(10ms));
    shadow.note_end(t0 + 40ms, first, held(40ms));
    EXPECT_EQ(shadow.state().account.admitted, 2U);
    (void)shadow.advance(t0 + 49ms);
    EXPECT_EQ(shadow.state().occupancy.in_flight, 1U) << "10 ms from its own grant";
    (void)shadow.advance(t0 + 50ms);
    EXPECT_EQ(shadow.state().occupancy.in_flight, 0U);
    EXPECT_EQ(shadow.state().account.estimated, 0U);
    EXPECT_EQ(shadow.state().waits.count, 2U);
    EXPECT_DOUBLE_EQ(shadow.state().waits.sum_s, 0.04);
}

TEST(Shadow, ends_waits_at_their_own_instant_however_late_somebody_looks) {
    Shadow shadow(options(1, 2, 100ms), t0);
    (void)shadow.arrive(t0, any_claim, Live::granted);
    (void)shadow.arrive(t0 + 10ms, any_claim, Live::granted);
    Claim hurried;
    hurried.deadline = t0 + 50ms;
    (void)shadow.arrive(t0 + 10ms, hurried, Live::granted);
    (void)shadow.advance(t0 + 49ms);
    EXPECT_EQ(shadow.state().occupancy.waiting, 2U);
    (void)shadow.advance(t0 + 5s);
    EXPECT_EQ(rejections(shadow, RejectReason::deadline), 1U);
    EXPECT_EQ(rejections(shadow, RejectReason::wait_timeout), 1U);
    EXPECT_EQ(compared(shadow, admitted, rejected), 2U);
}

TEST(Shadow, follows_the_real_service_of_whom_both_let_in_at_the_same_time) {
    Shadow shadow(options(1, 1, 1s), t0);
    const auto first = shadow.arrive(t0, any_claim, Live::granted);
    const auto second = shadow.arrive(t0, any_claim, Live::queued);
    shadow.note_end(t0 + 80ms, first, held(80ms));
    shadow.note_grant(t0 + 81ms, second);
    (void)shadow.advance(t0 + 300ms);
    EXPECT_EQ(shadow.state().occupancy.in_flight, 1U) << "no longer the estimate of 80 ms";
    shadow.note_end(t0 + 481ms, second, held(400ms));
    EXPECT_EQ(shadow.state().occupancy.in_flight, 0U);
    EXPECT_EQ(shadow.state().account.estimated, 0U);
}

TEST(Shadow, does_not_wait_for_the_service_of_whom_the_live_limiter_lets_in_much_later) {
    Shadow shadow(options(2, 1, 1s), t0);
    const auto first = shadow.arrive(t0, any_claim, Live::granted);
    shadow.note_end(t0 + 80ms, first, held(80ms));
    const auto second = shadow.arrive(t0 + 100ms, any_claim, Live::queued);
    shadow.note_grant(t0 + 150ms, second);
    (void)shadow.advance(t0 + 180ms);
    EXPECT_EQ(shadow.state().occupancy.in_flight, 0U);
    EXPECT_EQ(shadow.state().account.estimated, 1U);
    shadow.note_end(t0 + 550ms, second, held(400ms));
    EXPECT_EQ(compared(shadow, admitted, admitted), 2U);
}

TEST(Shadow, a_client_that_leaves_the_live_queue_leaves_its_queue_too_but_not_its_service) {
    Shadow shadow(options(1, 2, 1s), t0);
    const auto first = shadow.arrive(t0, any_claim, Live::granted);
    const auto waiting = shadow.arrive(t0, any_claim, Live::queued);
    shadow.note_gone(t0 + 10ms, waiting);
    EXPECT_EQ(shadow.state().occupancy.waiting, 0U);
    EXPECT_EQ(shadow.state().account.dropped, 1U);
    EXPECT_EQ(compared(shadow, dropped, dropped), 1U);

    const auto let_in = shadow.arrive(t0 + 20ms, any_claim, Live::queued);
    shadow.note_end(t0 + 30ms, first, held(30ms));
    EXPECT_EQ(shadow.state().occupancy.in_flight, 1U);
    shadow.note_gone(t0 + 31ms, let_in);
    EXPECT_EQ(shadow.state().occupancy.in_flight, 1U) << "it would not have had to leave";
    (void)shadow.advance(t0 + 60ms);
    EXPECT_EQ(shadow.state().occupancy.in_flight, 0U);
    EXPECT_EQ(compared(shadow, dropped, admitted), 1U);
}

TEST(Shadow, a_live_refusal_after_a_wait_is_one_that_it_would_not_have_given) {
    Shadow shadow(options(2, 0), t0);
    const auto waiting = shadow.arrive(t0, any_claim, Live::queued);
    shadow.note_refusal(t0 + 200ms, waiting);
    EXPECT_EQ(compared(shadow, rejected, admitted), 1U);
}

TEST(Shadow, says_of_how_many_it_knows_nothing) {
    ShadowOptions small = options(1, 4);
    small.requests_max = 2;
    Shadow shadow(small, t0);
    const auto first = shadow.arrive(t0, any_claim, Live::granted);
    (void)shadow.arrive(t0, any_claim, Live::granted);
    EXPECT_EQ(shadow.arrive(t0, any_claim, Live::granted), Shadow::none);
    EXPECT_EQ(shadow.state().account.unknown, 1U);
    EXPECT_EQ(shadow.state().account.received, 2U);
    shadow.note_end(t0 + 1ms, first, held(1ms));
    EXPECT_NE(shadow.arrive(t0 + 2ms, any_claim, Live::granted), Shadow::none);
}

TEST(Shadow, its_limit_learns_only_from_what_both_have_let_in) {
    auto adaptive =
        LimitPolicyOptions::service(LimitKind::aimd, {.min = 1, .max = 8, .initial = 4});
    auto& aimd = std::get<AimdLimit::Options>(adaptive.algorithm);
    aimd.timeout = 100ms;
    aimd.backoff_ratio = 0.5;
    adaptive.window.window_max = adaptive.window.window_min = 100ms;
    adaptive.window.samples_min = 1;
    adaptive.percentile = 0;
    adaptive.cures = LimitCures::none();
    ShadowOptions with = options(1, 0);
    with.limit = adaptive;
    Shadow shadow(with, t0);

    // Four at a time are let in by it alone: nothing is known of them.
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(shadow.arrive(t0, any_claim, Live::refused), Shadow::none);
    (void)shadow.advance(t0 + 1s);
    EXPECT_EQ(shadow.state().occupancy.limit, 4U);
    EXPECT_EQ(shadow.state().limit.reason, LimitReason::too_few);

    // What it refuses tells it nothing either, however slow.
    const auto refused = shadow.arrive(t0 + 1s, any_claim, Live::granted);
    shadow.note_end(t0 + 2s, refused, held(1s));
    (void)shadow.advance(t0 + 3s);
    EXPECT_EQ(shadow.state().occupancy.limit, 4U);

    const auto both = shadow.arrive(t0 + 4s, any_claim, Live::granted);
    shadow.note_end(t0 + 5s, both, held(1s));
    (void)shadow.advance(t0 + 6s);
    EXPECT_EQ(shadow.state().occupancy.limit, 2U);
}

TEST(Shadow, does_not_grow_beyond_what_was_really_in_flight) {
    auto adaptive =
        LimitPolicyOptions::service(LimitKind::aimd, {.min = 1, .max = 100, .initial = 8});
    adaptive.window.samples_min = 1;
    adaptive.cures = LimitCures::none();
    ShadowOptions with = options(1, 0);
    with.limit = adaptive;
    with.requests_max = 1000;
    Shadow shadow(with, t0);
    TimePoint now = t0;
    for (int round = 0; round < 200; ++round) {  // live: 4 at a time, the rest is refused
        std::vector<Shadow::Handle> held_now;
        for (int i = 0; i < 4; ++i)
            held_now.push_back(shadow.arrive(now, any_claim, Live::granted));
        for (int i = 0; i < 96; ++i) (void)shadow.arrive(now, any_claim, Live::refused);
        now += 50ms;
        for (const auto handle : held_now)
            shadow.note_end(now, handle, {.rtt = 50ms, .in_flight = 4});
    }
    EXPECT_LE(shadow.state().occupancy.limit, 9U) << "it is app-limited at twice the live one";
    EXPECT_GE(shadow.state().occupancy.limit, 8U);
}

}  // namespace
}  // namespace spillway::core
