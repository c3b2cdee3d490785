#include "scenario/access_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario/recorded.hpp"

namespace spillway::scenario {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

std::vector<core::Duration> parse(const std::string& text) {
    config::Problems problems;
    auto times = parse_recorded(text, "r", "k", problems);
    EXPECT_THAT(problems.sorted("r"), IsEmpty());
    return times;
}

std::string line(const char* time) {
    return std::string{"::1 - - ["} + time + "] \"GET /a HTTP/1.1\" 200 5 \"-\" \"curl\"\n";
}

}  // namespace

TEST(AccessLog, reads_the_date_in_brackets_with_its_zone) {
    EXPECT_EQ(parse_log_time("a [01/Jan/1970:00:00:00 +0000] b"), 0);
    EXPECT_EQ(parse_log_time("[29/Feb/2024:12:30:01 +0000]"), 1'709'209'801);
    EXPECT_EQ(parse_log_time("[29/Feb/2024:14:00:01 +0130]"), 1'709'209'801);
    EXPECT_EQ(parse_log_time("[29/Feb/2024:07:30:01 -0500]"), 1'709'209'801);
}

TEST(AccessLog, has_no_time_in_what_is_no_date) {
    for (const char* text :
         {"", "[", "[29/Feb/2023:12:30:01 +0000]", "[29/feb/2024:12:30:01 +0000]",
          "[29/Feb/2024:24:30:01 +0000]", "[29/Feb/2024 12:30:01 +0000]",
          "[31/Dec/1969:23:59:59 +0000]", "[31/Dec/9999:23:59:59 +0000]",
          "[-9/Feb/2024:12:30:01 +0000]", "[29/Feb/2024:12:30:01 +00"}) {
        EXPECT_EQ(parse_log_time(text), std::nullopt) << text;
    }
}

TEST(Recorded, spreads_the_requests_of_a_second_of_an_access_log) {
    // Written when they ended, hence not in order.
    const std::string log = line("21/Nov/2026:16:58:27 +0000") +
                            line("21/Nov/2026:16:58:26 +0000") +
                            line("21/Nov/2026:17:58:27 +0100") + line("21/Nov/2026:16:58:29 +0000");
    EXPECT_THAT(parse(log), ElementsAre(0s, 1s, 1500ms, 3s));
}

TEST(Recorded, takes_the_first_column_of_a_csv_file) {
    EXPECT_THAT(parse("time,path\n0.5,/a\n# later\n1.25 ,\"b,c\"\n"), ElementsAre(500ms, 1250ms));
    EXPECT_THAT(parse("0.5,/a\n"), ElementsAre(500ms));
}

TEST(Recorded, names_the_line_of_a_log_that_has_no_time) {
    config::Problems problems;
    (void)parse_recorded(line("21/Nov/2026:16:58:27 +0000") + "rotated\n", "r", "k", problems);
    ASSERT_EQ(problems.sorted("r").size(), 1u);
    EXPECT_EQ(problems.sorted("r")[0].line, 2);
}

}  // namespace spillway::scenario
