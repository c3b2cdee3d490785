// Quotas on the wire: who is refused and what it is told, who is held back and what becomes of it.
#include <gtest/gtest.h>

#include "http/problem.hpp"
#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;
using core::DropReason;
using core::RejectReason;

/// One request every ten seconds and two at once, for each X-Tenant.
WorldOptions by_tenant(core::Duration delay_max = 0s) {
    return {.route = {.methods = {"GET", "POST"},
                      .deadline = 60s,
                      .tenant = {.from = TenantOptions::From::header, .header = "X-Tenant"}},
            .limiter = {.name = "only", .limit = 4, .queue = {.capacity = 4}},
            .quota = admission::QuotaOptions{.name = "slow",
                                             .rate = {.rate = 6, .period = 60s, .burst = 2},
                                             .delay_max = delay_max}};
}

const std::string alice = "x-tenant: alice\r\n";
const std::string bob = "X-Tenant: bob\r\n";

TEST(session_quota, a_tenant_over_its_quota_is_told_exactly_when_to_come_back) {
    World world(by_tenant());
    auto client = world.connect(get("/loop?now", alice));
    auto reply = client.reply();
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->field("RateLimit-Policy"), "\"slow\";q=6;w=60;spillway-burst=2");
    EXPECT_EQ(reply->field("RateLimit"), "\"slow\";r=1;t=10");
    client.send(get("/loop?now", alice));
    world.settle();
    EXPECT_EQ(client.reply()->field("RateLimit"), "\"slow\";r=0;t=10");

    world.advance(1500ms);
    client.send(get("/loop?now", alice) + get("/loop?now", bob));
    world.settle();
    reply = client.reply();
    EXPECT_EQ(reply->status, 429);
    EXPECT_EQ(reply->reason(), "rate_limited");
    EXPECT_EQ(reply->field("Retry-After"), "9");
    EXPECT_EQ(reply->field("RateLimit"), "\"slow\";r=0;t=9");
    EXPECT_EQ(reply->field("Content-Type"), problem_type);
    EXPECT_FALSE(reply->fields.contains("X-Inflight")) << "no limiter was reached";
    EXPECT_FALSE(reply->closes());
    EXPECT_EQ(reply->body, problem_json(429, refusal_detail(RejectReason::rate_limited),
                                        ",\"reason\":\"rate_limited\",\"retry_after_seconds\":9"));
    EXPECT_EQ(client.reply()->status, 200) << "bob's own quota is full";
    EXPECT_EQ(world.rejected(RejectReason::rate_limited), 1U);

    // After the time that it was told it is served.
    world.advance(9s);
    client.send(get("/loop?now", alice));
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
}

