#include "handlers/resize_params.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spillway::handlers {
namespace {

ResizeParams parsed(const QueryParams& params) {
    return std::get<ResizeParams>(parse_resize_params(params));
}

std::string problem(const QueryParams& params) {
    const auto result = parse_resize_params(params);
    const auto* const found = std::get_if<ParamProblem>(&result);
    return found != nullptr ? found->detail : "none";
}

TEST(ResizeParams, every_parameter_is_understood) {
    const ResizeParams expected{.width = 320,
                                .height = 8192,
                                .fit = Fit::cover,
                                .format = Format::webp,
                                .quality = 1,
                                .enlarge = true};
    EXPECT_EQ(parsed({{"width", "320"},
                      {"height", "8192"},
                      {"fit", "cover"},
                      {"format", "webp"},
                      {"quality", "1"},
                      {"enlarge", "true"}}),
              expected);
    EXPECT_EQ(parsed({{"height", "1"}, {"fit", "fill"}, {"format", "png"}}).fit, Fit::fill);
    EXPECT_EQ(parsed({{"width", "1"}, {"fit", "inside"}, {"format", "jpeg"}}).format, Format::jpeg);
}

TEST(ResizeParams, one_side_is_enough_and_the_rest_has_defaults) {
    EXPECT_EQ(parsed({{"width", "1"}}), (ResizeParams{.width = 1}));
    EXPECT_EQ(parsed({{"height", "2"}, {"enlarge", "false"}}), (ResizeParams{.height = 2}));
    EXPECT_EQ(ResizeParams{}.quality, 80u);
}

TEST(ResizeParams, without_a_side_there_is_nothing_to_do) {
    const std::string expected =
        "width or height must be given, each a whole number from 1 to 8192";
    EXPECT_EQ(problem({}), expected);
    EXPECT_EQ(problem({{"quality", "50"}}), expected);
}

TEST(ResizeParams, a_bad_value_is_named_with_what_is_allowed) {
    EXPECT_EQ(problem({{"width", "abc"}}),
              "width must be a whole number from 1 to 8192, not \"abc\"");
    EXPECT_EQ(problem({{"height", "8193"}}),
              "height must be a whole number from 1 to 8192, not \"8193\"");
    EXPECT_EQ(problem({{"width", "1"}, {"fit", "contain"}}),
              "fit must be inside, cover or fill, not \"contain\"");
    EXPECT_EQ(problem({{"width", "1"}, {"format", "gif"}}),
              "format must be jpeg, png or webp, not \"gif\"");
    EXPECT_EQ(problem({{"width", "1"}, {"quality", "101"}}),
              "quality must be a whole number from 1 to 100, not \"101\"");
    EXPECT_EQ(problem({{"width", "1"}, {"enlarge", "yes"}}),
              "enlarge must be true or false, not \"yes\"");
}

TEST(ResizeParams, only_plain_digits_are_a_whole_number) {
    for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "1e3", "0x10", "0", "4294967297",
                             "99999999999999999999"}) {
        EXPECT_NE(problem({{"width", text}}), "none") << '"' << text << '"';
    }
    EXPECT_EQ(parsed({{"width", "0012"}}).width, 12u);
}

TEST(ResizeParams, an_unknown_or_repeated_parameter_is_refused) {
    EXPECT_EQ(problem({{"width", "1"}, {"w", "2"}}),
              "there is no parameter \"w\"; allowed are width, height, fit, format, quality, "
              "enlarge");
    EXPECT_EQ(problem({{"width", "1"}, {"width", "1"}}), "width may be given only once");
}

TEST(ResizeParams, what_the_caller_wrote_comes_back_short_and_printable) {
    EXPECT_EQ(problem({{"width", "a\"\\\r\n\x01\xc3\xa9<b>"}}),
              "width must be a whole number from 1 to 8192, not \"a???\?\?\?\?<b>\"");
    const std::string echoed = problem({{std::string(1000, 'n'), "1"}});
    EXPECT_NE(echoed.find('"' + std::string(64, 'n') + "...\""), std::string::npos);
    EXPECT_LT(echoed.size(), 200u);
}

}  // namespace
}  // namespace spillway::handlers
