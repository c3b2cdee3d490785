#include "http/client_address.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace spillway::http {
namespace {

namespace ip = boost::asio::ip;

class Head final : public RequestHead {
public:
    explicit Head(std::vector<std::pair<std::string, std::string>> fields)
        : fields_(std::move(fields)) {}
    [[nodiscard]] Method method() const noexcept override { return Method::get; }
    [[nodiscard]] std::string_view path() const noexcept override { return "/"; }
    [[nodiscard]] std::string_view query() const noexcept override { return ""; }
    [[nodiscard]] std::size_t field_count() const noexcept override { return fields_.size(); }
    [[nodiscard]] FieldView field(std::size_t i) const noexcept override {
        return {fields_[i].first, fields_[i].second};
    }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

std::string client(const char* peer, std::vector<std::pair<std::string, std::string>> fields) {
    static const TrustedProxies trusted({"10.0.0.0/8", "192.0.2.7", "2001:db8:1::/48"});
    return trusted.client(ip::make_address(peer), Head(std::move(fields))).to_string();
}

TEST(client_address, is_the_peer_unless_a_trusted_proxy_speaks) {
    EXPECT_EQ(client("203.0.113.5", {}), "203.0.113.5");
    EXPECT_EQ(client("203.0.113.5", {{"X-Forwarded-For", "1.1.1.1"}}), "203.0.113.5");
    EXPECT_EQ(client("203.0.113.5", {{"Forwarded", "for=1.1.1.1"}}), "203.0.113.5");
    EXPECT_EQ(client("10.1.2.3", {}), "10.1.2.3");
}

TEST(client_address, is_the_rightmost_untrusted_one) {
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "6.6.6.6, 1.1.1.1, 10.9.9.9"}}), "1.1.1.1");
    EXPECT_EQ(client("192.0.2.7", {{"X-Forwarded-For", "1.1.1.1"}}), "1.1.1.1");
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "10.0.0.1, 10.0.0.2"}}), "10.0.0.1");
}

TEST(client_address, reads_several_fields_as_one_list) {
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "6.6.6.6"},
                                  {"x-forwarded-for", "1.1.1.1"},
                                  {"X-FORWARDED-FOR", "10.0.0.1"}}),
              "1.1.1.1");
}

TEST(client_address, is_that_of_the_proxy_when_the_two_fields_do_not_agree) {
    // A proxy that adds to one of them has passed on the other one as it came.
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "for=6.6.6.6"}, {"X-Forwarded-For", "1.1.1.1"}}),
              "10.1.2.3");
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "6.6.6.6"}, {"Forwarded", "for=1.1.1.1"}}),
              "10.1.2.3");
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "nonsense"}, {"X-Forwarded-For", "1.1.1.1"}}),
              "10.1.2.3");
    EXPECT_EQ(
        client("10.1.2.3",
               {{"Forwarded", ""}, {"Forwarded", "for=6.6.6.6"}, {"X-Forwarded-For", "1.1.1.1"}}),
        "10.1.2.3");
    EXPECT_EQ(
        client("10.1.2.3", {{"Forwarded", "for=1.1.1.1"}, {"X-Forwarded-For", "6.6.6.6, 1.1.1.1"}}),
        "1.1.1.1");
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", ""}, {"X-Forwarded-For", "1.1.1.1"}}), "1.1.1.1");
}

TEST(client_address, a_quoted_string_hides_what_looks_like_more) {
    // What a client sends as Host, told by the proxy.
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "for=1.1.1.1;host=\"x,for=6.6.6.6;y\""}}),
              "1.1.1.1");
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "host=\"x;for=6.6.6.6;y\";for=1.1.1.1"}}),
              "1.1.1.1");
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", R"(host="x\",for=6.6.6.6;y\\";for=1.1.1.1)"}}),
              "1.1.1.1");
    // An open quote that the client has sent does not reach what the proxy adds.
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "for=6.6.6.6;host=\", for=1.1.1.1"}}), "1.1.1.1");
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "for=6.6.6.6;host=\"\\, for=\"1.1.1.1\""}}),
              "1.1.1.1");
}

