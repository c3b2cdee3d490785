#include "http/wire.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include <array>
#include <ctime>
#include <set>
#include <string>

namespace spillway::http {
namespace {

using namespace std::chrono_literals;

TEST(wire, a_date_is_an_imf_fixdate) {
    DateText date;
    const std::string text(date.at(core::TimePoint{1h}));

    // Read as RFC 9110 (5.6.7) writes it, and written again: nothing may differ, padding included.
    std::tm read{};
    const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &read);
    ASSERT_NE(end, nullptr) << text;
    EXPECT_EQ(*end, '\0') << text;
    std::array<char, 64> again{};
    std::strftime(again.data(), again.size(), "%a, %d %b %Y %H:%M:%S GMT", &read);
    EXPECT_EQ(text, again.data());
}

TEST(wire, a_date_is_good_until_its_second_ends) {
    DateText date;
    const core::TimePoint now{1h};
    static_cast<void>(date.at(now));
    EXPECT_GT(date.valid_until(), now);
    EXPECT_LE(date.valid_until(), now + 1s);
}

TEST(wire, request_ids_are_hex_and_differ) {
    RequestIds ids(42);
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) {
        std::string id(RequestIds::size, '?');
        ids.write(id.data());
        EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
        EXPECT_TRUE(is_sane_request_id(id));
        seen.insert(id);
    }
    EXPECT_EQ(seen.size(), 10'000U);
}

TEST(wire, the_first_request_id_of_a_seed_is_splitmix64s_first_number) {
    std::string id(RequestIds::size, '?');
    RequestIds(1234567).write(id.data());
    EXPECT_EQ(id, "599ed017fb08fc85");  // 6457827717110365317, of the reference implementation
}

TEST(wire, request_ids_of_other_seeds_are_others) {
    std::string a(RequestIds::size, '?'), b = a;
    RequestIds(1).write(a.data());
    RequestIds(2).write(b.data());
    EXPECT_NE(a, b);
}

TEST(wire, an_id_is_repeated_only_if_it_is_sane) {
    EXPECT_TRUE(is_sane_request_id("a"));
    EXPECT_TRUE(is_sane_request_id("0af7651916cd43dd-8448:eb211c80319c"));
    EXPECT_TRUE(is_sane_request_id(std::string(128, 'x')));
    EXPECT_FALSE(is_sane_request_id(""));
    EXPECT_FALSE(is_sane_request_id(std::string(129, 'x')));
    for (const auto* id : {"a b", "a\"b", "a\\b", "a\tb", "\x7f", "\xc3\xa9", "a\x01"})
        EXPECT_FALSE(is_sane_request_id(id)) << id;
}

TEST(wire, a_head_writer_writes_text_and_numbers_side_by_side) {
    std::array<char, 32> bytes{};
    HeadWriter out(bytes.data(), bytes.size());
    out << "n: " << std::uint64_t{18446744073709551615ULL} << "\r\n";
    EXPECT_EQ(std::string(bytes.data(), out.size()), "n: 18446744073709551615\r\n");
    EXPECT_TRUE(out.fits(32 - out.size()));
    EXPECT_FALSE(out.fits(33 - out.size()));
}

TEST(wire_death, a_head_that_does_not_fit_is_a_bug) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    std::array<char, 4> bytes{};
    HeadWriter out(bytes.data(), bytes.size());
    EXPECT_DEATH(out << "12345", "invariant broken");
    EXPECT_DEATH(out << std::uint64_t{12345}, "invariant broken");
}

}  // namespace
}  // namespace spillway::http
