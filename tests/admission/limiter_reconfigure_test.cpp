// A limiter that is told other options while it is in use.

#include <gtest/gtest.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <vector>

#include "spillway/admission/limiter.hpp"
#include "spillway/admission/quota.hpp"

namespace spillway::admission {
namespace {

using namespace std::chrono_literals;
using core::Discipline;

core::TimePoint virtual_time;
core::TimePoint virtual_now() noexcept { return virtual_time; }

class ReconfigureTest : public testing::Test {
protected:
    ReconfigureTest() { virtual_time = core::TimePoint{1h}; }

    void wait(Limiter& limiter, int id) {
        limiter.async_acquire(
            core::after(virtual_time, limiter.wait_timeout()),
            boost::asio::bind_executor(
                loop.get_executor(), [this, &limiter, id](auto error, auto held) {
                    if (error) return ended.push_back(-id);
                    ended.push_back(id);
                    permits.push_back(limiter.admit(virtual_time, std::move(held)));
                }));
    }
    void poll() {
        loop.restart();
        loop.poll();
    }

    boost::asio::io_context loop{1};
    std::vector<int> ended;  // ids, negative when they were not granted
    std::vector<Permit> permits;
};

core::LimitPolicyOptions aimd(core::LimitBounds bounds) {
    return core::LimitPolicyOptions::service(core::LimitKind::aimd, bounds);
}

TEST_F(ReconfigureTest, a_larger_limit_grants_at_once_and_a_smaller_one_drains_by_attrition) {
    LimiterOptions options{.name = "l", .limit = 1, .queue = {.capacity = 4}};
    Limiter limiter(options, &virtual_now);
    for (int id = 1; id <= 4; ++id) wait(limiter, id);
    poll();
    EXPECT_EQ(ended, (std::vector{1}));

    options.limit = 3;
    EXPECT_EQ(limiter.reconfigure(options, false), nullptr) << "the queue is as it was";
    poll();
    EXPECT_EQ(ended, (std::vector{1, 2, 3}));

    options.limit = 1;
    (void)limiter.reconfigure(options, false);
    EXPECT_EQ(limiter.occupancy().in_flight, 3U);
    permits.resize(1);
    poll();
    EXPECT_EQ(ended, (std::vector{1, 2, 3})) << "one is out, which is the limit";
    permits.clear();
    poll();
    EXPECT_EQ(ended, (std::vector{1, 2, 3, 4}));
    permits.clear();
}

TEST_F(ReconfigureTest, waiters_keep_the_deadline_with_which_they_came) {
    LimiterOptions options{.name = "l", .limit = 1, .wait_timeout = 1s};
    Limiter limiter(options, &virtual_now);
    wait(limiter, 1);
    wait(limiter, 2);
    options.wait_timeout = 1h;
    options.refusal_status = 429;
    options.queue.discipline = Discipline::lifo;
    const auto retired = limiter.reconfigure(options, true);
    EXPECT_NE(retired, nullptr);
    EXPECT_EQ(limiter.refusal_status(), 429U);
    wait(limiter, 3);
    virtual_time += 1s;
    limiter.tick(virtual_time);
    poll();
    EXPECT_EQ(ended, (std::vector{1, -2}));
    permits.clear();
    poll();
    EXPECT_EQ(ended, (std::vector{1, -2, 3}));
    permits.clear();
}

TEST_F(ReconfigureTest, a_limit_that_is_found_begins_where_the_fixed_one_was_within_its_bounds) {
    LimiterOptions options{.name = "l", .limit = 12};
    Limiter limiter(options, &virtual_now);
    options.adaptive = aimd({.min = 2, .max = 50, .initial = 5});
    (void)limiter.reconfigure(options, false);
    EXPECT_EQ(limiter.occupancy().limit, 12U);
    ASSERT_TRUE(limiter.adaptive_state());
    EXPECT_EQ(limiter.adaptive_state()->bounds.max, 50U);

    options.adaptive = aimd({.min = 2, .max = 8, .initial = 5});
    (void)limiter.reconfigure(options, false);
    EXPECT_EQ(limiter.occupancy().limit, 8U);

    options.adaptive.reset();
    options.limit = 3;
    (void)limiter.reconfigure(options, false);
    EXPECT_EQ(limiter.occupancy().limit, 3U);
    EXPECT_FALSE(limiter.adaptive_state());
    EXPECT_EQ(limiter.tick(virtual_time + 1h), core::never) << "nothing moves it any more";
}

TEST_F(ReconfigureTest, a_limit_that_is_kept_is_not_begun_anew) {
    LimiterOptions options{.name = "l"};
    options.adaptive = aimd({.min = 1, .max = 50, .initial = 20});
    Limiter limiter(options, &virtual_now);
    // Overloaded ends bring it down.
    for (int i = 0; i < 40; ++i) {
        auto permit = limiter.try_acquire(virtual_time);
        ASSERT_TRUE(permit);
        virtual_time += 20ms;
        permit->finish(virtual_time, core::Outcome::overloaded);
        limiter.tick(virtual_time);
    }
    const auto found = limiter.occupancy().limit;
    ASSERT_LT(found, 20U);
    options.wait_timeout = 5s;
    (void)limiter.reconfigure(options, true);
    EXPECT_EQ(limiter.occupancy().limit, found);
    EXPECT_EQ(limiter.wait_timeout(), 5s);
}

TEST_F(ReconfigureTest, permits_of_before_say_nothing_to_the_algorithm_that_follows) {
    LimiterOptions options{.name = "l"};
    options.adaptive = aimd({.min = 1, .max = 50, .initial = 20});
    Limiter limiter(options, &virtual_now);
    std::vector<Permit> old;
    for (int i = 0; i < 20; ++i) old.push_back(std::move(*limiter.try_acquire(virtual_time)));
    virtual_time += 50ms;
    (void)limiter.reconfigure(options, false);
    for (Permit& permit : old) permit.finish(virtual_time + 10ms, core::Outcome::overloaded);
    for (int i = 0; i < 20; ++i) limiter.tick(virtual_time += 100ms);
    EXPECT_EQ(limiter.occupancy().limit, 20U);
}

// --- quotas
// ---------------------------------------------------------------------------------------

QuotaOptions quota_of(std::uint32_t rate, std::uint32_t burst) {
    return {.name = "q", .rate = {.rate = rate, .period = 1s, .burst = burst}, .tenants_max = 64};
}

std::uint64_t left(const Quota& quota, std::uint64_t tenant) {
    return quota.standing(virtual_time, tenant).remaining;
}

TEST_F(ReconfigureTest, tenants_keep_what_they_have_left_of_their_quota) {
    Quota before(quota_of(1, 10));
    for (int i = 0; i < 7; ++i) EXPECT_TRUE(before.take(virtual_time, 5, 0s).allowed);
    const Quota faster(before, virtual_time, quota_of(100, 20));
    EXPECT_EQ(left(faster, 5), 3U);
    EXPECT_EQ(left(faster, 6), 20U);
    const Quota tighter(before, virtual_time, quota_of(1, 2));
    EXPECT_EQ(left(tighter, 5), 2U);
}

TEST_F(ReconfigureTest, a_quota_of_all_together_is_kept_too_and_one_of_another_kind_begins_anew) {
    QuotaOptions options = quota_of(1, 10);
    options.is_per_tenant = false;
    Quota before(options);
    for (int i = 0; i < 7; ++i) EXPECT_TRUE(before.take(virtual_time, 5, 0s).allowed);
    const Quota same(before, virtual_time, options);
    EXPECT_EQ(left(same, 9), 3U);
    const Quota other(before, virtual_time, quota_of(1, 10));
    EXPECT_EQ(left(other, 5), 10U);
}

}  // namespace
}  // namespace spillway::admission
