// One connection, request after request: what is answered, in which order, and when it ends.
#include <gtest/gtest.h>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;
using core::DropReason;
using core::Ending;
using core::RejectReason;

TEST(session, answers_a_page_and_keeps_the_connection) {
    World world;
    auto client = world.connect(get("/page"));
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "a page");
    EXPECT_EQ(reply->field("Server"), "spillway");
    EXPECT_EQ(reply->field("X-Request-Id").size(), 16U);
    EXPECT_FALSE(reply->field("Date").empty());
    EXPECT_FALSE(reply->closes());
    EXPECT_FALSE(client.is_ended());
    client.send(get("/page"));
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
    EXPECT_EQ(world.received(), 0U) << "pages are no requests of a route";
}

TEST(session, answers_a_page_longer_than_its_buffer) {
    World world;
    auto client = world.connect(get("/long") + get("/page"));
    std::string all;
    for (int i = 0; i < 100; ++i) {
        client.read();
        world.settle();
    }
    EXPECT_EQ(client.reply()->body.size(), 100'000U);
    EXPECT_EQ(client.reply()->body, "a page");
}

TEST(session, a_head_gets_the_head_alone) {
    World world;
    auto client =
        world.connect(request("HEAD", "/page") + request("HEAD", "/long") +
                      request("HEAD", "/loop?now") + request("HEAD", "/nowhere") + get("/page"));
    const auto page = client.reply(false);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->field("Content-Length"), "6");
    EXPECT_EQ(client.reply(false)->field("Content-Length"), "100000");
    EXPECT_EQ(client.reply(false)->status, 200);
    EXPECT_EQ(client.reply(false)->status, 404);
    EXPECT_EQ(client.reply()->body, "a page");
}

TEST(session, says_what_is_not_there_and_what_is_allowed) {
    World world;
    auto client = world.connect(get("/nowhere") + request("DELETE", "/loop") +
                                request("OPTIONS", "*") + post("/page", "x") + get("/page"));
    EXPECT_EQ(client.reply()->status, 404);
    const auto wrong = client.reply();
    EXPECT_EQ(wrong->status, 405);
    EXPECT_EQ(wrong->field("Allow"), "GET, HEAD, POST");
    EXPECT_EQ(client.reply()->status, 200);
    EXPECT_EQ(client.reply()->field("Allow"), "GET, HEAD");
    EXPECT_EQ(client.reply()->body, "a page");
    EXPECT_EQ(world.http_errors(404), 1U);
    EXPECT_EQ(world.http_errors(405), 2U);
    EXPECT_EQ(world.http_errors(200), 0U);
    EXPECT_EQ(world.received(), 0U);
}

TEST(session, a_handler_of_the_loop_answers_with_the_body) {
    World world;
    auto client = world.connect(post("/loop", "hello"));
    EXPECT_EQ(world.loop_handler.working(), 1U);
    EXPECT_EQ(world.in_flight(), 1U);
    EXPECT_FALSE(client.reply());
    world.loop_handler.let_go();
    world.settle();
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "5:hello");
    EXPECT_EQ(reply->field("X-Inflight"), "1");
    EXPECT_EQ(reply->field("Server-Timing"), "wait;dur=0.0, service;dur=0.0");
    EXPECT_EQ(world.finished(Ending::ok), 1U);
    world.expect_rest();
}

TEST(session, a_job_answers_with_the_body) {
    World world({.has_pool = true});
    auto client = world.connect(post("/job", "hello"));
    world.job.await_running(1);
    EXPECT_EQ(world.in_flight(), 1U);
    EXPECT_EQ(world.shared.body_memory.used(), 5U) << "until the handler releases it";
    world.job.let_go();
    while (!client.reply()) world.turn();
    EXPECT_EQ(world.finished(Ending::ok), 1U);
    world.expect_rest();
}

TEST(session, answers_pipelined_requests_in_order) {
    World world;
    auto client = world.connect(post("/loop", "one") + get("/page") + post("/loop", "two") +
                                get("/loop?now") + get("/nowhere"));
    EXPECT_FALSE(client.reply()) << "the page waits for the work ahead of it";
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(client.reply()->body, "3:one");
    EXPECT_EQ(client.reply()->body, "a page");
    EXPECT_FALSE(client.reply());
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(client.reply()->body, "3:two");
    EXPECT_EQ(client.reply()->body, "0:");
    EXPECT_EQ(client.reply()->status, 404);
}

