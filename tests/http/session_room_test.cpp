// Connections at the cap: who has just sent a request is not idle.

#include <gtest/gtest.h>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;

TEST(SessionRoom, a_request_that_the_loop_has_not_come_to_yet_keeps_its_connection) {
    World world;
    WireClient asking = world.connect();
    WireClient idle = world.connect();
    world.settle();
    asking.send(get("/page"));
    EXPECT_TRUE(world.context->make_room());
    world.settle();
    EXPECT_EQ(asking.reply()->status, 200);
    EXPECT_EQ(world.connections(), 1U);

    asking.send(get("/page"));
    EXPECT_FALSE(world.context->make_room()) << "nobody is idle";
    world.settle();
    EXPECT_EQ(asking.reply()->status, 200);
}

TEST(SessionRoom, a_resting_connection_does_not_lose_what_has_just_come_either) {
    World world;
    WireClient client = world.connect();
    world.settle();
    world.advance(2s);
    client.send(get("/page"));
    EXPECT_FALSE(world.context->make_room());
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
}

}  // namespace
}  // namespace spillway::http::testing
