// What a handler answers, and what of that goes over the wire.
#include <gtest/gtest.h>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using core::Ending;

/// What the client of a GET gets from a handler that answers this; then a page, whose reply must
/// follow at once.
std::pair<WireReply, WireReply> answered(World& world, const LoopHandler::Finish& finish) {
    auto client = world.connect(get("/loop") + get("/page"));
    world.loop_handler.let_go(finish);
    world.settle();
    std::string text = client.received();
    const auto first = take_reply(text, text.find("Content-Length") < text.find("\r\n\r\n"));
    const auto second = take_reply(text);
    EXPECT_TRUE(first && second) << text;
    return {first.value_or(WireReply{}), second.value_or(WireReply{})};
}

TEST(session_reply, has_no_body_where_the_status_forbids_one) {
    for (const unsigned status : {204U, 205U, 304U}) {
        World world;
        const auto [reply, next] = answered(world, [status](Exchange&) {
            return Reply::text(status, "text/plain", "not to be sent");
        });
        EXPECT_EQ(reply.status, static_cast<int>(status));
        EXPECT_EQ(reply.field("Content-Type"), "");
        EXPECT_EQ(reply.field("Content-Length"), status == 205 ? "0" : "");
        EXPECT_EQ(next.body, "a page");
        EXPECT_EQ(world.finished(Ending::ok), 1U);
    }
}

TEST(session_reply, leaves_out_fields_that_would_break_it) {
    World world;
    const auto [reply, next] = answered(world, [](Exchange&) {
        Reply made = Reply::text(200, "text/plain", "text");
        made.fields = {{"X-Split", "a\r\nX-Evil: b"},
                       {"X-Nul", std::string("a\0b", 3)},
                       {"X-Del", "a\x7f"},
                       {"Bad Name", "a"},
                       {"content-length", "1"},
                       {"Transfer-Encoding", "chunked"},
                       {"Connection", "upgrade"},
                       {"X-Good", "a\tb \xc3\xa4"}};
        return made;
    });
    EXPECT_EQ(reply.body, "text");
    EXPECT_EQ(reply.field("X-Good"), "a\tb \xc3\xa4");
    for (const auto* name : {"X-Split", "X-Evil", "X-Nul", "X-Del", "Bad Name", "content-length",
                             "Transfer-Encoding", "Connection"})
        EXPECT_EQ(reply.field(name), "") << name;
    EXPECT_EQ(next.body, "a page");
}

TEST(session_reply, without_a_final_status_is_a_500) {
    for (const unsigned status : {0U, 42U, 100U, 199U, 600U, 1000U}) {
        World world;
        const auto [reply, next] = answered(
            world, [status](Exchange&) { return Reply::text(status, "text/plain", "odd"); });
        EXPECT_EQ(reply.status, 500) << status;
        EXPECT_EQ(next.body, "a page");
        EXPECT_EQ(world.finished(Ending::error), 1U);
        ASSERT_EQ(world.observer.handler_errors.size(), 1U);
    }
}

}  // namespace
}  // namespace spillway::http::testing
