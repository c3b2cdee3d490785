#include "generator/report_text.hpp"

#include <gtest/gtest.h>

namespace spillway::loadtest {

TEST(ReportText, escapes_what_a_page_would_read_as_markup) {
    EXPECT_EQ(escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
    EXPECT_EQ(escaped(std::string_view{"a\0b\nc\x7f", 6}), "a b c ");
    EXPECT_EQ(escaped("100 µs – ü"), "100 µs – ü");
}

TEST(ReportText, has_three_figures_that_matter) {
    EXPECT_EQ(number_text(0), "0");
    EXPECT_EQ(number_text(0.12849), "0.128");
    EXPECT_EQ(number_text(1.25), "1.25");
    EXPECT_EQ(number_text(12.5), "12.5");
    EXPECT_EQ(number_text(12.0), "12");
    EXPECT_EQ(number_text(1280), "1,280");
    EXPECT_EQ(number_text(1234567), "1,234,567");
    EXPECT_EQ(number_text(-1234), "-1,234");
    EXPECT_EQ(count_text(999), "999");
    EXPECT_EQ(count_text(18'446'744'073'709'551'615ULL), "18,446,744,073,709,551,615");
}

TEST(ReportText, latencies_have_the_unit_that_fits) {
    EXPECT_EQ(ms_text(0), "0 ms");
    EXPECT_EQ(ms_text(0.1284), "128 µs");
    EXPECT_EQ(ms_text(0.9996), "1 ms");
    EXPECT_EQ(ms_text(12.34), "12.3 ms");
    EXPECT_EQ(ms_text(999.4), "999 ms");
    EXPECT_EQ(ms_text(999.9), "1 s");
    EXPECT_EQ(ms_text(61'000), "61 s");
}

TEST(ReportText, shares_never_look_like_nothing_or_all_when_they_are_not) {
    EXPECT_EQ(share_text(0, 7), "0 %");
    EXPECT_EQ(share_text(7, 7), "100 %");
    EXPECT_EQ(share_text(1, 1'000'000), "under 0.01 %");
    EXPECT_EQ(share_text(999'999, 1'000'000), "over 99.99 %");
    EXPECT_EQ(share_text(1, 3), "33.3 %");
    EXPECT_EQ(share_text(1, 30), "3.33 %");
    EXPECT_EQ(share_text(1, 0), "–");
}

TEST(ReportText, percentiles_have_as_many_nines_as_they_have) {
    EXPECT_EQ(percentile_text(0.5), "50 %");
    EXPECT_EQ(percentile_text(0.999), "99.9 %");
    EXPECT_EQ(percentile_text(0.999999), "99.9999 %");
}

}  // namespace spillway::loadtest
