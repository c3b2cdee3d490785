#include "spillway/core/drain_plan.hpp"

#include <gtest/gtest.h>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using Phase = DrainPlan::Phase;

constexpr TimePoint t0{1h};
constexpr DrainPlan::Options options{
    .lame_duck = 2s, .idle_grace = 500ms, .timeout = 30s, .sweep_quiet = 5ms, .sweep_max = 1s};
constexpr DrainPlan::Progress busy{
    .backlog_empty = true, .requests_left = 3, .connections_left = 9};
constexpr DrainPlan::Progress idle{
    .backlog_empty = true, .requests_left = 0, .connections_left = 6};
constexpr DrainPlan::Progress done{
    .backlog_empty = true, .requests_left = 0, .connections_left = 0};
constexpr DrainPlan::Progress arriving{
    .backlog_empty = false, .requests_left = 3, .connections_left = 9};

DrainPlan draining_since_t0() {
    DrainPlan plan(options);
    plan.signal(t0 - 1s);
    plan.signal(t0);
    plan.signal(t0);
    return plan;
}

TEST(DrainPlan, serves_until_a_signal_comes) {
    DrainPlan plan(options);
    EXPECT_EQ(plan.update(t0, done), Phase::serving);
    EXPECT_EQ(plan.next_deadline(), never);
    EXPECT_EQ(plan.idle_close_at(t0), never);
    EXPECT_EQ(plan.cut_at(), never);
    EXPECT_EQ(plan.left(t0), 30s);
}

TEST(DrainPlan, goes_from_signal_to_end_through_every_phase) {
    DrainPlan plan(options);
    EXPECT_EQ(plan.signal(t0), Phase::lame_duck);
    EXPECT_EQ(plan.next_deadline(), t0 + 2s);
    EXPECT_EQ(plan.left(t0), 32s);
    EXPECT_EQ(plan.update(t0 + 2s - 1ns, busy), Phase::lame_duck);
    // The lame duck ends: new handshakes stop, the backlog is looked at at once.
    EXPECT_EQ(plan.update(t0 + 2s, busy), Phase::sweeping);
    EXPECT_EQ(plan.next_deadline(), t0 + 2s);
    EXPECT_EQ(plan.update(t0 + 2s, busy), Phase::sweeping);
    EXPECT_EQ(plan.next_deadline(), t0 + 2s + 5ms);
    EXPECT_EQ(plan.update(t0 + 2s + 5ms, busy), Phase::draining);
    // The timeout has run since the end of the lame duck.
    EXPECT_EQ(plan.next_deadline(), t0 + 32s);
    EXPECT_EQ(plan.left(t0 + 3s), 29s);
    EXPECT_EQ(plan.update(t0 + 3s, busy), Phase::draining);
    EXPECT_EQ(plan.update(t0 + 4s, idle), Phase::draining);
    EXPECT_EQ(plan.update(t0 + 4500ms, done), Phase::ended);
    EXPECT_FALSE(plan.was_cut());
    EXPECT_EQ(plan.next_deadline(), never);
    EXPECT_EQ(plan.left(t0 + 5s), 0s);
}

TEST(DrainPlan, each_accepted_connection_starts_the_quiet_of_the_sweep_anew) {
    DrainPlan plan(options);
    plan.signal(t0);
    plan.signal(t0);
    EXPECT_EQ(plan.update(t0, busy), Phase::sweeping);
    EXPECT_EQ(plan.update(t0 + 4ms, arriving), Phase::sweeping);
    EXPECT_EQ(plan.next_deadline(), t0 + 9ms);
    EXPECT_EQ(plan.update(t0 + 8ms, busy), Phase::sweeping);
    EXPECT_EQ(plan.update(t0 + 9ms, busy), Phase::draining);
}

TEST(DrainPlan, a_backlog_that_never_empties_is_swept_for_sweep_max_only) {
    DrainPlan plan(options);
    plan.signal(t0);
    plan.signal(t0);
    for (Duration d = 0ms; d < 1s; d += 4ms) {
        ASSERT_EQ(plan.update(t0 + d, arriving), Phase::sweeping);
        ASSERT_LE(plan.next_deadline(), t0 + 1s);
    }
    EXPECT_EQ(plan.update(t0 + 1s, arriving), Phase::draining);
}

