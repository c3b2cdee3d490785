#include "handlers/drill_work.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace spillway::handlers {
namespace {

using namespace std::chrono_literals;

// The clock of these tests: stands still until it was asked `asked_until_late` times.
thread_local int asked = 0;
thread_local int asked_until_late = 0;
constexpr core::TimePoint deadline{1s};

core::TimePoint test_now() {
    ++asked;
    return asked_until_late != 0 && asked > asked_until_late ? deadline : core::TimePoint{0s};
}

class Drill : public testing::Test {
protected:
    Drill() { asked = asked_until_late = 0; }
    std::stop_source stop_;

    DrillOutcome run(const DrillParams& params) {
        return drill(params, stop_.get_token(), deadline, test_now);
    }
};

std::chrono::nanoseconds thread_cpu() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

TEST_F(Drill, nothing_asked_is_done_at_once) { EXPECT_EQ(run({}), DrillOutcome::done); }

TEST_F(Drill, cpu_time_is_really_spent_by_the_thread) {
    const auto before = thread_cpu();
    EXPECT_EQ(run({.cpu_ms = 5}), DrillOutcome::done);
    EXPECT_GE(thread_cpu() - before, 5ms);
    // Asked often enough to notice a stop request within a millisecond.
    EXPECT_GT(asked, 5);
}

TEST_F(Drill, a_short_sleep_ends_by_itself) { EXPECT_EQ(run({.sleep_ms = 1}), DrillOutcome::done); }

TEST_F(Drill, a_stop_requested_before_the_start_leaves_everything_undone) {
    stop_.request_stop();
    EXPECT_EQ(run({.cpu_ms = 10'000}), DrillOutcome::stopped);
    EXPECT_EQ(run({.sleep_ms = 10'000}), DrillOutcome::stopped);
    EXPECT_EQ(run({.fail = 1}), DrillOutcome::stopped);
}

TEST_F(Drill, the_deadline_ends_the_burning) {
    asked_until_late = 4;
    const auto before = thread_cpu();
    EXPECT_EQ(run({.cpu_ms = 10'000}), DrillOutcome::stopped);
    EXPECT_EQ(asked, 5);
    EXPECT_LT(thread_cpu() - before, 1s);
}

TEST_F(Drill, a_stop_request_wakes_the_sleeper) {
    // Requested by the drill's own look at the clock, which is the last thing before the sleep.
    static thread_local std::stop_source* source = nullptr;
    source = &stop_;
    const auto stop_at_second_look = +[] {
        if (++asked == 2) source->request_stop();
        return core::TimePoint{0s};
    };
    EXPECT_EQ(drill({.sleep_ms = 10'000}, stop_.get_token(), core::never, stop_at_second_look),
              DrillOutcome::stopped);
}

TEST_F(Drill, a_sleep_that_would_outlast_the_deadline_is_cut_there) {
    const auto almost_late = +[] { return deadline - 1ms; };
    EXPECT_EQ(drill({.sleep_ms = 10'000}, stop_.get_token(), deadline, almost_late),
              DrillOutcome::stopped);
    EXPECT_EQ(drill({.sleep_ms = 1}, stop_.get_token(), deadline, almost_late), DrillOutcome::done);
}

TEST_F(Drill, failures_come_as_often_as_asked) {
    EXPECT_EQ(run({.fail = 1}), DrillOutcome::failed);
    int failed = 0;
    for (int i = 0; i < 1000; ++i) failed += run({.fail = 0.5}) == DrillOutcome::failed ? 1 : 0;
    // Twelve standard deviations wide.
    EXPECT_GT(failed, 300);
    EXPECT_LT(failed, 700);
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(run({.fail = 0}), DrillOutcome::done);
}

TEST(DrillJson, says_what_was_done) {
    EXPECT_EQ(drill_json({.cpu_ms = 5, .sleep_ms = 20}, 1024),
              "{\"cpu_ms\":5,\"sleep_ms\":20,\"body_bytes\":1024}\n");
}

std::string body_in_pieces(std::uint32_t bytes, std::size_t piece) {
    DrillBody body(bytes);
    std::string all;
    std::vector<char> buffer(piece);
    while (const std::size_t made = body.next(buffer)) all.append(buffer.data(), made);
    return all;
}

TEST(DrillBody, is_the_same_however_it_is_cut) {
    const std::string whole = body_in_pieces(1000, 1000);
    EXPECT_EQ(whole.size(), 1000u);
    EXPECT_EQ(body_in_pieces(1000, 1), whole);
    EXPECT_EQ(body_in_pieces(1000, 63), whole);
    EXPECT_EQ(body_in_pieces(1000, 64), whole);
    EXPECT_EQ(body_in_pieces(1000, 4096), whole);
    EXPECT_TRUE(
        std::ranges::all_of(whole, [](char c) { return c == '\n' || (c > ' ' && c <= '~'); }));
}

TEST(DrillBody, has_exactly_the_size_asked_for) {
    EXPECT_EQ(body_in_pieces(0, 16).size(), 0u);
    EXPECT_EQ(body_in_pieces(1, 16).size(), 1u);
    EXPECT_EQ(body_in_pieces(drill_bytes_max, 65'536).size(), drill_bytes_max);
    DrillBody body(5);
    EXPECT_EQ(body.next({}), 0u);
    EXPECT_EQ(body.size(), 5u);
}

}  // namespace
}  // namespace spillway::handlers
