#include "generator/result_json.hpp"

#include <gtest/gtest.h>

namespace spillway::loadtest {
namespace {

Result some_result() {
    Result result;
    result.scenario = "step \"to\" 10x";
    result.mode = "open";
    result.duration_s = 12.5;
    result.total.counts = {.offered = 10, .retries = 1, .good = 7, .rejected = 3};
    result.total.rejected_by = {{503, "queue_full", 2}, {429, "", 1}};
    result.total.admitted.percentiles = {{0.99, 12.25}};
    result.phases = {result.total, result.total};
    result.series.bin_s = 0.1;
    result.series.limiters = {"drill"};
    result.series.bins.resize(3);
    result.series.bins[1].limiters = {{16, 15, 64}};
    result.server.checks = {{"received", 10, 10, 11, false}};
    return result;
}

TEST(ResultJson, what_is_written_is_read_back) {
    const auto text = to_json(some_result());
    std::string why;
    const auto back = result_from_json(text, why);
    ASSERT_TRUE(back) << why;
    EXPECT_EQ(to_json(*back), text);
    EXPECT_EQ(back->scenario, "step \"to\" 10x");
    EXPECT_EQ(back->series.bins[1].limiters[0].queue_depth, 64);
    EXPECT_FALSE(back->server.agrees());
}

TEST(ResultJson, another_text_is_refused_with_a_reason) {
    std::string why;
    EXPECT_FALSE(result_from_json("nonsense", why));
    EXPECT_NE(why, "");
    why.clear();
    EXPECT_FALSE(result_from_json("{\"total\": 3}", why));
    EXPECT_NE(why, "");
}

TEST(ResultJson, a_file_has_one_result_or_those_of_a_comparison) {
    std::string why;
    Result closed = some_result();
    closed.mode = "closed";
    EXPECT_EQ(results_from_json(to_json(some_result()), why).size(), 1u);
    const auto both = results_from_json(to_json(some_result(), closed), why);
    ASSERT_EQ(both.size(), 2u) << why;
    EXPECT_EQ(both[0].mode, "open");
    EXPECT_EQ(both[1].mode, "closed");
    EXPECT_TRUE(results_from_json("{\"open\": 1}", why).empty());
    EXPECT_NE(why, "");
}

}  // namespace
}  // namespace spillway::loadtest
