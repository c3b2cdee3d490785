// Sessions whose server is told other options and routes between, and during, their requests.

#include <gtest/gtest.h>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;

RouteOptions route() { return WorldOptions{}.route; }

TEST(SessionReconfigure, a_request_ends_as_it_began_and_the_next_one_goes_by_the_new_options) {
    World world;
    WireClient client = world.connect(get("/loop"));
    RouteOptions shorter = route();
    shorter.deadline = 1s;
    world.reconfigure(world.options(), shorter);
    EXPECT_EQ(world.settings_retired(), 1U);

    // Its deadline is that of its own time: five seconds.
    world.advance(4s);
    EXPECT_EQ(world.pending() + world.in_flight(), 1U);
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
    EXPECT_EQ(world.settings_retired(), 0U) << "nobody goes by the old ones any more";

    // That took four seconds, which is more than there is from now on.
    client.send(get("/loop"));
    world.settle();
    EXPECT_EQ(client.reply()->reason(), "deadline");
}

TEST(SessionReconfigure, waiters_keep_their_places_and_counters_go_on) {
    World world;
    WireClient holder = world.connect(get("/loop"));
    WireClient waiter = world.connect(get("/loop"));
    EXPECT_EQ(world.waiting(), 1U);
    for (int i = 0; i < 3; ++i) world.reconfigure(world.options(), route());
    EXPECT_EQ(world.waiting(), 1U);
    EXPECT_EQ(world.settings_retired(), 1U) << "those that no request has begun with are gone";
    world.loop_handler.let_go();
    world.settle();
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(holder.reply()->status, 200);
    EXPECT_EQ(waiter.reply()->status, 200);
    EXPECT_EQ(world.received(), 2U);
    EXPECT_EQ(world.shared.known.records().size(), 3U) << "the same series";
}

TEST(SessionReconfigure,
     a_header_that_is_longer_than_the_buffers_of_before_is_read_once_they_are_new) {
    World world({.server = {.header_bytes_max = 1024}});
    const std::string long_field = "X-Long: " + std::string(16'000, 'x') + "\r\n";
    WireClient before = world.connect(get("/page"));
    EXPECT_EQ(before.reply()->status, 200);
    ServerOptions larger = world.options();
    larger.header_bytes_max = 32 * 1024;
    world.reconfigure(larger, route());

    WireClient after = world.connect(get("/page", long_field));
    EXPECT_EQ(after.reply()->status, 200);
    // This one has its small buffer still: a refusal, not an overrun.
    before.send(get("/page", long_field));
    world.settle();
    EXPECT_EQ(before.reply()->status, 431);
}

TEST(SessionReconfigure, timeouts_of_connections_change_too) {
    World world;
    WireClient client = world.connect(get("/page"));
    EXPECT_EQ(client.reply()->status, 200);
    ServerOptions impatient = world.options();
    impatient.idle_timeout = 2s;
    world.reconfigure(impatient, route());
    client.send(get("/page"));
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
    world.advance(2100ms);
    EXPECT_EQ(world.connections(), 0U);
}

TEST(SessionReconfigure, an_upload_under_way_is_held_to_the_size_with_which_it_began) {
    World world;
    WireClient client =
        world.connect("POST /loop HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
    RouteOptions smaller = route();
    smaller.body_bytes_max = 5;
    smaller.uploads_max = 1;
    world.reconfigure(world.options(), smaller);
    EXPECT_EQ(world.uploads(), 1U);
    client.send("67890");
    world.settle();
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
    EXPECT_EQ(world.uploads(), 0U);

    client.send(post("/loop", "1234567890"));
    world.settle();
    EXPECT_EQ(client.reply()->status, 413);
}

}  // namespace
}  // namespace spillway::http::testing