TEST(DrainPlan, each_further_signal_skips_to_the_next_phase) {
    DrainPlan plan(options);
    EXPECT_EQ(plan.signal(t0), Phase::lame_duck);
    EXPECT_EQ(plan.signal(t0 + 1s), Phase::sweeping);
    EXPECT_EQ(plan.cut_at(), t0 + 31s);
    EXPECT_EQ(plan.signal(t0 + 1s), Phase::draining);
    // The fourth cuts, and the update that follows says what was cut.
    plan.signal(t0 + 2s);
    EXPECT_EQ(plan.next_deadline(), t0 + 2s);
    EXPECT_EQ(plan.update(t0 + 2s, busy), Phase::ended);
    EXPECT_TRUE(plan.was_cut());
    EXPECT_EQ(plan.signal(t0 + 3s), Phase::ended);
    EXPECT_EQ(plan.update(t0 + 3s, done), Phase::ended);
    EXPECT_TRUE(plan.was_cut());
}

TEST(DrainPlan, without_a_lame_duck_the_first_update_begins_the_sweep) {
    DrainPlan plan({.lame_duck = 0s});
    plan.signal(t0);
    EXPECT_EQ(plan.next_deadline(), t0);
    EXPECT_EQ(plan.update(t0, busy), Phase::sweeping);
}

TEST(DrainPlan, the_timeout_cuts_what_is_left) {
    DrainPlan plan = draining_since_t0();
    EXPECT_EQ(plan.update(t0 + 30s - 1ns, busy), Phase::draining);
    EXPECT_EQ(plan.update(t0 + 30s, busy), Phase::ended);
    EXPECT_TRUE(plan.was_cut());
}

TEST(DrainPlan, idle_connections_at_the_timeout_are_no_cut) {
    DrainPlan plan = draining_since_t0();
    EXPECT_EQ(plan.update(t0 + 30s, idle), Phase::ended);
    EXPECT_FALSE(plan.was_cut());
}

TEST(DrainPlan, a_signal_while_only_idle_connections_are_left_is_no_cut) {
    DrainPlan plan = draining_since_t0();
    plan.signal(t0 + 1s);
    EXPECT_EQ(plan.update(t0 + 1s, idle), Phase::ended);
    EXPECT_FALSE(plan.was_cut());
}

TEST(DrainPlan, the_last_request_ending_in_the_instant_of_the_timeout_was_not_cut) {
    DrainPlan plan = draining_since_t0();
    EXPECT_EQ(plan.update(t0 + 30s, done), Phase::ended);
    EXPECT_FALSE(plan.was_cut());
}

TEST(DrainPlan, a_quiet_connection_is_closed_idle_grace_after_its_last_reply_or_the_lame_duck) {
    const DrainPlan plan = draining_since_t0();
    EXPECT_EQ(plan.idle_close_at(t0 - 10min), t0 + 500ms);
    EXPECT_EQ(plan.idle_close_at(t0 + 3s), t0 + 3500ms);
}

TEST(DrainPlan, a_timeout_shorter_than_the_sweep_ends_the_sweep_too) {
    DrainPlan plan({.timeout = 2ms});
    plan.signal(t0);
    plan.update(t0, busy);
    plan.update(t0, busy);
    EXPECT_EQ(plan.next_deadline(), t0 + 2ms);
    EXPECT_EQ(plan.update(t0 + 2ms, busy), Phase::draining);
    EXPECT_EQ(plan.update(t0 + 2ms, busy), Phase::ended);
    EXPECT_TRUE(plan.was_cut());
}

TEST(DrainPlan, a_timeout_without_end_waits_for_the_last_request) {
    DrainPlan plan({.timeout = Duration::max()});
    plan.signal(t0);
    plan.signal(t0);
    plan.signal(t0);
    EXPECT_EQ(plan.next_deadline(), never);
    EXPECT_EQ(plan.update(t0 + 1000h, busy), Phase::draining);
}

}  // namespace
}  // namespace spillway::core
