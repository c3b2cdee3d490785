#include "app/queue_setup.hpp"

#include <gtest/gtest.h>

#include "config/helpers.hpp"
#include "config/limiter_options.hpp"

namespace spillway::app {
namespace {

using namespace std::chrono_literals;
using BandFrom = http::ClaimOptions::BandFrom;
using config::codel_times;
using CostPer = http::ClaimOptions::CostPer;
using TenantFrom = http::TenantOptions::From;

config::Config resolved(const std::string& yaml) {
    const auto loaded = config::testing::load_yaml(yaml);
    EXPECT_TRUE(loaded.problems.empty()) << to_string(loaded.problems.front());
    return config::resolve(loaded.config, config::testing::four_cpus);
}

/// Two routes of one limiter, with so much of each route and of the limiter.
config::Config two_routes(const std::string& limiter, const std::string& first = "",
                          const std::string& second = "") {
    const auto route = [](const std::string& path, const std::string& more) {
        return "  - {path: " + path +
               ", methods: [GET], handler: drill, limiter: drill, pool: drill" + more + "}\n";
    };
    return resolved("limiters: {drill: {" + limiter + "}}\nroutes:\n" + route("/a", first) +
                    route("/b", second));
}

core::QueueOptions queue(const config::Config& config) { return queue_options(config, "drill"); }

TEST(codel_times, what_is_written_goes_before_what_is_measured) {
    const core::CodelTimes measured{.target = 20ms, .interval = 300ms};
    EXPECT_EQ(codel_times({}, measured), measured);
    EXPECT_EQ(codel_times({.target = 50ms}, measured),
              (core::CodelTimes{.target = 50ms, .interval = 300ms}));
    EXPECT_EQ(codel_times({.interval = 100ms}, measured),
              (core::CodelTimes{.target = 20ms, .interval = 100ms}));
    EXPECT_EQ(codel_times({.target = 7ms, .interval = 70ms}, measured),
              (core::CodelTimes{.target = 7ms, .interval = 70ms}));
}

TEST(codel_times, what_is_measured_gives_way_where_the_two_would_cross) {
    const core::CodelTimes measured{.target = 20ms, .interval = 300ms};
    EXPECT_EQ(codel_times({.target = 400ms}, measured),
              (core::CodelTimes{.target = 400ms, .interval = 800ms}));
    EXPECT_EQ(codel_times({.interval = 10ms}, measured),
              (core::CodelTimes{.target = 5ms, .interval = 10ms}));
}

TEST(queue_setup, bands_that_no_route_tells_apart_are_one) {
    EXPECT_EQ(queue(two_routes("")).bands, 1U);
    EXPECT_EQ(queue(two_routes("", ", priority: 2", ", priority: 2")).bands, 1U);
    EXPECT_EQ(queue(two_routes("", ", priority: 1", ", priority: 2")).bands, 8U);
    EXPECT_EQ(queue(two_routes("priority: {bands: 2}", ", priority: 0", ", priority: 1")).bands,
              2U);
    EXPECT_EQ(queue(two_routes("priority: {from: rfc9218, bands: 4}")).bands, 4U);
    EXPECT_EQ(queue(two_routes("priority: {from: \"header:X-Class\"}")).bands, 8U);
}

TEST(queue_setup, a_queue_is_what_its_limiter_says) {
    const auto options = queue(two_routes(
        "queue: {capacity: 9, discipline: fair, codel: {target: 8ms}, "
        "watermarks: {high: 7, low: 3}}, priority: {floor: 0.125}, "
        "tenant: {key: \"header:X-Tenant\", queues: 16, hand: 2, shares: {gold: 3, silver: 2}}"));
    EXPECT_EQ(options.capacity, 9U);
    EXPECT_EQ(options.discipline, core::Discipline::fair);
    EXPECT_EQ(options.codel, (core::CodelTimes{.target = 8ms, .interval = 100ms}));
    ASSERT_TRUE(options.watermarks);
    EXPECT_EQ(options.watermarks->high, 7U);
    EXPECT_EQ(options.watermarks->low, 3U);
    EXPECT_EQ(options.floor_permille, 125U);
    EXPECT_EQ(options.queues, 16U);
    EXPECT_EQ(options.hand, 2U);
    EXPECT_EQ(options.shares, (std::vector<std::uint32_t>{3, 2}));
}

TEST(queue_setup, bands_and_costs_are_claimed_as_the_route_says) {
    const auto config = two_routes("priority: {from: \"header:X-Class\", bands: 3}",
                                   ", priority: 2, cost: {per_bytes: 4096}", ", cost: 5");
    const auto first = claim_options(config, config.routes[0]);
    EXPECT_EQ(first.bands, 3U);
    EXPECT_EQ(first.band, 2U);
    EXPECT_EQ(first.band_from, BandFrom::header);
    EXPECT_EQ(first.band_header, "X-Class");
    EXPECT_EQ(first.cost_per, CostPer::byte);
    EXPECT_EQ(first.cost, 4096U);
    const auto second = claim_options(config, config.routes[1]);
    EXPECT_EQ(second.cost_per, CostPer::request);
    EXPECT_EQ(second.cost, 5U);
}

TEST(queue_setup, tenants_are_told_only_where_something_is_shared_out_among_them) {
    const auto from = [](const std::string& limiter, const std::string& route = "") {
        const auto config = two_routes(limiter, route);
        return tenant_options(config, config.routes[0]).from;
    };
    const std::string key = ", tenant: {key: \"header:X-Tenant\"}";
    EXPECT_EQ(from("status: 503" + key), TenantFrom::nobody);
    EXPECT_EQ(from("queue: {discipline: fair}"), TenantFrom::address);
    EXPECT_EQ(from("queue: {discipline: fair}" + key), TenantFrom::header);
    EXPECT_EQ(from("tenant: {key: \"header:X-Tenant\", shares: {gold: 2}}"), TenantFrom::header);
    EXPECT_EQ(from("rate: {rate: 10}" + key), TenantFrom::header);
    EXPECT_EQ(from("rate: {per: all, rate: 10}" + key), TenantFrom::nobody);
    EXPECT_EQ(from("status: 503", ", rate: {per: tenant, rate: 10}"), TenantFrom::address);
}

TEST(queue_setup, shares_are_in_the_order_of_the_queue_s) {
    const auto config = two_routes(
        "queue: {discipline: fair}, "
        "tenant: {key: \"header:X-Tenant\", shares: {silver: 2, gold: 3}}");
    EXPECT_EQ(tenant_options(config, config.routes[0]).shares,
              (std::vector<std::string>{"gold", "silver"}));
    EXPECT_EQ(queue(config).shares, (std::vector<std::uint32_t>{3, 2}));
}

}  // namespace
}  // namespace spillway::app
