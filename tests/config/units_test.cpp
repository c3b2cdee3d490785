#include "config/units.hpp"

#include <gtest/gtest.h>

#include "config/address.hpp"
#include "config/nearest.hpp"

namespace spillway::config {

using std::chrono::milliseconds;

TEST(Units, sizes_are_bytes_or_binary_units) {
    EXPECT_EQ(parse_size("0"), 0U);
    EXPECT_EQ(parse_size("4096"), 4096U);
    EXPECT_EQ(parse_size("7B"), 7U);
    EXPECT_EQ(parse_size("16KiB"), 16384U);
    EXPECT_EQ(parse_size("3TiB"), 3ULL << 40);
    for (const char* wrong : {"", "KiB", "16KB", "16kib", "16 KiB", "1.5MiB", "-1", "+1", "0x10",
                              "16777216TiB", "18446744073709551616", "1e3"}) {
        EXPECT_FALSE(parse_size(wrong)) << wrong;
    }
}

TEST(Units, durations_have_a_unit) {
    EXPECT_EQ(parse_duration("0s"), milliseconds{0});
    EXPECT_EQ(parse_duration("200ms"), milliseconds{200});
    EXPECT_EQ(parse_duration("5s"), milliseconds{5000});
    EXPECT_EQ(parse_duration("1m"), milliseconds{60'000});
    EXPECT_EQ(parse_duration("24h"), milliseconds{86'400'000});
    for (const char* wrong :
         {"", "5", "ms", "5 s", "0.5s", "1m30s", "-1s", "5us", "5S", "9223372036854775807s"}) {
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
    }
}

TEST(Units, what_is_written_is_read_back) {
    for (const std::uint64_t bytes :
         {0ULL, 1ULL, 1023ULL, 1024ULL, 1536ULL, 10ULL << 20, 1ULL << 40, ~0ULL}) {
        EXPECT_EQ(parse_size(format_size(bytes)), bytes);
    }
    for (const int ms : {0, 1, 999, 1000, 1500, 60'000, 90'000, 120'000, 3'600'000, 86'400'001}) {
        EXPECT_EQ(parse_duration(format_duration(milliseconds{ms})), milliseconds{ms});
    }
    EXPECT_EQ(format_size(16384), "16KiB");
    EXPECT_EQ(format_size(1500), "1500");
    EXPECT_EQ(format_duration(milliseconds{60'000}), "60s");
    EXPECT_EQ(format_duration(milliseconds{1500}), "1500ms");
}

TEST(Units, decimals_of_any_length_are_read_back) {
    for (const std::string& text :
         {std::string("0.25"), std::string("123456789012345678901.125"), std::string(300, '9')}) {
        const auto value = parse_decimal(text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(parse_decimal(format_decimal(*value)), value) << text;
    }
}

TEST(Address, has_no_bytes_that_are_not_read) {
    using namespace std::string_view_literals;
    EXPECT_FALSE(parse_endpoint("[::1\0x]:80"sv));
    EXPECT_FALSE(parse_endpoint("10.0.0.1\0x:80"sv));
    EXPECT_FALSE(parse_endpoint("[fe80::1%e\nth0]:80"sv));
    EXPECT_FALSE(parse_endpoint("[fe80::1%]:80"sv));
    EXPECT_TRUE(parse_endpoint("[fe80::1%eth0.1]:80"sv));
    EXPECT_FALSE(is_cidr("10.0.0.0\0x/8"sv));
}

TEST(Address, endpoint_is_a_host_and_a_port) {
    EXPECT_EQ(parse_endpoint("127.0.0.1:0")->port, 0);
    EXPECT_EQ(parse_endpoint("[::1]:65535")->host, "::1");
    EXPECT_EQ(parse_endpoint("spillway-1.internal:80")->host, "spillway-1.internal");
    for (const char* wrong :
         {"", ":80", "a", "a:", "a:65536", "a:x", "a:-1", "a:000080", "a b:1", "256.0.0.1:1",
          "1.2.3:1", "[1.2.3.4]:1", "[::1]", "::1:80", "-a:1", "a_b:1", "[]:1", "http://a:1"}) {
        EXPECT_FALSE(parse_endpoint(wrong)) << wrong;
    }
}

TEST(Address, wildcard_overlaps_its_family_on_the_same_port) {
    const auto overlapping = [](const char* a, const char* b) {
        return overlap(*parse_endpoint(a), *parse_endpoint(b)) &&
               overlap(*parse_endpoint(b), *parse_endpoint(a));
    };
    EXPECT_TRUE(overlapping("0.0.0.0:80", "127.0.0.1:80"));
    EXPECT_TRUE(overlapping("[::]:80", "[::1]:80"));
    EXPECT_TRUE(overlapping("[::1]:80", "[0:0::1]:80"));
    EXPECT_TRUE(overlapping("a:80", "a:80"));
    EXPECT_FALSE(overlapping("0.0.0.0:80", "127.0.0.1:81"));
    EXPECT_FALSE(overlapping("10.0.0.1:80", "127.0.0.1:80"));
    EXPECT_FALSE(overlapping("127.0.0.1:0", "127.0.0.1:0"));
}

TEST(Address, cidr_is_a_whole_address_and_a_prefix_length) {
    for (const char* good : {"10.0.0.0/8", "0.0.0.0/0", "1.2.3.4/32", "fd00::/8", "::1/128",
                             "::ffff:10.0.0.0/104", "::ffff:0:0/96"}) {
        EXPECT_TRUE(is_cidr(good)) << good;
    }
    for (const char* wrong :
         {"", "/", "/8", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "::/129", "10/8", "10.0.0.0/-1",
          "localhost/8", "10.0.0.0/255.0.0.0", "::ffff:10.0.0.1/95", "::ffff:10.0.0.11/0"}) {
        EXPECT_FALSE(is_cidr(wrong)) << wrong;
    }
}

TEST(Nearest, finds_the_word_that_was_meant) {
    const std::vector<std::string> words{"listen", "shards", "header_timeout", "body_timeout"};
    EXPECT_EQ(nearest("lisen", words), "listen");
    EXPECT_EQ(nearest("lsiten", words), "listen");
    EXPECT_EQ(nearest("body_time_out", words), "body_timeout");
    EXPECT_EQ(nearest("colour", words), "");
    EXPECT_EQ(nearest(std::string(100'000, 'x'), words), "");
}

}  // namespace spillway::config