TEST(client_address, has_no_zone) {
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "for=\"fe80::1%lo\""}}), "10.1.2.3");
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "for=\"[fe80::1%1]:80\""}}), "10.1.2.3");
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "fe80::1%lo"}}), "10.1.2.3");
}

TEST(client_address, reads_what_rfc_7239_allows) {
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "for=\"[2001:db8::1]:4711\";proto=http"}}),
              "2001:db8::1");
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "proto=https; FOR=\"1.1.1.1:80\" , for=10.0.0.1"}}),
              "1.1.1.1");
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "2001:db8::1"}}), "2001:db8::1");
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "[2001:db8::1]:80"}}), "2001:db8::1");
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "1.1.1.1:80"}}), "1.1.1.1");
}

TEST(client_address, stops_where_it_cannot_read) {
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "for=1.1.1.1, for=_hidden"}}), "10.1.2.3");
    EXPECT_EQ(client("10.1.2.3", {{"Forwarded", "for=1.1.1.1, for=unknown, for=10.0.0.9"}}),
              "10.0.0.9");
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "1.1.1.1, "}}), "10.1.2.3");
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "[::1"}}), "10.1.2.3");
    EXPECT_EQ(client("10.1.2.3", {{"X-Forwarded-For", "\""}}), "10.1.2.3");
}

TEST(client_address, knows_a_mapped_v4_address) {
    EXPECT_EQ(client("::ffff:10.1.2.3", {{"X-Forwarded-For", "::ffff:1.1.1.1"}}), "1.1.1.1");
    EXPECT_EQ(client("2001:db8:1:2::3", {{"X-Forwarded-For", "1.1.1.1"}}), "1.1.1.1");
    EXPECT_EQ(client("2001:db8:2::3", {{"X-Forwarded-For", "1.1.1.1"}}), "2001:db8:2::3");
}

TEST(trusted_proxies, refuse_what_is_no_network) {
    for (const auto* text : {"x", "10.0.0.0/33", "10.0.0/8", "::/129", "", "10.0.0.0/", "1.2.3.4/a",
                             "::ffff:10.0.0.1/95"})
        EXPECT_THROW(TrustedProxies({text}), std::invalid_argument) << text;
    EXPECT_TRUE(TrustedProxies({"10.1.2.3/8"}).contains(ip::make_address("10.9.9.9")));
    EXPECT_TRUE(TrustedProxies({"0.0.0.0/0"}).contains(ip::make_address("8.8.8.8")));
    EXPECT_FALSE(TrustedProxies({"0.0.0.0/0"}).contains(ip::make_address("::1")));
}

TEST(trusted_proxies, of_ipv4_in_ipv6_are_those_of_ipv4) {
    const TrustedProxies trusted({"::ffff:10.0.0.0/104", "::ffff:192.0.2.7"});
    for (const auto* inside : {"10.9.9.9", "::ffff:10.9.9.9", "192.0.2.7"})
        EXPECT_TRUE(trusted.contains(ip::make_address(inside))) << inside;
    for (const auto* outside : {"11.0.0.1", "192.0.2.8", "::a09:909", "::1"})
        EXPECT_FALSE(trusted.contains(ip::make_address(outside))) << outside;
}

TEST(client_key, groups_v6_by_64_and_v4_by_address) {
    const auto key = [](const char* text) { return client_key(ip::make_address(text)); };
    EXPECT_EQ(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::2"));
    EXPECT_NE(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
    EXPECT_NE(key("1.1.1.1"), key("1.1.1.2"));
    EXPECT_EQ(key("1.1.1.1"), key("::ffff:1.1.1.1"));
}

TEST(client_key, is_hashed_under_a_secret) {
    const auto key = [](const char* text) { return client_key(ip::make_address(text)); };
    constexpr core::HashKey secret{.k0 = 1, .k1 = 2};
    constexpr core::HashKey another{.k0 = 1, .k1 = 3};
    const ClientKeyHash hash{&secret};
    EXPECT_EQ(hash(key("1.1.1.1")), hash(key("::ffff:1.1.1.1")));
    EXPECT_NE(hash(key("1.1.1.1")), hash(key("1.1.1.2")));
    EXPECT_NE(hash(key("1.1.1.1")), ClientKeyHash{&another}(key("1.1.1.1")));
}

}  // namespace
}  // namespace spillway::http
