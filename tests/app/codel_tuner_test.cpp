#include "app/codel_tuner.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/helpers.hpp"

namespace spillway::app {
namespace {

using namespace std::chrono_literals;

/// A queue in front of a route whose service times are told to the tuner.
class Tuned {
public:
    explicit Tuned(const std::string& queue) : tuner_(config(queue)) {
        stats_.routes.resize(2);
        stats_.routes[0].limiter = "drill";
        stats_.routes[1].limiter = "resize";
    }

    /// Measurements change nothing.
    [[nodiscard]] bool is_idle() { return measure(100, std::chrono::milliseconds(400)).empty(); }

    /// So many requests more, each of which took `time`.
    std::vector<CodelTuner::Change> measure(int count, core::Duration time) {
        for (int i = 0; i < count; ++i) measured_.observe(time);
        stats_.routes[0].service_duration = {};
        measured_.snapshot(stats_.routes[0].service_duration);
        return tuner_.update(stats_);
    }

private:
    static config::Config config(const std::string& queue) {
        const auto loaded =
            config::testing::load_yaml("limiters: {drill: {queue: {" + queue + "}}}\n");
        EXPECT_TRUE(loaded.problems.empty());
        return config::resolve(loaded.config, config::testing::four_cpus);
    }

    CodelTuner tuner_;
    http::ServerStats stats_;
    core::Histogram measured_;
};

TEST(codel_tuner, only_queues_that_call_a_wait_standing_are_tuned) {
    EXPECT_TRUE(Tuned("capacity: 8").is_idle());
    EXPECT_FALSE(Tuned("codel: {}").is_idle());
    EXPECT_FALSE(Tuned("discipline: adaptive_lifo").is_idle());
    EXPECT_TRUE(Tuned("codel: {target: 10ms, interval: 200ms}").is_idle()) << "all is written";
    EXPECT_FALSE(Tuned("codel: {target: 10ms}").is_idle());
}

TEST(codel_tuner, times_follow_what_the_work_takes) {
    Tuned queue("codel: {}");
    const auto slow = queue.measure(100, 400ms);
    ASSERT_EQ(slow.size(), 1U);
    EXPECT_EQ(slow[0].limiter, "drill");
    EXPECT_GT(slow[0].times.target, 60ms) << "a quarter of the median";
    EXPECT_GT(slow[0].times.interval, 1s) << "three times the 95th percentile";
    const auto fast = queue.measure(100, 2ms);
    ASSERT_EQ(fast.size(), 1U);
    EXPECT_EQ(fast[0].times, core::CodelTimes{}) << "never below the least; what was is forgotten";
}

TEST(codel_tuner, a_handful_of_requests_says_nothing_and_is_not_lost) {
    Tuned queue("codel: {}");
    EXPECT_TRUE(queue.measure(19, 400ms).empty());
    EXPECT_EQ(queue.measure(1, 400ms).size(), 1U);
    EXPECT_TRUE(queue.measure(0, 400ms).empty()) << "nothing new";
}

TEST(codel_tuner, a_candidate_has_times_of_its_own) {
    Tuned queue("capacity: 8}, shadow: {queue: {codel: {}}");
    const auto change = queue.measure(100, 400ms);
    ASSERT_EQ(change.size(), 1U);
    EXPECT_TRUE(change[0].is_shadow);
    EXPECT_EQ(Tuned("codel: {}}, shadow: {limit: {value: 3}").measure(100, 400ms).size(), 2U)
        << "a queue that is the live one's has its times, too";
}

TEST(codel_tuner, what_is_written_stays) {
    Tuned queue("codel: {target: 9ms}");
    const auto change = queue.measure(100, 400ms);
    ASSERT_EQ(change.size(), 1U);
    EXPECT_EQ(change[0].times.target, 9ms);
    EXPECT_GT(change[0].times.interval, 1s);
}

}  // namespace
}  // namespace spillway::app
