#include "http/prefer_field.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace spillway::http {
namespace {

std::optional<std::uint32_t> wait_of(const std::vector<std::string_view>& fields) {
    PreferredWait wait;
    for (const auto field : fields) wait.note(field);
    return wait.seconds();
}

TEST(prefer_field, tells_the_wait_in_every_spelling_of_the_grammar) {
    for (const auto* text :
         {"wait=7", "WAIT=7", "wait=\"7\"", "wait = 7", "wait\t=\t\"7\" ", " wait=007",
          "wait=\"\\7\"", "wait=7;x", "wait=7 ; x=y", "x, wait=7", "x=\"a, wait=9\", wait=7",
          "x=\"a\\\", wait=9\", wait=7", "x=y; wait=9, wait=7", ",, ,wait=7,"})
        EXPECT_EQ(wait_of({text}), 7U) << text;
}

TEST(prefer_field, several_fields_are_one_list_and_the_first_wait_counts) {
    EXPECT_EQ(wait_of({"x", "wait=7"}), 7U);
    EXPECT_EQ(wait_of({"", "wait=7", "wait=8"}), 7U);
    EXPECT_EQ(wait_of({"wait=7, wait=8"}), 7U);
    EXPECT_EQ(wait_of({"wait", "wait=8"}), std::nullopt);
}

TEST(prefer_field, a_wait_that_is_no_number_is_none) {
    for (const auto* text :
         {"",          "wait",          "wait=",   "wait=\"\"", "wait=-1",      "wait=+1",
          "wait=1.5",  "wait=x",        "wait=1x", "wait=1 2",  "wait=\"1 2\"", "wait=\"1",
          "wait=\"12", "wait=\"1\\\"",  "waits=1", "xwait=1",   "x; wait=1",    "\"wait\"=1",
          "wait;=1",   "x=\"a, wait=1", "=wait=1", "wait==1",   "(wait=1)",     "wait=\"1\"2"})
        EXPECT_EQ(wait_of({text}), std::nullopt) << text;
}

TEST(prefer_field, a_wait_is_a_day_at_most) {
    EXPECT_EQ(wait_of({"wait=86400"}), PreferredWait::seconds_max);
    EXPECT_EQ(wait_of({"wait=86401"}), PreferredWait::seconds_max);
    EXPECT_EQ(wait_of({"wait=99999999999999999999999999"}), PreferredWait::seconds_max);
    EXPECT_EQ(wait_of({"wait=0"}), 0U);
}

}  // namespace
}  // namespace spillway::http
