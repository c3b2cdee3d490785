#include "http/syntax.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spillway::http {
namespace {

TEST(syntax, an_authority_is_a_host_and_perhaps_a_port) {
    for (const auto* text :
         {"example.org", "example.org:8080", "example.org:", "127.0.0.1:1", "[::1]", "[::1]:443",
          "[::ffff:192.0.2.1]", "[v1.a:b]", "[vF.x]:1", "a%20b", "host:65535", "_x-y~.z", "host:0"})
        EXPECT_TRUE(is_authority(text, false)) << text;
    for (const auto* text :
         {"user@host",  "host:65536", "host:123456", "host:a", "ho st",      "a,b:c", "host/path",
          ":80",        "[::1",       "[]",          "[::1]x", "[g::]",      "[:::]", "[1:2]",
          "[::1%eth0]", "[v.a]",      "[v1]",        "[v1.]",  "[vg.a]",     "::1",   "a%2",
          "a%zz",       "host:80:80", "[abc]",       "a\"b",   "h\xc3\xb6st"})
        EXPECT_FALSE(is_authority(text, false)) << text;
}

TEST(syntax, an_authority_does_not_end_before_its_end) {
    using namespace std::string_view_literals;
    EXPECT_FALSE(is_authority("[::\0x]"sv, false));
    EXPECT_FALSE(is_authority("a\0"sv, false));
}

TEST(syntax, an_empty_authority_is_valid_only_where_it_is_allowed) {
    EXPECT_TRUE(is_authority("", true));
    EXPECT_FALSE(is_authority("", false));
}

TEST(syntax, a_length_is_digits_and_fits_64_bits) {
    EXPECT_EQ(parse_length("0"), 0U);
    EXPECT_EQ(parse_length("007"), 7U);
    EXPECT_EQ(parse_length("18446744073709551615"), 18446744073709551615ULL);
    for (const auto* text : {"", "+1", "-1", " 1", "1 ", "1,1", "0x1", "1.0", "1e3",
                             "18446744073709551616", "99999999999999999999999999"})
        EXPECT_EQ(parse_length(text), std::nullopt) << text;
}

TEST(syntax, case_is_ignored_in_ascii_only) {
    EXPECT_TRUE(equals_ignoring_case("Transfer-Encoding", "transfer-ENCODING"));
    EXPECT_FALSE(equals_ignoring_case("a", "ab"));
    EXPECT_FALSE(equals_ignoring_case("@", "`"));  // 0x40 and 0x60: apart by the case bit only
    EXPECT_FALSE(equals_ignoring_case("\xc4", "\xe4"));
}

TEST(syntax, an_origin_form_target_is_split_at_the_first_question_mark) {
    const auto target = parse_target("/v1/resize?width=1?2&x=%C3%A9");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "/v1/resize");
    EXPECT_EQ(target->query, "width=1?2&x=%C3%A9");
    EXPECT_EQ(target->authority, "");
    EXPECT_EQ(parse_target("/?")->query, "");
}

TEST(syntax, an_absolute_target_has_an_authority_and_perhaps_no_path) {
    const auto full = parse_target("HTTP://example.org:80/a?b");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->authority, "example.org:80");
    EXPECT_EQ(full->path, "/a");
    EXPECT_EQ(full->query, "b");
    EXPECT_EQ(parse_target("https://example.org")->path, "/");
    EXPECT_EQ(parse_target("http://example.org?q")->path, "/");
    EXPECT_EQ(parse_target("http://example.org?q")->query, "q");
}

TEST(syntax, other_forms_of_a_target_are_refused) {
    for (const auto* text : {"",
                             "a",
                             "example.org:443",
                             "http:/a",
                             "http://",
                             "http:///a",
                             "http://u@h/",
                             "ftp://h/",
                             "/a#b",
                             "/a b",
                             "/\xc3\xa9",
                             "/%",
                             "/%2",
                             "/%g0",
                             "/a%2",
                             "/\x01",
                             "/\x7f",
                             "/a\\b",
                             "/a\"b",
                             "*a",
                             "http://[::1/",
                             "//[\\"})
        EXPECT_FALSE(parse_target(text)) << text;
}

TEST(syntax, a_star_is_a_target_of_its_own) { EXPECT_EQ(parse_target("*")->path, "*"); }

TEST(syntax, what_browsers_leave_raw_in_queries_passes) {
    EXPECT_TRUE(parse_target("/a?b=[1]{2}|^`'(3)"));
}

TEST(syntax, decimal_seconds_become_milliseconds) {
    EXPECT_EQ(parse_decimal_seconds_ms("0"), 0U);
    EXPECT_EQ(parse_decimal_seconds_ms("1"), 1000U);
    EXPECT_EQ(parse_decimal_seconds_ms("1.5"), 1500U);
    EXPECT_EQ(parse_decimal_seconds_ms("0.0019"), 1U);
    EXPECT_EQ(parse_decimal_seconds_ms("0.12345678901234567890"), 123U);
}

TEST(syntax, decimal_seconds_end_at_a_day) {
    EXPECT_EQ(parse_decimal_seconds_ms("86399.999"), 86399999U);
    EXPECT_EQ(parse_decimal_seconds_ms("86400.5"), 86400000U);
    EXPECT_EQ(parse_decimal_seconds_ms("18446744073709551615"), 86400000U);
}

TEST(syntax, malformed_seconds_are_refused) {
    for (const auto* text : {"", ".", ".5", "1.", "1.x", "-1", "+1", "1e3", "1,5", "1.5s", "inf"})
        EXPECT_EQ(parse_decimal_seconds_ms(text), std::nullopt) << text;
}

TEST(syntax, a_token_is_one_or_more_token_characters) {
    EXPECT_TRUE(is_token("gzip"));
    EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
    for (const auto* text : {"", "a b", "a;q=1", "a,b", "\"a\"", "a/b", "\xc3\xa9"})
        EXPECT_FALSE(is_token(text)) << text;
}

TEST(syntax, trimming_takes_spaces_and_tabs_off_both_ends) {
    EXPECT_EQ(trimmed(" \ta b\t "), "a b");
    EXPECT_EQ(trimmed(" \t "), "");
}

}  // namespace
}  // namespace spillway::http
