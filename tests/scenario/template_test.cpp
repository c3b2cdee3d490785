#include "scenario/template.hpp"

#include <gtest/gtest.h>

#include <set>

namespace spillway::scenario {

namespace {

std::string rendered(std::string_view text, std::uint64_t n = 7, std::string_view tenant = "acme") {
    Random random{1, Stream::templates};
    std::string out = "> ";
    Template{text}.render(out, n, tenant, random);
    return out;
}

}  // namespace

TEST(Template, appends_its_text_with_the_placeholders_filled_in) {
    EXPECT_EQ(rendered("/plain?a=b"), "> /plain?a=b");
    EXPECT_EQ(rendered("/{tenant}/{n}"), "> /acme/7");
    EXPECT_EQ(rendered("{n}{n}x", 18'446'744'073'709'551'615ULL),
              "> 1844674407370955161518446744073709551615x");
    EXPECT_EQ(rendered(""), "> ");
}

TEST(Template, random_digits_are_sixteen_and_differ) {
    Random random{1, Stream::templates};
    const Template digits{"{random}"};
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        std::string out;
        digits.render(out, 0, "", random);
        ASSERT_EQ(out.size(), 16u);
        ASSERT_EQ(out.find_first_not_of("0123456789abcdef"), std::string::npos);
        seen.insert(out);
    }
    EXPECT_EQ(seen.size(), 1000u);
}

TEST(Template, a_range_reaches_both_of_its_ends_and_nothing_beyond) {
    Random random{1, Stream::templates};
    const Template range{"{random:9-11}"};
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        std::string out;
        range.render(out, 0, "", random);
        seen.insert(out);
    }
    EXPECT_EQ(seen, (std::set<std::string>{"9", "10", "11"}));
}

TEST(Template, knows_what_it_needs) {
    EXPECT_FALSE(Template{"/a"}.has_placeholders());
    EXPECT_TRUE(Template{"/{n}"}.has_placeholders());
    EXPECT_FALSE(Template{"/{n}"}.uses_tenant());
    EXPECT_TRUE(Template{"/{n}{tenant}"}.uses_tenant());
}

TEST(Template, says_what_is_wrong_with_a_text) {
    for (const char* right : {"", "a", "{n}", "{random:0-0}", "{random:1-4294967295}"}) {
        EXPECT_EQ(wrong_with_template(right), "") << right;
    }
    EXPECT_EQ(wrong_with_template("{m}"), "has an unknown placeholder {m}");
    for (const char* unknown : {"{}", "{random:}", "{random:2-1}", "{random:-1-2}", "{random:1-}",
                                "{random:1-4294967296}", "{n }", "{N}"}) {
        EXPECT_NE(wrong_with_template(unknown).find("unknown placeholder"), std::string::npos)
            << unknown;
    }
    for (const char* lone : {"{", "}", "{n", "n}", "{{n}}", "{n}}"}) {
        EXPECT_EQ(wrong_with_template(lone), "has a brace without its partner") << lone;
    }
}

}  // namespace spillway::scenario
