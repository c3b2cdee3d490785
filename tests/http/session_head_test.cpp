// What the header alone decides: who gets no body, which scheme and which version are served, what
// the caller expects and prefers.
#include <gtest/gtest.h>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;
using core::RejectReason;

std::string head_with(const std::string& fields) { return "HEAD /page HTTP/1.1\r\n" + fields; }

TEST(session_head, a_head_whose_header_is_refused_gets_no_body) {
    const std::string host = "Host: a\r\n";
    const std::vector<std::pair<int, std::string>> refused{
        {400, head_with("\r\n")},
        {400, head_with(host + host + "\r\n")},
        {400, head_with(host + "X : y\r\n\r\n")},
        {400, head_with(host + "X: a\n")},
        {400, "HEAD /# HTTP/1.1\r\n" + host + "\r\n"},
        {400, "HEAD  / HTTP/1.1\r\n" + host + "\r\n"},
        {414, "HEAD /" + std::string(9000, 'x') + " HTTP/1.1\r\n" + host + "\r\n"},
        {414, "HEAD /" + std::string(9000, 'x')},
        {417, head_with(host + "Expect: much\r\n\r\n")},
        {431, head_with(host + "X: " + std::string(17'000, 'x') + "\r\n\r\n")},
        {501, head_with(host + "Transfer-Encoding: gzip\r\n\r\n")},
        {505, "HEAD / HTTP/2.0\r\n" + host + "\r\n"},
    };
    for (const auto& [status, text] : refused) {
        World world;
        auto client = world.connect(text);
        const auto reply = client.reply(false);
        ASSERT_TRUE(reply) << text;
        EXPECT_EQ(reply->status, status) << text.substr(0, 60);
        EXPECT_TRUE(reply->closes());
        EXPECT_GT(std::stoi(reply->field("Content-Length")), 0) << "as for a GET";
        EXPECT_TRUE(client.is_ended());
        EXPECT_EQ(client.received(), "") << text.substr(0, 60);
    }
}

TEST(session_head, a_head_that_comes_too_slowly_gets_no_body) {
    World world;
    auto client = world.connect(get("/page") + "HEAD / HTT");
    EXPECT_EQ(client.reply()->status, 200);
    world.advance(world.options().header_timeout + 10ms);
    EXPECT_EQ(client.reply(false)->status, 408);
    EXPECT_EQ(client.received(), "");
}

TEST(session_head, what_is_refused_before_it_is_known_to_be_a_head_gets_one) {
    World world;
    auto client = world.connect("HEAD");
    world.advance(world.options().header_timeout + 10ms);
    EXPECT_NE(client.reply()->body, "");
    auto other = world.connect("HEADS / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(other.reply()->body, "");
}

TEST(session_head, what_is_asked_for_by_https_is_not_served_in_the_clear) {
    World world;
    auto client = world.connect(get("https://a/page") + get("HTTPS://a/loop") +
                                get("http://a/page") + request("HEAD", "https://a/page"));
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 421);
    EXPECT_FALSE(reply->closes());
    EXPECT_EQ(client.reply()->status, 421);
    EXPECT_EQ(client.reply()->body, "a page");
    EXPECT_EQ(client.reply(false)->status, 421);
    EXPECT_EQ(client.received(), "");
    EXPECT_EQ(world.received(), 0U);
    EXPECT_EQ(world.http_errors(421), 3U);
}

TEST(session_head, nor_by_the_control_listener) {
    World world;
    auto client = world.connect(ListenerKind::control);
    client.send(get("https://127.0.0.1/page") + get("http://127.0.0.1/page"));
    world.settle();
    EXPECT_EQ(client.reply()->status, 421);
    EXPECT_EQ(client.reply()->status, 200);
}

TEST(session_head, a_trusted_proxy_may_have_ended_the_tls_of_https) {
    World world({.server = {.trusted_proxies = {"192.0.2.1"}}});
    auto client = world.connect(get("https://a/page"));
    EXPECT_EQ(client.reply()->body, "a page");
}

TEST(session_head, a_newer_minor_version_is_answered_as_1_1) {
    World world;
    auto client = world.connect(
        "GET /page HTTP/1.2\r\nHost: a\r\n\r\n"
        "POST /loop?now HTTP/1.9\r\nHost: a\r\nContent-Length: 2\r\n\r\nab" +
        get("/page"));
    EXPECT_EQ(client.reply()->body, "a page");
    EXPECT_EQ(client.reply()->body, "2:ab");
    const auto last = client.reply();
    ASSERT_TRUE(last);
    EXPECT_EQ(last->body, "a page");
    EXPECT_FALSE(last->closes());
}

TEST(session_head, a_wait_that_is_preferred_in_any_spelling_is_the_callers_deadline) {
    for (const std::string fields : {"Prefer: wait=\"0\"\r\n", "Prefer: wait = 0\r\n",
                                     "Prefer: x=\"a, wait=9\"; b=c, wait=0\r\n",
                                     "Prefer: respond-async\r\nPrefer: WAIT=0, wait=9\r\n"}) {
        World world;
        auto client = world.connect(get("/loop?now", fields));
        const auto reply = client.reply();
        ASSERT_TRUE(reply) << fields;
        EXPECT_EQ(reply->reason(), "deadline") << fields;
        EXPECT_EQ(world.rejected(RejectReason::deadline), 1U);
    }
}

TEST(session_head, of_several_preferred_waits_the_first_one_counts) {
    for (const std::string fields :
         {"Prefer: wait=9, wait=0\r\n", "Prefer: wait=9\r\nPrefer: wait=0\r\n",
          "Prefer: wait, wait=0\r\n", "Prefer: wait=x, wait=0\r\n", "Prefer: x=\"a, wait=0\"\r\n",
          "Prefer: x; wait=0\r\n"}) {
        World world;
        auto client = world.connect(get("/loop?now", fields));
        const auto reply = client.reply();
        ASSERT_TRUE(reply) << fields;
        EXPECT_EQ(reply->status, 200) << fields;
    }
}

}  // namespace
}  // namespace spillway::http::testing
