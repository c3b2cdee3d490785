#include "replay/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace spillway::replay {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto aimd = R"(algorithm aimd {"initial_limit":20,"min_limit":20,"max_limit":200,)"
                      R"("backoff_ratio":0.9,"timeout_ns":5000000000})";

std::string answers(const std::string& input) {
    std::istringstream in(input);
    std::ostringstream out;
    replay(in, out);
    return out.str();
}

TEST(ReplaySession, a_header_is_not_answered_and_each_sample_is) {
    EXPECT_EQ(answers(std::string(aimd) + "\n1001000000,10000000,20,0\n1002000000,10000000,9,0\n"
                                          "1003000000,10000000,21,1\n"),
              "21\n21\n20\n");
}

TEST(ReplaySession, comments_and_empty_lines_are_ignored) {
    EXPECT_EQ(answers("# first\n\n" + std::string(aimd) + "\n# then\n\n1,1,20,0\n"), "21\n");
}

TEST(ReplaySession, a_header_starts_anew) {
    EXPECT_EQ(answers(std::string(aimd) + "\n1,1,20,0\n" + aimd + "\n1,1,20,0\n"), "21\n21\n");
}

TEST(ReplaySession, after_a_bad_header_samples_are_ignored_until_the_next) {
    Session session;
    EXPECT_THAT(session.answer("algorithm nothing {}").value(),
                StartsWith("error unknown algorithm 'nothing'"));
    EXPECT_EQ(session.answer("1,1,20,0"), std::nullopt);
    EXPECT_EQ(session.answer(aimd), std::nullopt);
    EXPECT_EQ(session.answer("1,1,20,0"), "21");
    EXPECT_TRUE(session.saw_bad_header());
}

TEST(ReplaySession, a_sample_that_cannot_be_used_is_answered_in_its_place_and_changes_nothing) {
    Session session;
    ASSERT_EQ(session.answer(aimd), std::nullopt);
    for (const auto* line : {"1,1,20", "1,1,20,0,0", "1,0,20,0", "1,-5,20,0", "1,1,-1,0",
                             "1,1,20,2", "1,1,20,", "x,1,20,0", "1, 1,20,0", "1,1e3,20,0", ",,,",
                             "99999999999999999999,1,20,0", "1,1,99999999999,0"})
        EXPECT_THAT(session.answer(line).value_or("nothing"), StartsWith("error ")) << line;
    EXPECT_EQ(session.answer("1,1,20,0"), "21");
    EXPECT_FALSE(session.saw_bad_header());
}

TEST(ReplaySession, a_sample_without_an_algorithm_is_an_error) {
    EXPECT_EQ(answers("1,1,20,0\n"), "error no algorithm has been selected\n");
}

TEST(ReplaySession, a_bad_parameter_is_named) {
    struct Case {
        const char* header;
        const char* says;
    };
    const Case cases[] = {
        {"algorithm", "unknown algorithm ''"},
        {"algorithm aimd", "no JSON"},
        {"algorithm aimd {", "no JSON"},
        {"algorithm aimd []", "must be a JSON object"},
        {"algorithm aimd {}", "initial_limit is missing"},
        {R"(algorithm aimd {"initial_limit":"20"})", "initial_limit must be a whole number from 1"},
        {R"(algorithm aimd {"initial_limit":20.5})", "initial_limit must be a whole number from 1"},
        {R"(algorithm aimd {"initial_limit":0})", "initial_limit must be a whole number from 1"},
        {R"(algorithm aimd {"initial_limit":null})", "initial_limit must be a whole number from 1"},
        {R"(algorithm aimd {"initial_limit":1,"min_limit":9,"max_limit":8})",
         "min_limit must not be above max_limit"},
        {R"(algorithm aimd {"initial_limit":1,"min_limit":1,"max_limit":8,"backoff_ratio":0})",
         "backoff_ratio must be a number from"},
        {R"(algorithm aimd {"initial_limit":1,"min_limit":1,"max_limit":8,"backoff_ratio":1e999})",
         "error"},
        {R"(algorithm aimd {"initial_limit":1,"min_limit":1,"max_limit":8,"backoff_ratio":0.5,)"
         R"("timeout_ns":1,"extra":1})",
         "extra is unknown"},
    };
    for (const auto& c : cases) {
        Session session;
        EXPECT_THAT(session.answer(c.header).value_or("nothing"), HasSubstr(c.says)) << c.header;
        EXPECT_TRUE(session.saw_bad_header()) << c.header;
    }
}

TEST(ReplaySession, line_ends_of_either_kind_are_understood) {
    EXPECT_EQ(answers(std::string(aimd) + "\r\n1,1,20,0\r\n"), "21\n");
}

TEST(ReplaySession, an_answer_is_one_line_whatever_was_asked) {
    Session session;
    const auto answer = session.answer("algorithm a\tb\x01 {}").value();
    EXPECT_EQ(answer.find_first_of("\t\x01\n"), std::string::npos) << answer;
}

}  // namespace
}  // namespace spillway::replay