TEST(session_quota, the_refusal_comes_before_the_limiter_s_and_before_the_body) {
    auto options = by_tenant();
    options.limiter = {.name = "only", .limit = 1, .queue = {.capacity = 0}};
    World world(options);
    auto holder = world.connect(get("/loop", alice));
    EXPECT_EQ(world.in_flight(), 1U);
    auto client = world.connect(get("/loop", alice));
    const auto full = client.reply();
    EXPECT_EQ(full->status, 503) << "within its quota, but the queue is full";
    EXPECT_EQ(full->field("RateLimit"), "\"slow\";r=0;t=10") << "and charged all the same";
    client.send(post("/loop", "", alice + "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    world.settle();
    const auto refused = client.reply();
    EXPECT_EQ(refused->status, 429);
    EXPECT_TRUE(refused->closes()) << "nobody knows whether the body will follow";
    EXPECT_EQ(world.uploads(), 0U);
}

TEST(session_quota, a_refused_head_has_no_body_and_a_refused_body_is_discarded) {
    World world(by_tenant());
    auto client = world.connect(get("/loop?now", alice) + get("/loop?now", alice));
    EXPECT_TRUE(client.reply() && client.reply());
    client.send(request("HEAD", "/loop", alice) + post("/loop", "body", alice) + get("/page"));
    world.settle();
    EXPECT_EQ(client.reply(false)->status, 429);
    EXPECT_EQ(client.reply()->status, 429);
    const auto page = client.reply();
    EXPECT_EQ(page->body, "a page");
    EXPECT_FALSE(page->fields.contains("RateLimit")) << "pages have no quota";
}

TEST(session_quota, both_quotas_must_agree_and_both_are_told) {
    auto options = by_tenant();
    options.limiter_quota =
        admission::QuotaOptions{.name = "only", .rate = {.rate = 1, .period = 1h, .burst = 1}};
    World world(options);
    auto client = world.connect(get("/loop?now", alice));
    EXPECT_EQ(client.reply()->field("RateLimit"), "\"slow\";r=1;t=10, \"only\";r=0;t=3600");
    for (int i = 0; i < 3; ++i) {
        client.send(get("/drop?now", alice));  // another route of the same limiter
        world.settle();
        const auto reply = client.reply();
        EXPECT_EQ(reply->status, 429);
        EXPECT_EQ(reply->field("Retry-After"), "3600");
        EXPECT_EQ(reply->field("RateLimit"), "\"slow\";r=1;t=10, \"only\";r=0;t=3600");
        EXPECT_EQ(reply->field("RateLimit-Policy"),
                  "\"slow\";q=6;w=60;spillway-burst=2, \"only\";q=1;w=3600");
    }
}

TEST(session_quota, a_crowd_that_shares_a_bucket_is_spread_and_nobody_comes_too_early) {
    auto options = by_tenant();
    options.quota->is_per_tenant = false;
    World world(options);
    auto client = world.connect(get("/loop?now", alice) + get("/loop?now", bob));
    EXPECT_TRUE(client.reply() && client.reply());
    std::map<int, int> told;
    for (int i = 0; i < 16; ++i) {
        client.send(get("/loop?now"));
        world.settle();
        const auto reply = client.reply();
        EXPECT_EQ(reply->status, 429);
        ++told[std::stoi(reply->field("Retry-After"))];
    }
    EXPECT_GE(told.size(), 2U);
    EXPECT_EQ(told.begin()->first, 10);
    EXPECT_LE(told.rbegin()->first, 20);
}

TEST(session_quota, without_a_header_the_client_s_address_is_the_tenant) {
    auto options = by_tenant();
    options.route.tenant = {.from = TenantOptions::From::address};
    options.server.trusted_proxies = {"192.0.2.0/24"};  // the test's own connections
    World world(options);
    const std::string one = "X-Forwarded-For: 203.0.113.1\r\n";
    const std::string other = "X-Forwarded-For: 203.0.113.2\r\n";
    auto client = world.connect(get("/loop?now", one) + get("/loop?now", one));
    EXPECT_TRUE(client.reply() && client.reply());
    client.send(get("/loop?now", one) + get("/loop?now", other));
    world.settle();
    EXPECT_EQ(client.reply()->status, 429);
    EXPECT_EQ(client.reply()->status, 200);
}

// --- held back ---------------------------------------------------------------------------------

/// The burst of alice is spent; what she asks now is held back for ten seconds.
struct Spent {
    explicit Spent(WorldOptions options = by_tenant(15s)) : world(std::move(options)) {
        auto client = world.connect(get("/loop?now", alice) + get("/loop?now", alice));
        EXPECT_TRUE(client.reply() && client.reply());
    }
    World world;
};

TEST(session_quota, a_request_is_held_back_until_its_quota_has_room) {
    Spent spent;
    auto& world = spent.world;
    auto client = world.connect(post("/loop?now", "the body", alice));
    EXPECT_EQ(world.held(), 1U);
    EXPECT_EQ(world.pending(), 1U);
    EXPECT_EQ(world.uploads(), 0U);
    EXPECT_EQ(world.in_flight(), 0U);
    world.advance(9990ms);
    EXPECT_FALSE(client.reply());
    world.advance(20ms);
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "8:the body");
    EXPECT_EQ(world.held(), 0U);
    world.expect_rest();
}

TEST(session_quota, one_that_would_be_held_for_too_long_is_refused) {
    Spent spent;
    auto& world = spent.world;
    auto hasty = world.connect(get("/loop?now", alice + "Request-Timeout: 5\r\n"));
    EXPECT_EQ(hasty.reply()->field("Retry-After"), "10") << "its own deadline comes first";
    auto held = world.connect(get("/loop?now", alice));
    auto refused = world.connect(get("/loop?now", alice));
    EXPECT_EQ(refused.reply()->field("Retry-After"), "20") << "when it passes at once";
    EXPECT_EQ(world.held(), 1U);
}

TEST(session_quota, a_held_client_that_leaves_gives_its_unit_back) {
    Spent spent;
    auto& world = spent.world;
    auto gone = world.connect(get("/loop?now", alice));
    EXPECT_EQ(world.held(), 1U);
    gone.close();
    world.settle();
    EXPECT_EQ(world.held(), 0U);
    EXPECT_EQ(world.dropped(DropReason::client_gone), 1U);
    auto next = world.connect(get("/loop?now", alice));
    world.advance(10010ms);
    EXPECT_EQ(next.reply()->status, 200) << "it takes the turn of the one that left";
}

TEST(session_quota, a_held_request_finds_the_limiter_as_it_is_when_its_turn_comes) {
    auto options = by_tenant(15s);
    options.limiter = {.name = "only", .limit = 1, .queue = {.capacity = 0}};
    Spent spent(options);
    auto& world = spent.world;
    auto held = world.connect(post("/loop", "", alice + "Content-Length: 5\r\n"));
    auto holder = world.connect(get("/loop", bob));
    EXPECT_EQ(world.in_flight(), 1U);
    world.advance(10010ms);
    const auto reply = held.reply();
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->reason(), "queue_full");
    EXPECT_EQ(world.uploads(), 0U) << "its body was never asked for";
}

