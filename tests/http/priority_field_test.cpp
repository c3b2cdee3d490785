#include "http/priority_field.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spillway::http {
namespace {

TEST(priority_field, urgency_is_the_member_u) {
    EXPECT_EQ(parse_urgency("u=0"), 0);
    EXPECT_EQ(parse_urgency("u=7"), 7);
    EXPECT_EQ(parse_urgency("i, u=2"), 2);
    EXPECT_EQ(parse_urgency("u=5, i"), 5);
    EXPECT_EQ(parse_urgency("  u=1;x=3 ,\ti=?0 "), 1);
    EXPECT_EQ(parse_urgency("a=\"u=1, \\\" \", b=(1 u, 2), u=4"), 4);
    EXPECT_EQ(parse_urgency("u=1, u=6"), 6) << "of several the last one counts";
}

TEST(priority_field, anything_else_says_nothing) {
    for (const char* text : {"",          "i",         "u",
                             "u=",        "u=8",       "u=-1",
                             "u=10",      "u=1.0",     "u=\"1\"",
                             "u=?1",      "u =1",      "u= 1",
                             "U=1",       "u=1,",      ",u=1",
                             "u=1,,i",    "u=1, ###",  "u=1, a=\"x",
                             "u=1, a=(1", "u=1, a=1)", "u=99999999999999999999999999",
                             "u=(1)",     "=1",        "u=1 i"})
        EXPECT_EQ(parse_urgency(text), std::nullopt) << text;
    EXPECT_EQ(parse_urgency(std::string(10'000, ',')), std::nullopt);
    EXPECT_EQ(parse_urgency("u=1, u=9"), std::nullopt);
}

TEST(priority_field, no_bytes_break_it) {
    constexpr std::string_view bytes{"u=1,;\"\\( )\x00\xff", 12};
    std::uint64_t state = 1;
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (int n = 0; n < 8; ++n) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            text += bytes[(state >> 33) % bytes.size()];
        }
        const auto found = parse_urgency(text);
        EXPECT_TRUE(!found || *found == 1) << text;
    }
}

}  // namespace
}  // namespace spillway::http