TEST(session, a_request_after_work_is_read_afresh) {
    // The read that watches the client during the work is still under way when the reply is sent.
    World world;
    auto client = world.connect(get("/loop", "X-Request-Id: first\r\nX-Padding: abcdefgh\r\n"));
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(client.reply()->field("X-Request-Id"), "first");
    client.send(get("/nowhere", "X-Request-Id: 2\r\n"));
    world.settle();
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 404);
    EXPECT_EQ(reply->field("X-Request-Id"), "2");
    client.send(post("/loop?now", "third", "X-Request-Id: 3\r\n"));
    world.settle();
    EXPECT_EQ(client.reply()->body, "5:third");
}

TEST(session, many_requests_after_work_never_run_out_of_buffer) {
    World world;
    auto client = world.connect();
    const std::string padding(3000, 'p');
    for (int i = 0; i < 60; ++i) {
        const std::string id = std::to_string(i);
        client.send(
            post("/loop", "body" + id, "X-Request-Id: " + id + "\r\nX: " + padding + "\r\n"));
        world.settle();
        if (i % 3 == 0) client.send(get("/page", "X: " + padding + "\r\n"));  // pipelined
        world.settle();
        ASSERT_EQ(world.loop_handler.working(), 1U) << i;
        world.loop_handler.let_go();
        world.settle();
        const auto reply = client.reply();
        ASSERT_TRUE(reply) << i;
        EXPECT_EQ(reply->body, std::to_string(4 + id.size()) + ":body" + id);
        EXPECT_EQ(reply->field("X-Request-Id"), id);
        if (i % 3 == 0) {
            EXPECT_EQ(client.reply()->body, "a page");
        }
    }
}

TEST(session, understands_a_request_that_comes_byte_by_byte) {
    World world;
    auto client = world.connect();
    const std::string text = "\r\n" + post("/loop?now", "hello") +
                             request("POST", "/loop?now", chunked) +
                             "2\r\nab\r\n3;x\r\ncde\r\n0\r\nT: x\r\n\r\n" + get("/page");
    for (const char c : text) {
        client.send({&c, 1});
        world.settle();
        world.check();
    }
    EXPECT_EQ(client.reply()->body, "5:hello");
    EXPECT_EQ(client.reply()->body, "5:abcde");
    EXPECT_EQ(client.reply()->body, "a page");
}

TEST(session, understands_requests_wherever_they_are_cut) {
    const std::string text = "\r\n" + post("/loop?now", "hello", "X-Request-Id: 1\r\n") + "\r\n" +
                             request("POST", "/loop?now", chunked) + "2\r\nab\r\n0\r\n\r\n" +
                             get("/page");
    for (std::size_t at = 1; at < text.size(); ++at) {
        World world;
        auto client = world.connect(text.substr(0, at));
        client.send(text.substr(at));
        world.settle();
        ASSERT_EQ(client.reply()->body, "5:hello") << at;
        ASSERT_EQ(client.reply()->body, "2:ab") << at;
        ASSERT_EQ(client.reply()->body, "a page") << at;
    }
}

TEST(session, an_empty_line_behind_a_request_leaves_the_connection_idle) {
    World world;
    auto client = world.connect(get("/page") + "\r\n");
    EXPECT_EQ(client.reply()->status, 200);
    EXPECT_FALSE(world.context->idle.empty());
    world.advance(world.options().idle_timeout - 1s);
    EXPECT_FALSE(client.is_ended());
    world.advance(2s);
    EXPECT_TRUE(client.is_ended());
}

TEST(session, repeats_a_sane_request_id_and_replaces_another) {
    World world;
    auto client = world.connect(get("/page", "X-Request-Id: abc-1\r\n") +
                                get("/page", "X-Request-Id: a b\r\n") +
                                get("/page", "X-Request-Id: " + std::string(128, 'i') + "\r\n"));
    EXPECT_EQ(client.reply()->field("X-Request-Id"), "abc-1");
    EXPECT_EQ(client.reply()->field("X-Request-Id").size(), 16U);
    EXPECT_EQ(client.reply()->field("X-Request-Id").size(), 128U);
}