TEST(session_quota, the_route_s_deadline_goes_on_while_a_request_is_held) {
    auto options = by_tenant(15s);
    options.route.deadline = 12s;
    Spent spent(options);
    auto& world = spent.world;
    auto held = world.connect(get("/loop", alice));
    world.advance(10010ms);
    EXPECT_EQ(world.in_flight(), 1U);
    world.advance(2s);
    EXPECT_EQ(held.reply()->status, 504);
}

TEST(session_quota, a_cut_ends_what_is_held) {
    Spent spent;
    auto& world = spent.world;
    auto held = world.connect(get("/loop?now", alice));
    world.begin_drain();
    world.cut();
    EXPECT_TRUE(held.is_ended());
    EXPECT_EQ(world.dropped(DropReason::drain_cut), 1U);
    EXPECT_EQ(world.held(), 0U);
}

TEST(session_quota, a_request_that_is_malformed_is_not_held) {
    Spent spent;
    auto& world = spent.world;
    auto client = world.connect(get("/loop?bad", alice));
    EXPECT_EQ(client.reply()->status, 400);
    EXPECT_EQ(world.held(), 0U);
    auto fault = world.connect(get("/loop?fault", alice));
    EXPECT_TRUE(fault.is_ended());
    EXPECT_EQ(world.held(), 0U);
    auto next = world.connect(get("/loop?now", alice));
    world.advance(10010ms);
    EXPECT_EQ(next.reply()->status, 200) << "both have given their units back";
}

TEST(session_quota, pipelined_requests_behind_a_held_one_wait_for_it) {
    Spent spent;
    auto& world = spent.world;
    auto client = world.connect(get("/loop?now", alice));
    client.send(get("/page"));
    world.settle();
    EXPECT_FALSE(client.reply());
    world.advance(10010ms);
    EXPECT_EQ(client.reply()->body, "0:");
    EXPECT_EQ(client.reply()->body, "a page");
}

}  // namespace
}  // namespace spillway::http::testing
