// Uploads, slow clients and slow readers.
#include <gtest/gtest.h>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;
using core::DropReason;
using core::Ending;
using core::RejectReason;

std::string upload(std::size_t bytes, std::string_view more = {}) {
    return request("POST", "/loop?now",
                   "Content-Length: " + std::to_string(bytes) + "\r\n" + std::string(more));
}

TEST(session_body, an_upload_holds_a_slot_and_memory_but_no_permit) {
    World world;
    auto client = world.connect(upload(10) + "abcde");
    EXPECT_EQ(world.uploads(), 1U);
    EXPECT_EQ(world.shared.body_memory.used(), 5U);
    EXPECT_EQ(world.in_flight(), 0U);
    EXPECT_EQ(world.pending(), 1U);
    client.send("fghij");
    world.settle();
    EXPECT_EQ(client.reply()->body, "10:abcdefghij");
    world.expect_rest();
}

TEST(session_body, a_discarded_body_holds_no_memory) {
    World world;
    auto client = world.connect(post("/drop", "hello"));
    EXPECT_EQ(world.shared.body_memory.used(), 0U);
    world.drop_handler.let_go();
    world.settle();
    EXPECT_EQ(client.reply()->body, "5:");
}

TEST(session_body, a_body_of_many_buffers_arrives_whole) {
    World world;
    auto client = world.connect(upload(300'000));
    std::string sent;
    for (int i = 0; i < 300; ++i) {
        const std::string piece(1000, static_cast<char>('a' + i % 26));
        ASSERT_TRUE(client.send(piece));
        sent += piece;
        if (i % 7 != 0) world.settle();
    }
    for (int i = 0; i < 100; ++i) {
        client.read();
        world.settle();
    }
    EXPECT_EQ(client.reply()->body, "300000:" + sent);
}

/// A request behind which a second one waits whose header ends `room` bytes before the buffer does.
std::string two_requests(World& world, std::size_t room, std::size_t body) {
    const std::size_t buffer = world.options().header_bytes_max + SessionBuffers::behind_header;
    const std::string first = request("GET", "/loop", "X: " + std::string(8000, 'a') + "\r\n");
    std::string second = upload(body, "X: \r\n");
    second.insert(second.find("X: ") + 3, buffer - room - first.size() - second.size(), 'b');
    return first + second;
}

TEST(session_body, a_body_behind_a_header_at_the_buffers_end_is_not_read_byte_by_byte) {
    World world;
    constexpr std::size_t body_bytes = 16'000;
    auto client = world.connect(two_requests(world, 1, body_bytes));
    world.loop_handler.let_go();
    world.settle();
    ASSERT_EQ(client.reply()->status, 200);

    ASSERT_TRUE(client.send(std::string(body_bytes, 'c')));
    std::size_t steps = 0;
    world.loop.restart();
    while (const std::size_t ran = world.loop.poll()) steps += ran;
    EXPECT_LT(steps, 40U);
    EXPECT_EQ(client.reply()->body, "16000:" + std::string(body_bytes, 'c'));
}

TEST(session_body, a_body_at_the_buffers_end_arrives_whole_wherever_its_header_ends) {
    for (std::size_t room = 0; room < 2100; room += room < 150 ? 1 : 50) {
        for (const bool half_close : {false, true}) {
            World world({.server = {.half_close = half_close}});
            const std::string body(100, 'd');
            auto client = world.connect(two_requests(world, room, body.size()));
            client.send(body);
            world.settle();
            if (half_close) client.fin();
            world.settle();
            world.loop_handler.let_go();
            for (int i = 0; i < 4; ++i) {
                world.settle();
                client.read();
            }
            ASSERT_EQ(client.reply()->status, 200) << room;
            const auto reply = client.reply();
            ASSERT_TRUE(reply) << room << half_close;
            EXPECT_EQ(reply->body, "100:" + body) << room;
        }
    }
}

TEST(session_body, a_100_continue_comes_after_the_peek_and_only_then) {
    World world;
    auto client = world.connect(upload(5, "Expect: 100-continue\r\n"));
    EXPECT_EQ(client.reply()->status, 100);
    EXPECT_FALSE(client.reply());
    client.send("hello");
    world.settle();
    const auto reply = client.reply();
    EXPECT_EQ(reply->status, 200);
    EXPECT_FALSE(reply->closes());
    // Who sends at once needs no invitation.
    client.send(upload(5, "Expect: 100-continue\r\n") + "hello");
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
}

TEST(session_body, an_expectation_that_is_refused_gets_the_final_answer_and_the_close) {
    World world({.limiter = {.name = "only", .limit = 1, .queue = {.capacity = 0}}});
    auto holder = world.connect(get("/loop"));
    for (const std::string target : {"/loop", "/nowhere", "/loop?bad"}) {
        auto client =
            world.connect(request("POST", target, "Content-Length: 5\r\nExpect: 100-continue\r\n"));
        const auto reply = client.reply();
        ASSERT_TRUE(reply) << target;
        EXPECT_GE(reply->status, 400) << target;
        EXPECT_TRUE(reply->closes()) << target;
        EXPECT_TRUE(client.is_ended()) << target;
    }
}

TEST(session_body, a_declared_length_over_the_cap_is_refused_unread) {
    World world({.route = {.methods = {"POST"}, .body_bytes_max = 100}});
    auto client = world.connect(upload(101));
    const auto reply = client.reply();
    EXPECT_EQ(reply->status, 413);
    EXPECT_EQ(reply->reason(), "body_too_large");
    EXPECT_FALSE(reply->closes()) << "little enough to be read and thrown away";
    client.send(std::string(101, 'x') + upload(100) + std::string(100, 'y'));
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
    EXPECT_EQ(world.rejected(RejectReason::body_too_large), 1U);
}

TEST(session_body, chunks_over_the_cap_are_refused_as_soon_as_they_are) {
    World world({.route = {.methods = {"POST"}, .body_bytes_max = 10}});
    auto client = world.connect(request("POST", "/loop", chunked) + "a\r\n0123456789\r\n");
    EXPECT_FALSE(client.reply());
    client.send("1\r\nx");
    world.settle();
    const auto reply = client.reply();
    EXPECT_EQ(reply->status, 413);
    EXPECT_TRUE(reply->closes());
    EXPECT_TRUE(client.is_ended());
    EXPECT_EQ(world.rejected(RejectReason::body_too_large), 1U);
    world.expect_rest();
}

TEST(session_body, malformed_chunks_are_a_400) {
    World world;
    auto client = world.connect(request("POST", "/loop", chunked) + "3\r\nabcd\r\n");
    const auto reply = client.reply();
    EXPECT_EQ(reply->status, 400);
    EXPECT_EQ(reply->reason(), "bad_request");
    EXPECT_TRUE(reply->closes());
    EXPECT_EQ(world.rejected(RejectReason::bad_request), 1U);
    world.expect_rest();
}

TEST(session_body, a_client_that_leaves_its_upload_is_counted) {
    World world;
    auto polite = world.connect(upload(5) + "ab");
    auto rude = world.connect(upload(5) + "ab");
    auto waiting = world.connect(upload(5, "Expect: 100-continue\r\n"));
    polite.fin();
    rude.close();
    waiting.close();
    world.settle();
    EXPECT_EQ(world.dropped(DropReason::client_gone), 3U);
    EXPECT_EQ(world.connections(), 0U);
    world.expect_rest();
}

// --- slow clients -------------------------------------------------------------------------------

TEST(session_body, a_slow_header_is_a_408_and_closed) {
    World world;
    auto client = world.connect("GET / HTTP/1.1\r\nHo");
    world.advance(4s);
    client.send("s");
    world.advance(990ms);
    EXPECT_FALSE(client.is_ended());
    world.advance(20ms);
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 408);
    EXPECT_TRUE(reply->closes());
    EXPECT_TRUE(client.is_ended());
    EXPECT_EQ(world.http_errors(408), 1U);
}

TEST(session_body, the_time_of_a_header_runs_from_its_first_byte) {
    World world;
    auto client = world.connect(get("/page"));
    EXPECT_TRUE(client.reply());
    world.advance(30s);
    client.send("GET /page HT");
    world.advance(4900ms);
    client.send("TP/1.1\r\nHost: a\r\n\r\n");
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
}

TEST(session_body, silence_is_closed_in_silence) {
    World world;
    auto fresh = world.connect("");
    auto used = world.connect(get("/page"));
    EXPECT_TRUE(used.reply());
    world.advance(5010ms);
    EXPECT_TRUE(fresh.is_ended());
    EXPECT_EQ(fresh.received(), "");
    world.advance(54s);
    EXPECT_FALSE(used.is_ended());
    world.advance(2s);
    EXPECT_TRUE(used.is_ended());
    EXPECT_EQ(used.received(), "");
}

TEST(session_body, a_body_that_takes_too_long_is_a_408) {
    World world({.server = {.body_rate_min = 0}});
    auto client = world.connect(upload(100));
    for (int i = 0; i < 30; ++i) {
        client.send("x");
        world.settle();
        EXPECT_FALSE(client.reply());
        world.advance(1s);
    }
    world.advance(10ms);
    const auto reply = client.reply();
    EXPECT_EQ(reply->status, 408);
    EXPECT_EQ(reply->reason(), "body_timeout");
    EXPECT_TRUE(reply->closes());
    EXPECT_EQ(world.rejected(RejectReason::body_timeout), 1U);
    world.expect_rest();
}

TEST(session_body, a_body_below_the_rate_is_a_408_after_the_grace) {
    World world;
    auto slow = world.connect(upload(100'000));
    auto fast = world.connect(upload(100'000));
    for (int i = 0; i < 10; ++i) {
        slow.send(std::string(900, 's'));
        fast.send(std::string(1100, 'f'));
        world.advance(500ms);
        EXPECT_FALSE(slow.is_ended());
        slow.send("");
        world.settle();
    }
    // Five seconds: 9,000 bytes of at least 5,120.
    for (int i = 0; i < 10; ++i) {
        fast.send(std::string(1100, 'f'));
        world.advance(1s);
    }
    EXPECT_EQ(slow.reply()->status, 408);
    EXPECT_FALSE(fast.is_ended());
    EXPECT_EQ(world.uploads(), 1U);
}

TEST(session_body, the_callers_deadline_bounds_the_body) {
    World world;
    auto client = world.connect(upload(5, "Request-Timeout: 2\r\n"));
    world.advance(2010ms);
    EXPECT_EQ(client.reply()->status, 408);
    EXPECT_EQ(world.rejected(RejectReason::body_timeout), 1U);
}

TEST(session_body, the_slowest_upload_makes_room_for_a_new_one) {
    World world({.route = {.methods = {"POST"}, .uploads_max = 2}});
    auto slow = world.connect(upload(100) + "x");
    auto fast = world.connect(upload(100) + std::string(50, 'x'));
    auto early = world.connect(upload(100));
    EXPECT_EQ(early.reply()->reason(), "ingest_full") << "nobody is old enough to give way";
    EXPECT_FALSE(early.is_ended()) << "and a small body is thrown away";
    world.advance(1100ms);
    auto late = world.connect(upload(100));
    const auto reply = slow.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 408);
    EXPECT_TRUE(reply->closes());
    EXPECT_FALSE(late.reply());
    EXPECT_EQ(world.uploads(), 2U);
    late.send(std::string(100, 'y'));
    fast.send(std::string(50, 'y'));
    world.settle();
    EXPECT_EQ(late.reply()->status, 200);
    EXPECT_EQ(fast.reply()->status, 200);
    EXPECT_EQ(world.rejected(RejectReason::body_timeout), 1U);
    EXPECT_EQ(world.rejected(RejectReason::ingest_full), 1U);
    world.expect_rest();
}

TEST(session_body, body_memory_that_runs_out_midway_is_a_503) {
    World world({.server = {.body_memory_max = 100}});
    auto first = world.connect(upload(80) + std::string(60, 'x'));
    auto second = world.connect(upload(80) + std::string(30, 'x'));
    EXPECT_EQ(world.shared.body_memory.used(), 90U);
    second.send(std::string(11, 'x'));
    world.settle();
    const auto reply = second.reply();
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->reason(), "ingest_full");
    EXPECT_TRUE(reply->closes());
    EXPECT_EQ(world.shared.body_memory.used(), 60U);
    first.send(std::string(20, 'x'));
    world.settle();
    EXPECT_EQ(first.reply()->status, 200);
    world.expect_rest();
}

// --- slow readers --------------------------------------------------------------------------------

TEST(session_body, a_reply_is_made_as_it_is_read) {
    World world;
    auto client = world.connect(get("/loop") + get("/page"));
    world.loop_handler.let_go([](Exchange&) { return x_reply(1'000'000); });
    world.settle();
    EXPECT_EQ(world.in_flight(), 0U) << "a slow reader holds no permit";
    EXPECT_GT(world.shared.response_memory.used(), 0U);
    EXPECT_LE(world.shared.response_memory.used(), 65'536U);
    std::optional<WireReply> reply;
    while (!(reply = client.reply())) world.settle();
    EXPECT_EQ(reply->body, std::string(1'000'000, 'x'));
    world.settle();
    EXPECT_EQ(client.reply()->body, "a page");
    world.expect_rest();
}

TEST(session_body, unsent_bytes_are_charged_until_they_are_sent) {
    World world({.server = {.response_memory_max = 100'000}});
    auto client = world.connect(get("/loop"));
    world.loop_handler.let_go(
        [](Exchange&) { return Reply::text(200, "text/plain", std::string(300'000, 'y')); });
    world.settle();
    EXPECT_EQ(world.shared.response_memory.used(), 100'000U);
    auto next = world.connect(get("/loop"));
    EXPECT_EQ(next.reply()->reason(), "egress_full") << "new work is refused";
    for (int i = 0; i < 100 && !client.reply(); ++i) world.settle();
    EXPECT_EQ(world.shared.response_memory.used(), 0U);
    EXPECT_EQ(world.finished(Ending::ok), 1U);
}

TEST(session_body, who_does_not_read_is_closed_at_the_write_timeout) {
    World world;
    auto work = world.connect(get("/loop"));
    world.loop_handler.let_go([](Exchange&) { return x_reply(1'000'000); });
    world.settle();
    auto page = world.connect(get("/long"));
    world.advance(29s);
    EXPECT_EQ(world.connections(), 2U);
    world.advance(1010ms);
    EXPECT_EQ(world.connections(), 0U);
    EXPECT_EQ(world.finished(Ending::client_gone), 1U);
    world.expect_rest();
}

TEST(session_body, a_source_that_ends_early_ends_the_connection) {
    World world;
    auto client = world.connect(get("/loop") + get("/page"));
    world.loop_handler.let_go([](Exchange&) { return x_reply(1000, 500); });
    world.settle();
    EXPECT_FALSE(client.reply());
    EXPECT_TRUE(client.is_ended());
    world.expect_rest();
}

}  // namespace
}  // namespace spillway::http::testing
