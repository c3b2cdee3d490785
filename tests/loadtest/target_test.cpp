#include "generator/target.hpp"

#include <gtest/gtest.h>

#include "generator/message.hpp"
#include "generator/quick.hpp"

namespace spillway::loadtest {
namespace {

using namespace std::chrono_literals;

TEST(Target, is_read_from_a_url) {
    const auto target = parse_target("http://example.org:8080/v1/drill?sleep_ms=20");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->host, "example.org");
    EXPECT_EQ(target->port, "8080");
    EXPECT_EQ(target->authority, "example.org:8080");
    EXPECT_EQ(target->path, "/v1/drill?sleep_ms=20");
    const auto bare = parse_target("http://[::1]");
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->host, "::1");
    EXPECT_EQ(bare->port, "80");
    EXPECT_EQ(bare->path, "/");
    EXPECT_EQ(bare->host_and_port(), "[::1]:80");
}

TEST(Target, anything_else_is_refused) {
    for (const auto* url :
         {"", "localhost:8080", "https://a/", "http://", "http://u:p@a/", "http://a b/"})
        EXPECT_FALSE(parse_target(url)) << url;
}

TEST(Quick, flags_make_a_scenario) {
    Quick quick;
    quick.url = "http://127.0.0.1:8080/v1/drill?sleep_ms=20";
    quick.rate = "2500";
    quick.length = "10s";
    quick.connections = "64";
    quick.is_poisson = true;
    const auto loaded = quick_scenario(quick, {});
    ASSERT_TRUE(loaded.problems.empty()) << loaded.problems[0].message;
    EXPECT_EQ(loaded.scenario.target, "http://127.0.0.1:8080");
    EXPECT_EQ(loaded.scenario.connections, 64u);
    EXPECT_EQ(loaded.scenario.clients.begin()->second.path, "/v1/drill?sleep_ms=20");
    ASSERT_EQ(loaded.scenario.phases.size(), 1u);
    EXPECT_EQ(loaded.scenario.phases[0].length, 10s);
    EXPECT_EQ(loaded.scenario.phases[0].rate, (scenario::Rate{2500, 2500}));
    EXPECT_EQ(loaded.scenario.phases[0].arrivals, scenario::Arrivals::poisson);
}

TEST(Quick, problems_name_the_flag) {
    Quick quick;
    quick.url = "http://127.0.0.1:8080/";
    quick.rate = "fast";
    quick.length = "10s";
    quick.connections = "many";
    const auto loaded = quick_scenario(quick, {});
    ASSERT_EQ(loaded.problems.size(), 2u);
    EXPECT_EQ(loaded.problems[0].key_path, "--connections");
    EXPECT_EQ(loaded.problems[1].key_path, "--rate");
}

TEST(Message, has_what_the_client_says_and_nothing_twice) {
    scenario::Client client;
    client.method = "POST";
    client.path = "/v1/drill?x={n}";
    client.headers = {{"User-Agent", "mine"}, {"X-Tenant", "{tenant}"}};
    client.body.size = 3;
    client.deadline = 1500ms;
    client.urgency = 2;
    const Kind kind(client, "host:1");
    scenario::Random random{1, scenario::Stream::templates};
    std::string rendered;
    const auto message = kind.message(rendered, 7, "blue", random);
    EXPECT_EQ(message.head,
              "POST /v1/drill?x=7 HTTP/1.1\r\nHost: host:1\r\nUser-Agent: mine\r\n"
              "X-Tenant: blue\r\nPriority: u=2\r\nRequest-Timeout: 1.500\r\n"
              "Content-Length: 3\r\n\r\n");
    EXPECT_EQ(message.body, "xxx");
    EXPECT_EQ(kind.route(), "/v1/drill");
}

TEST(Message, without_placeholders_is_one_piece_made_once) {
    scenario::Client client;
    client.path = "/";
    client.method = "PUT";
    client.body.size = 2;
    client.new_connection = true;
    const Kind kind(client, "h");
    scenario::Random random{1, scenario::Stream::templates};
    std::string rendered;
    const auto first = kind.message(rendered, 1, "", random);
    const auto second = kind.message(rendered, 2, "", random);
    EXPECT_EQ(first.head.data(), second.head.data());
    EXPECT_TRUE(first.body.empty());
    EXPECT_EQ(first.head,
              "PUT / HTTP/1.1\r\nHost: h\r\nUser-Agent: spillway-load\r\nConnection: close\r\n"
              "Content-Length: 2\r\n\r\nxx");
    EXPECT_TRUE(kind.wants_own_connection());
}

}  // namespace
}  // namespace spillway::loadtest
