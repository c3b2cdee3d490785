#include "app/shadow_setup.hpp"

#include <gtest/gtest.h>

#include "app/queue_setup.hpp"
#include "config/helpers.hpp"

namespace spillway::app {
namespace {

using namespace std::chrono_literals;

config::Config with(const std::string& limiter) {
    const auto loaded = config::testing::load_yaml("limiters: {drill: {" + limiter + "}}\n");
    EXPECT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front());
    return config::resolve(loaded.config, config::testing::four_cpus);
}

core::ShadowOptions candidate(const std::string& limiter) {
    return shadow_options(with(limiter), "drill").value();
}

TEST(shadow_options, a_limiter_has_none_unless_it_is_written) {
    EXPECT_FALSE(shadow_options(with("status: 429"), "drill"));
    EXPECT_TRUE(shadow_options(with("shadow: {}"), "drill"));
}

TEST(shadow_options, what_is_left_out_is_the_live_limiter_s) {
    const auto options = candidate(
        "limit: {value: 5}, queue: {capacity: 9, wait_timeout: 70ms, discipline: lifo}, shadow: "
        "{}");
    EXPECT_EQ(options.limit.kind(), core::LimitKind::fixed);
    EXPECT_EQ(options.limit.bounds.initial, 5U);
    EXPECT_EQ(std::get<core::FixedLimit::Options>(options.limit.algorithm).value, 5U);
    EXPECT_EQ(options.queue.capacity, 9U);
    EXPECT_EQ(options.queue.discipline, core::Discipline::lifo);
    EXPECT_EQ(options.wait_timeout, 70ms);
}

TEST(shadow_options, what_is_written_stands_for_itself_over_the_defaults) {
    const auto options = candidate(
        "queue: {capacity: 9, wait_timeout: 70ms}, "
        "shadow: {limit: {algorithm: vegas, max: 20}, queue: {discipline: fair}}");
    EXPECT_EQ(options.limit.kind(), core::LimitKind::vegas);
    EXPECT_EQ(options.limit.bounds.max, 20U);
    EXPECT_EQ(options.queue.capacity, 64U);
    EXPECT_EQ(options.queue.discipline, core::Discipline::fair);
    EXPECT_EQ(options.wait_timeout, 200ms);
}

TEST(shadow_options, it_can_follow_all_that_either_limiter_may_have_at_a_time) {
    const auto options =
        candidate("limit: {value: 5}, queue: {capacity: 9}, shadow: {limit: {value: 30}}");
    EXPECT_GE(options.requests_max, 5U + 9U + 30U + 9U);
    EXPECT_EQ(candidate("queue: {capacity: 1000000}, shadow: {}").requests_max, 65'536U);
}

TEST(shadow_options, a_fair_candidate_needs_the_tenants_names) {
    const config::Config fair = with("shadow: {queue: {discipline: fair}}");
    const config::Config plain = with("shadow: {queue: {discipline: lifo}}");
    const auto from = [](const config::Config& config) {
        return tenant_options(config, config.routes[1]).from;
    };
    EXPECT_NE(from(fair), http::TenantOptions::From::nobody);
    EXPECT_EQ(from(plain), http::TenantOptions::From::nobody);
}

}  // namespace
}  // namespace spillway::app