TEST(session, http_1_0_ends_with_its_reply_unless_asked_to_stay) {
    World world;
    auto leaving = world.connect("GET /page HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(leaving.reply()->closes());
    EXPECT_TRUE(leaving.is_ended());
    auto staying = world.connect("GET /page HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(staying.reply()->field("Connection"), "keep-alive");
    EXPECT_FALSE(staying.is_ended());
}

TEST(session, connection_close_is_obeyed_after_the_reply) {
    World world;
    auto client = world.connect(get("/page", "Connection: close\r\n") + get("/page"));
    EXPECT_TRUE(client.reply()->closes());
    EXPECT_TRUE(client.is_ended());
    EXPECT_FALSE(client.reply()) << "what follows is not read any more";
    client.close();
    world.settle();
    EXPECT_EQ(world.connections(), 0U);
}

TEST(session, a_bad_header_is_answered_and_ends_the_connection) {
    World world;
    auto client =
        world.connect(get("/page") + "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n" + get("/page"));
    EXPECT_EQ(client.reply()->status, 200);
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 400);
    EXPECT_TRUE(reply->closes());
    EXPECT_TRUE(client.is_ended());
    EXPECT_EQ(world.http_errors(400), 1U);
    EXPECT_EQ(world.received(), 0U);
}

TEST(session, after_a_bad_header_what_the_client_still_sends_is_read_for_a_while) {
    World world;
    auto client = world.connect("nonsense\r\n\r\n");
    EXPECT_EQ(client.reply()->status, 400);
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(client.send(std::string(1000, 'x')));
        world.settle();
    }
    EXPECT_EQ(world.connections(), 1U);
    world.advance(world.options().linger_timeout + 10ms);
    EXPECT_EQ(world.connections(), 0U);
}

