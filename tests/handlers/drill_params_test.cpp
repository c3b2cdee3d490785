#include "handlers/drill_params.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spillway::handlers {
namespace {

DrillParams parsed(const QueryParams& params) {
    return std::get<DrillParams>(parse_drill_params(params));
}

std::string problem(const QueryParams& params) {
    const auto result = parse_drill_params(params);
    const auto* const found = std::get_if<ParamProblem>(&result);
    return found != nullptr ? found->detail : "none";
}

TEST(DrillParams, every_parameter_is_understood_up_to_its_bound) {
    const DrillParams expected{
        .cpu_ms = 10'000, .sleep_ms = 10'000, .bytes = 10'485'760, .fail = 1};
    EXPECT_EQ(
        parsed({{"cpu_ms", "10000"}, {"sleep_ms", "10000"}, {"bytes", "10485760"}, {"fail", "1"}}),
        expected);
    EXPECT_EQ(parsed({{"fail", "0.25"}}).fail, 0.25);
    EXPECT_EQ(parsed({{"bytes", "0"}}).bytes, 0u);
}

TEST(DrillParams, without_parameters_a_drill_does_nothing_and_tells_so) {
    EXPECT_EQ(parsed({}), DrillParams{});
    EXPECT_FALSE(parsed({}).bytes);
}

TEST(DrillParams, a_bad_value_is_named_with_what_is_allowed) {
    EXPECT_EQ(problem({{"cpu_ms", "10001"}}),
              "cpu_ms must be a whole number from 0 to 10000, not \"10001\"");
    EXPECT_EQ(problem({{"sleep_ms", "5s"}}),
              "sleep_ms must be a whole number from 0 to 10000, not \"5s\"");
    EXPECT_EQ(problem({{"bytes", "10485761"}}),
              "bytes must be a whole number from 0 to 10485760, not \"10485761\"");
    EXPECT_EQ(problem({{"fail", "2"}}),
              "fail must be a probability from 0 to 1, such as 0.25, not \"2\"");
    EXPECT_EQ(problem({{"cpu", "1"}}),
              "there is no parameter \"cpu\"; allowed are cpu_ms, sleep_ms, bytes, fail");
    EXPECT_EQ(problem({{"fail", "0"}, {"fail", "0"}}), "fail may be given only once");
}

TEST(DrillParams, only_a_plain_decimal_is_a_probability) {
    for (const char* text : {"", "nan", "inf", "-0.1", "1.01", "1e-1", "0.5x", "+0.5", "0,5"}) {
        EXPECT_NE(problem({{"fail", text}}), "none") << '"' << text << '"';
    }
}

}  // namespace
}  // namespace spillway::handlers
