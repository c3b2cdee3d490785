#include "http/control_gate.hpp"

#include <gtest/gtest.h>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

constexpr std::string_view token = "0123456789abcdef0123";

struct Guarded {
    bool is_on_loopback = false;
    ControlGate gate{{}};
};

struct Asked {
    std::string_view method = "GET";
    std::string_view host = "127.0.0.1:8081";
    std::string more{};
};

/// The status of the refusal; 0: it may pass.
unsigned refusal(const Guarded& listener, const Asked& asked) {
    std::string text = std::string(asked.method) +
                       " /reload HTTP/1.1\r\nHost: " + std::string(asked.host) + "\r\n" +
                       asked.more + "\r\n";
    HeadParser head(text.data(), 16384, 8192);
    EXPECT_EQ(head.parse(text.size()), HeadParser::Result::complete) << text;
    const auto refused = listener.gate.refusal(listener.is_on_loopback, head.authority(), head);
    return refused ? refused->status : 0;
}

const Guarded local{.is_on_loopback = true};
const Guarded remote{};
const Guarded guarded{.gate = ControlGate({.hosts = {}, .token = std::string(token)})};

TEST(ControlGate, on_loopback_requests_are_for_this_machine) {
    for (const auto host : {"127.0.0.1:8081", "localhost", "LOCALHOST:8081", "[::1]:8081",
                            "10.1.2.3", "console.localhost:80"})
        EXPECT_EQ(refusal(local, {.host = host}), 0U) << host;
    for (const auto host : {"rebound.example", "rebound.example:8081", "localhost.rebound.example",
                            "127.0.0.1.rebound.example", "notlocalhost", ".localhost"})
        EXPECT_EQ(refusal(local, {.host = host}), 421U) << host;
}

TEST(ControlGate, on_loopback_a_configured_name_is_one_of_its_own) {
    const Guarded named{.is_on_loopback = true,
                        .gate = ControlGate({.hosts = {"console.internal"}, .token = {}})};
    EXPECT_EQ(refusal(named, {.host = "Console.Internal:8081"}), 0U);
    EXPECT_EQ(refusal(named, {.host = "sub.console.internal"}), 421U);
}

TEST(ControlGate, an_absolute_target_names_the_host) {
    std::string text = "GET http://rebound.example/limiters HTTP/1.1\r\nHost: localhost\r\n\r\n";
    HeadParser head(text.data(), 16384, 8192);
    ASSERT_EQ(head.parse(text.size()), HeadParser::Result::complete);
    EXPECT_TRUE(local.gate.refusal(true, head.authority(), head).has_value());
}

TEST(ControlGate, elsewhere_reads_are_for_any_name) {
    EXPECT_EQ(refusal(remote, {.host = "spillway.shop.svc:8081"}), 0U);
    EXPECT_EQ(refusal(remote, {.method = "HEAD", .host = "spillway"}), 0U);
}

TEST(ControlGate, on_loopback_no_other_origin_changes_anything) {
    EXPECT_EQ(refusal(local, {.method = "POST"}), 0U) << "curl sends no origin";
    EXPECT_EQ(refusal(local, {.method = "POST", .more = "Origin: http://127.0.0.1:8081\r\n"}), 0U);
    for (const auto origin : {"http://rebound.example", "null", "http://127.0.0.1:9090",
                              "http://127.0.0.1", "https://localhost:8081"})
        EXPECT_EQ(
            refusal(local, {.method = "POST", .more = std::string("Origin: ") + origin + "\r\n"}),
            403U)
            << origin;
    EXPECT_EQ(refusal(local, {.method = "POST", .more = "Sec-Fetch-Site: cross-site\r\n"}), 403U);
    EXPECT_EQ(refusal(local, {.method = "POST", .more = "Sec-Fetch-Site: none\r\n"}), 0U);
    EXPECT_EQ(refusal(local, {.more = "Origin: http://rebound.example\r\n"}), 0U)
        << "a read shows nothing to a page of another origin";
}

TEST(ControlGate, elsewhere_nothing_changes_without_a_token) {
    for (const auto method : {"POST", "PUT", "DELETE", "PATCH"})
        EXPECT_EQ(refusal(remote, {.method = method, .host = "spillway"}), 403U) << method;
}

TEST(ControlGate, whoever_holds_the_token_may_change_things) {
    const auto with = [](std::string value) {
        return Asked{.method = "POST",
                     .host = "spillway",
                     .more = "Authorization: " + std::move(value) + "\r\n"};
    };
    const std::string right(token);
    EXPECT_EQ(refusal(guarded, with("Bearer " + right)), 0U);
    EXPECT_EQ(refusal(guarded, with("bearer   " + right)), 0U);
    EXPECT_EQ(refusal(guarded, {.host = "spillway"}), 0U) << "reads need none";
    EXPECT_EQ(refusal(guarded, {.method = "POST", .host = "spillway"}), 401U);
    EXPECT_EQ(refusal(guarded, with("Basic " + right)), 401U);
    EXPECT_EQ(refusal(guarded, with("Bearer " + right + "x")), 401U);
    EXPECT_EQ(refusal(guarded, with("Bearer " + right.substr(1))), 401U);
    EXPECT_EQ(refusal(guarded, with("Bearer x" + right.substr(1))), 401U);
    EXPECT_EQ(refusal(guarded, with("Bearer")), 401U);
}

TEST(ControlGate, a_token_does_not_excuse_another_origin) {
    const Guarded both{.is_on_loopback = true,
                       .gate = ControlGate({.hosts = {}, .token = std::string(token)})};
    EXPECT_EQ(refusal(both, {.method = "POST",
                             .more = "Origin: http://rebound.example\r\nAuthorization: Bearer " +
                                     std::string(token) + "\r\n"}),
              403U);
    EXPECT_EQ(refusal(both, {.method = "POST"}), 401U) << "on loopback too";
}

TEST(ControlGate, the_public_listener_asks_nothing_of_the_kind) {
    World world;
    world.shared.is_control_local = true;
    WireClient open = world.connect("GET /page HTTP/1.1\r\nHost: rebound.example\r\n\r\n");
    EXPECT_EQ(open.reply()->status, 200);
    WireClient control = world.connect(ListenerKind::control);
    control.send("GET /page HTTP/1.1\r\nHost: rebound.example\r\n\r\n");
    world.settle();
    EXPECT_EQ(control.reply()->status, 421);
    control.send("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
    world.settle();
    EXPECT_EQ(control.reply()->status, 200) << "the connection is kept";
}

}  // namespace
}  // namespace spillway::http::testing