TEST(session, lingering_is_bounded_in_bytes) {
    World world({.server = {.linger_bytes_max = 50'000}});
    auto client = world.connect("nonsense\r\n\r\n");
    for (int i = 0; i < 60; ++i) {
        client.send(std::string(1000, 'x'));
        world.settle();
    }
    EXPECT_EQ(world.connections(), 0U);
}

TEST(session, a_client_that_said_close_and_sent_nothing_more_is_let_go_at_once) {
    World world;
    auto client = world.connect("GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "a page");
    EXPECT_TRUE(client.is_ended());
    EXPECT_EQ(world.connections(), 0U);
}

TEST(session, a_client_that_sends_more_than_it_said_still_gets_its_reply) {
    World world;
    auto client =
        world.connect("GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/page"));
    EXPECT_EQ(world.connections(), 1U);
    EXPECT_EQ(client.reply()->body, "a page");
    EXPECT_TRUE(client.is_ended());
    EXPECT_FALSE(client.reply());
    world.advance(world.options().linger_timeout + 10ms);
    EXPECT_EQ(world.connections(), 0U);
}

TEST(session, parameters_that_cannot_be_served_are_told) {
    World world;
    auto client = world.connect(post("/loop?bad", "body") + get("/page"));
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 400);
    EXPECT_EQ(reply->reason(), "bad_request");
    EXPECT_NE(reply->body.find("there is \\\"bad\\\" in the query"), std::string::npos);
    EXPECT_EQ(client.reply()->body, "a page");
    EXPECT_EQ(world.rejected(RejectReason::bad_request), 1U);
    world.expect_rest();
}

TEST(session, a_handler_that_throws_is_a_500_and_frees_its_permit) {
    World world;
    auto client = world.connect(get("/loop") + get("/page"));
    world.loop_handler.let_go([](Exchange&) -> Reply { throw std::runtime_error("a bug"); });
    world.settle();
    EXPECT_EQ(client.reply()->status, 500);
    EXPECT_EQ(client.reply()->body, "a page");
    EXPECT_EQ(world.observer.handler_errors, std::vector<std::string>{"a bug"});
    EXPECT_EQ(world.finished(Ending::error), 1U);
    world.expect_rest();
}

TEST(session, a_job_that_throws_is_a_500_and_frees_its_permit) {
    World world({.has_pool = true});
    auto client = world.connect(get("/job?throw"));
    world.job.await_running(1);
    world.job.let_go();
    std::optional<WireReply> reply;
    while (!(reply = client.reply())) world.turn();
    EXPECT_EQ(reply->status, 500);
    EXPECT_EQ(world.finished(Ending::error), 1U);
    world.expect_rest();
}

TEST(session, a_prepare_that_throws_costs_its_connection_and_nobody_else) {
    World world;
    auto client = world.connect(get("/page") + get("/loop?fault") + get("/page"));
    EXPECT_EQ(client.reply()->status, 200);
    EXPECT_FALSE(client.reply());
    EXPECT_TRUE(client.is_ended());
    EXPECT_EQ(world.dropped(DropReason::client_gone), 1U);
    EXPECT_EQ(world.observer.handler_errors.size(), 1U);
    world.expect_rest();
}

TEST(session, a_streaming_handler_reads_the_body_while_it_holds_its_permit) {
    World world;
    auto client = world.connect(request("POST", "/stream?now", chunked));
    EXPECT_EQ(world.in_flight(), 1U);
    for (const char* piece : {"3\r\nabc\r\n", "2\r\nde\r\n", "0\r\n\r\n"}) {
        EXPECT_FALSE(client.reply());
        client.send(piece);
        world.settle();
    }
    EXPECT_EQ(client.reply()->body, "abcde");
    // Sized, together with its header and what follows.
    client.send(post("/stream?now", "whole") + get("/page"));
    world.settle();
    EXPECT_EQ(client.reply()->body, "whole");
    EXPECT_EQ(client.reply()->body, "a page");
    world.expect_rest();
}

TEST(session, a_stream_of_many_buffers_arrives_whole) {
    World world;
    auto client = world.connect(request("POST", "/stream?now", "Content-Length: 200000\r\n"));
    std::string sent;
    for (int i = 0; i < 200; ++i) {
        const std::string piece(1000, static_cast<char>('a' + i % 26));
        ASSERT_TRUE(client.send(piece));
        sent += piece;
        if (i % 7 != 0) world.settle();
    }
    world.settle();
    for (int i = 0; i < 100; ++i) {
        client.read();
        world.settle();
    }
    EXPECT_EQ(client.reply()->body, sent);
}

TEST(session, a_body_behind_a_header_that_ends_with_the_buffer_is_read) {
    // A page first, so that the second header begins and ends far behind in the buffer.
    World world;
    const std::size_t buffer = world.options().header_bytes_max + 4096;
    auto client = world.connect();
    for (const std::size_t room : {0, 1, 100}) {
        const std::string first = get("/page", "X: " + std::string(9000, 'x') + "\r\n");
        std::string fields = "Content-Length: 5\r\nX: \r\n";
        const std::size_t bare = first.size() + request("POST", "/loop?now", fields).size();
        fields.insert(fields.size() - 2, std::string(buffer - room - bare, 'y'));
        const std::string both = first + request("POST", "/loop?now", fields);
        ASSERT_EQ(both.size(), buffer - room);
        ASSERT_TRUE(client.send(both));
        world.settle();
        client.send("hello");
        world.settle();
        ASSERT_EQ(client.reply()->body, "a page");
        const auto reply = client.reply();
        ASSERT_TRUE(reply) << room;
        EXPECT_EQ(reply->body, "5:hello");
    }
}

TEST(session, a_long_header_behind_a_pipelined_one_moves_to_the_front) {
    World world;
    auto client = world.connect();
    const auto fields = [](std::size_t n) { return "X: " + std::string(n, 'x') + "\r\n"; };
    ASSERT_TRUE(client.send(get("/loop", fields(7000))));
    world.settle();
    ASSERT_TRUE(client.send(get("/page", fields(15'000) + "X-Request-Id: long\r\n")));
    world.settle();
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
    EXPECT_EQ(client.reply()->field("X-Request-Id"), "long");
    client.send(get("/page"));
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
}

TEST(session, tells_the_observer_of_requests) {
    World world;
    auto client = world.connect(get("/page?secret=1"));
    EXPECT_EQ(world.observer.requests, 1U);
    EXPECT_EQ(world.observer.last_path, "/page");
}

TEST(session, the_longest_idle_connection_makes_room) {
    World world;
    auto first = world.connect(get("/page"));
    auto second = world.connect(get("/page"));
    auto busy = world.connect(get("/loop"));
    first.send(get("/page"));
    world.settle();
    EXPECT_TRUE(world.context->make_room());
    world.settle();
    EXPECT_TRUE(second.is_ended());
    EXPECT_FALSE(first.is_ended());
    EXPECT_TRUE(world.context->make_room());
    EXPECT_FALSE(world.context->make_room()) << "who waits for an answer is not idle";
    world.settle();
    EXPECT_FALSE(busy.is_ended());
    EXPECT_EQ(world.connections(), 1U);
}

}  // namespace
}  // namespace spillway::http::testing
