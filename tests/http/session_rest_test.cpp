// A connection that has been quiet for a second gives its buffers back, and nobody notices.
#include <gtest/gtest.h>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;

std::size_t resting(const World& world) {
    std::size_t n = 0;
    for (const Session& session : world.context->sessions) n += std::size_t{session.is_resting()};
    return n;
}

TEST(session_rest, a_quiet_connection_rests_and_answers_when_it_is_called) {
    World world;
    auto client = world.connect(get("/page"));
    EXPECT_EQ(client.reply()->status, 200);
    world.advance(900ms);
    EXPECT_EQ(resting(world), 0U);
    world.advance(200ms);
    EXPECT_EQ(resting(world), 1U);

    client.send(get("/page"));
    world.settle();
    EXPECT_EQ(client.reply()->body, "a page");
    EXPECT_EQ(resting(world), 0U);
    world.advance(1100ms);
    EXPECT_EQ(resting(world), 1U);
}

TEST(session_rest, one_that_never_spoke_rests_too_and_is_closed_in_time) {
    World world({.server = {.header_timeout = 5s}});
    auto client = world.connect();
    world.advance(1100ms);
    EXPECT_EQ(resting(world), 1U);
    world.advance(3800ms);
    EXPECT_FALSE(client.is_ended());
    world.advance(200ms);
    EXPECT_TRUE(client.is_ended());
}

TEST(session_rest, the_idle_timeout_counts_from_the_last_reply) {
    World world({.server = {.idle_timeout = 10s}});
    auto client = world.connect(get("/page"));
    EXPECT_EQ(client.reply()->status, 200);
    for (int i = 0; i < 9; ++i) world.advance(1s);
    EXPECT_EQ(resting(world), 1U);
    EXPECT_FALSE(client.is_ended());
    world.advance(1100ms);
    EXPECT_TRUE(client.is_ended());
}

TEST(session_rest, a_busy_connection_does_not_rest) {
    World world;
    auto client = world.connect();
    for (int i = 0; i < 8; ++i) {
        client.send(get("/page"));
        world.settle();
        EXPECT_EQ(client.reply()->status, 200);
        world.advance(600ms);
        EXPECT_EQ(resting(world), 0U);
    }
}

TEST(session_rest, neither_does_one_with_a_request_begun_or_under_way) {
    World world;
    auto slow = world.connect("GET /pa");
    auto working = world.connect(get("/loop"));
    world.advance(1100ms);
    EXPECT_EQ(resting(world), 0U);
    slow.send("ge HTTP/1.1\r\nHost: a\r\n\r\n");
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(slow.reply()->status, 200);
    EXPECT_EQ(working.reply()->status, 200);
}

TEST(session_rest, half_an_empty_line_is_not_forgotten) {
    World world;
    auto client = world.connect("\r");
    world.advance(1100ms);
    EXPECT_EQ(resting(world), 0U);
    client.send("\n" + get("/page"));
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
}

TEST(session_rest, a_client_that_leaves_is_seen) {
    World world;
    auto client = world.connect();
    world.advance(1100ms);
    client.fin();
    world.settle();
    EXPECT_EQ(world.connections(), 0U);
}

TEST(session_rest, a_drain_wakes_nobody_and_ends_all) {
    World world;
    auto client = world.connect(get("/page"));
    EXPECT_EQ(client.reply()->status, 200);
    world.advance(1100ms);
    EXPECT_EQ(resting(world), 1U);
    world.begin_drain(500ms);
    world.advance(400ms);
    EXPECT_FALSE(client.is_ended());
    EXPECT_EQ(resting(world), 1U);
    world.advance(200ms);
    EXPECT_TRUE(client.is_ended());
}

TEST(session_rest, a_resting_connection_makes_room) {
    World world;
    auto client = world.connect(get("/page"));
    EXPECT_EQ(client.reply()->status, 200);
    world.advance(1100ms);
    EXPECT_TRUE(world.context->make_room());
    world.settle();
    EXPECT_TRUE(client.is_ended());
}

TEST(session_rest, bytes_that_cross_the_decision_are_read) {
    World world;
    auto client = world.connect();
    // They are in the socket when the sweep cancels the read.
    client.send(get("/page"));
    virtual_time = virtual_now() + 1100ms;
    world.context->sweeper.sweep(virtual_now());
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
}

}  // namespace
}  // namespace spillway::http::testing
