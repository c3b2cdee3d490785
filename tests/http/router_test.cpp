#include "http/router.hpp"

#include <gtest/gtest.h>

namespace spillway::http {
namespace {

MethodSet methods(std::initializer_list<Method> list) {
    MethodSet set;
    for (const Method method : list) set.add(method);
    return set;
}

TEST(router, finds_a_path_exactly_as_it_was_added) {
    Router router;
    router.add("/a", methods({Method::get}), {Place::Kind::page, 3});
    const auto match = router.find("/a", Method::get);
    EXPECT_EQ(match.place.kind, Place::Kind::page);
    EXPECT_EQ(match.place.index, 3);
    for (const auto* path : {"/", "/a/", "/A", "/%61", "//a", "", "*"}) {
        EXPECT_FALSE(router.find(path, Method::get).is_path) << path;
        EXPECT_EQ(router.find(path, Method::get).place.kind, Place::Kind::none) << path;
    }
}

TEST(router, get_implies_head) {
    Router router;
    router.add("/a", methods({Method::get}), {Place::Kind::route, 0});
    EXPECT_EQ(router.find("/a", Method::head).place.kind, Place::Kind::route);
}

TEST(router, a_known_path_with_another_method_says_what_is_allowed) {
    Router router;
    router.add("/a", methods({Method::get}), {Place::Kind::route, 0});
    router.add("/a", methods({Method::post}), {Place::Kind::route, 1});
    const auto match = router.find("/a", Method::delete_);
    EXPECT_TRUE(match.is_path);
    EXPECT_EQ(match.place.kind, Place::Kind::none);
    EXPECT_EQ(match.allowed.to_string(), "GET, HEAD, POST");
}

TEST(router, routes_may_share_a_path_with_different_methods) {
    Router router;
    router.add("/a", methods({Method::get}), {Place::Kind::route, 0});
    router.add("/a", methods({Method::post}), {Place::Kind::route, 1});
    EXPECT_EQ(router.find("/a", Method::get).place.index, 0);
    EXPECT_EQ(router.find("/a", Method::post).place.index, 1);
}

TEST(methods, are_case_sensitive_tokens) {
    for (const auto* name : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        EXPECT_EQ(to_string(parse_method(name)), name);
    for (const auto* name : {"get", "Get", "GETX", "", "TRACE"})
        EXPECT_EQ(parse_method(name), Method::other) << name;
}

TEST(queries, are_decoded_in_order) {
    const auto params = decode_query("a=1&b=x+y&c=%C3%A9%20&a=2&d");
    ASSERT_TRUE(params);
    const QueryParams expected{{"a", "1"}, {"b", "x y"}, {"c", "\xc3\xa9 "}, {"a", "2"}, {"d", ""}};
    EXPECT_EQ(*params, expected);
    EXPECT_TRUE(decode_query("")->empty());
}

TEST(queries, with_broken_escapes_are_refused) {
    EXPECT_FALSE(decode_query("a=%"));
    EXPECT_FALSE(decode_query("a=%zz"));
    EXPECT_FALSE(decode_query("#a"));
    EXPECT_FALSE(decode_query("a=b#c"));
}

TEST(queries, of_what_browsers_leave_raw_decode_or_are_refused_but_do_no_harm) {
    for (const auto* query :
         {"a=[1]", "a={b}", "a=b|c", "a=^", "a=`", "a=b?c=d/e", "&&", "=", "a=="})
        static_cast<void>(decode_query(query));
}

}  // namespace
}  // namespace spillway::http
