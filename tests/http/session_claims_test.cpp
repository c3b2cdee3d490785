// Bands, tenants and costs: what a request's fields and body make of its place in the queue.
#include <gtest/gtest.h>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using core::RejectReason;

/// One permit, one place, two bands; clients tell theirs in X-Class.
WorldOptions two_bands(std::vector<std::string> trusted) {
    WorldOptions options;
    options.server.trusted_proxies = std::move(trusted);
    options.route.claim = {.bands = 2,
                           .band = 1,
                           .band_from = ClaimOptions::BandFrom::header,
                           .band_header = "X-Class"};
    options.limiter.queue = {.capacity = 1, .bands = 2, .floor_permille = 0};
    return options;
}

TEST(session_claims, a_more_urgent_request_takes_the_place_of_one_that_waits) {
    World world(two_bands({"192.0.2.1"}));
    auto holder = world.connect(get("/loop"));
    auto waiter = world.connect(get("/loop"));
    auto urgent = world.connect(get("/loop", "X-Class: 0\r\n"));
    const auto refusal = waiter.reply();
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 503);
    EXPECT_EQ(refusal->reason(), "shed");
    EXPECT_GE(std::stoi(refusal->field("Retry-After")), 1);
    EXPECT_EQ(world.rejected(RejectReason::shed), 1U);
    EXPECT_EQ(world.waiting(), 1U);
    auto another = world.connect(get("/loop", "X-Class: 0\r\n"));
    EXPECT_EQ(another.reply()->reason(), "queue_full") << "not one of its own band";

    world.loop_handler.let_go();
    world.settle();
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(holder.reply()->status, 200);
    EXPECT_EQ(urgent.reply()->status, 200);
}

TEST(session_claims, a_request_whose_body_has_not_come_is_let_in_by_its_band) {
    World world(two_bands({"192.0.2.1"}));
    auto holder = world.connect(get("/loop"));
    auto waiter = world.connect(get("/loop"));
    auto low = world.connect(request("POST", "/loop", "Content-Length: 5\r\nX-Class: 1\r\n"));
    EXPECT_EQ(low.reply()->reason(), "queue_full");
    auto urgent = world.connect(request("POST", "/loop", "Content-Length: 5\r\nX-Class: 0\r\n"));
    EXPECT_FALSE(urgent.reply()) << "its body is wanted";
    EXPECT_FALSE(waiter.reply()) << "nothing is reserved before";
    urgent.send("hello");
    world.settle();
    EXPECT_EQ(waiter.reply()->reason(), "shed");
}

TEST(session_claims, a_client_that_is_not_trusted_cannot_push_forward) {
    World world(two_bands({"10.0.0.0/8"}));
    auto holder = world.connect(get("/loop"));
    auto waiter = world.connect(get("/loop"));
    auto urgent = world.connect(get("/loop", "X-Class: 0\r\n"));
    EXPECT_EQ(urgent.reply()->reason(), "queue_full");
    EXPECT_FALSE(waiter.reply());
}

TEST(session_claims, tenants_with_a_share_have_counters_of_their_own) {
    WorldOptions options;
    options.route.tenant = {
        .from = TenantOptions::From::header, .header = "X-Tenant", .shares = {"gold", "silver"}};
    options.limiter.queue = {.capacity = 2, .discipline = core::Discipline::fair, .shares = {3, 1}};
    World world(options);
    auto holder = world.connect(get("/loop", "X-Tenant: gold\r\n"));
    auto first = world.connect(get("/loop", "X-Tenant: whoever\r\n"));
    auto second = world.connect(get("/loop", "X-Tenant: whoever\r\n"));
    auto third = world.connect(get("/loop", "X-Tenant: whoever\r\n"));
    EXPECT_EQ(third.reply()->reason(), "queue_full") << "the longest line is its own";
    auto bad = world.connect(get("/loop?bad", "X-Tenant: silver\r\n"));
    EXPECT_EQ(bad.reply()->status, 400);
    EXPECT_FALSE(second.reply()) << "a bad request takes nobody's place";
    auto silver = world.connect(get("/loop", "X-Tenant: silver\r\n"));
    EXPECT_EQ(second.reply()->reason(), "shed") << "the youngest of the longest line";

    const auto& tenants = world.shared.known.records()[0]->cells[0]->tenants;
    ASSERT_EQ(tenants.size(), 3U);
    EXPECT_EQ(tenants[0].accepted.value(), 1U);
    EXPECT_EQ(tenants[0].rejected.value(), 0U);
    EXPECT_EQ(tenants[1].rejected.value(), 1U);
    EXPECT_EQ(tenants[2].rejected.value(), 2U);
}

WorldOptions by_bytes() {
    WorldOptions options;
    options.route.claim = {.cost_per = ClaimOptions::CostPer::byte, .cost = 10};
    options.limiter.limit = 4;
    options.limiter.queue = {.capacity = 4};
    return options;
}

TEST(session_claims, a_body_costs_units_of_the_limit) {
    World world(by_bytes());
    auto large = world.connect(post("/loop", std::string(25, 'x')));
    EXPECT_EQ(world.limiter.occupancy().units, 3U);
    auto two = world.connect(post("/loop", std::string(20, 'x')));
    EXPECT_EQ(world.waiting(), 1U) << "one unit is free, and it needs two";
    auto one = world.connect(get("/loop"));
    EXPECT_EQ(world.waiting(), 2U) << "nobody overtakes it";
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(large.reply()->status, 200);
    EXPECT_EQ(world.limiter.occupancy().units, 3U);
    EXPECT_EQ(world.in_flight(), 2U);
}

TEST(session_claims, a_chunked_body_is_priced_when_it_is_in) {
    World world(by_bytes());
    auto client = world.connect(
        request("POST", "/loop", "Transfer-Encoding: chunked\r\n", "").append("5\r\nhello\r\n"));
    EXPECT_EQ(world.limiter.occupancy().units, 0U);
    client.send("6\r\n world\r\n0\r\n\r\n");
    world.settle();
    EXPECT_EQ(world.limiter.occupancy().units, 2U);
}

TEST(session_claims, what_costs_more_than_the_limit_runs_alone) {
    World world(by_bytes());
    auto small = world.connect(get("/loop"));
    auto huge = world.connect(post("/loop", std::string(1000, 'x')));
    EXPECT_EQ(world.waiting(), 1U);
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(world.limiter.occupancy().units, 100U);
    EXPECT_EQ(world.in_flight(), 1U);
    auto next = world.connect(get("/loop"));
    EXPECT_EQ(world.waiting(), 1U);
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(huge.reply()->status, 200);
    EXPECT_EQ(world.in_flight(), 1U);
}

TEST(session_claims, a_streamed_body_costs_what_its_header_announces) {
    World world(by_bytes());
    auto client = world.connect(request("POST", "/stream", "Content-Length: 35\r\n"));
    EXPECT_EQ(world.limiter.occupancy().units, 4U);
}

}  // namespace
}  // namespace spillway::http::testing
