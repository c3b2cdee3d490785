// What only shows when the sections are seen together.

#include "config/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/helpers.hpp"

namespace spillway::config {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

namespace {

/// A file with one drill route that differs from a good one in the keys given.
std::string route(const std::string& path, const std::string& methods, const std::string& limiter,
                  const std::string& pool) {
    return "  - {path: " + path + ", methods: [" + methods +
           "], handler: drill, limiter: " + limiter + ", pool: " + pool + "}\n";
}

}  // namespace

TEST(Check, route_names_a_limiter_and_a_pool_that_exist) {
    EXPECT_THAT(
        lines(load_yaml("routes:\n" + route("/a", "GET", "dril", "gpu"))),
        ElementsAre(StartsWith("f:2:57: routes.0.limiter: there is no limiter \"dril\", did "
                               "you mean drill? (allowed: drill, resize)"),
                    StartsWith("f:2:69: routes.0.pool: there is no pool \"gpu\", did you "
                               "mean cpu? (allowed: cpu, drill)")));
}

TEST(Check, handler_that_burns_cpu_needs_a_pool) {
    EXPECT_THAT(
        lines(load_yaml("routes: [{path: /a, methods: [GET], handler: drill, limiter: drill}]\n")),
        ElementsAre("f:1:10: routes.0.pool: is missing: the handler drill runs on a pool "
                    "(allowed: a name of the pools)"));
}

TEST(Check, unknown_handler_is_named_with_the_known_ones) {
    EXPECT_THAT(lines(load_yaml("routes: [{path: /a, methods: [GET], handler: proxy, limiter: "
                                "drill, pool: drill}]\n")),
                ElementsAre("f:1:46: routes.0.handler: \"proxy\" is not known (allowed: resize, "
                            "drill)"));
}

TEST(Check, paths_are_absolute_and_not_the_services_own) {
    const std::vector<std::string> wrong{"v1",       "/",        "/healthz",  "/readyz", "/metrics",
                                         "\"/a?b\"", "\"/a b\"", "\"/a%20\"", "\"/a#b\""};
    for (const std::string& path : wrong) {
        EXPECT_THAT(lines(load_yaml("routes:\n" + route(path, "GET", "drill", "drill"))),
                    ElementsAre(HasSubstr("routes.0.path: ")))
            << path;
    }
}

TEST(Check, methods_are_known_and_listed_once) {
    EXPECT_THAT(lines(load_yaml("routes:\n" + route("/a", "GTE, POST, POST", "drill", "drill"))),
                ElementsAre(HasSubstr("routes.0.methods.0: \"GTE\" is not known"),
                            HasSubstr("routes.0.methods.2: POST is listed twice")));
    EXPECT_THAT(lines(load_yaml("routes:\n" + route("/a", "", "drill", "drill"))),
                ElementsAre(HasSubstr("routes.0.methods: has 0 entries")));
}

TEST(Check, one_path_and_method_has_one_route_and_get_implies_head) {
    const std::string get = route("/a", "GET", "drill", "drill");
    EXPECT_THAT(lines(load_yaml("routes:\n" + get + route("/a", "HEAD", "drill", "drill"))),
                ElementsAre(StartsWith("f:3:25: routes.1.methods: HEAD of /a is already in "
                                       "routes.0 (allowed: ")));
    EXPECT_THAT(lines(load_yaml("routes:\n" + get + route("/a", "POST", "drill", "drill"))),
                IsEmpty());
    EXPECT_THAT(lines(load_yaml("routes:\n" + get + route("/b", "GET", "drill", "drill"))),
                IsEmpty());
}

TEST(Check, routes_of_one_limiter_share_their_pool) {
    EXPECT_THAT(lines(load_yaml("routes:\n" + route("/a", "GET", "drill", "drill") +
                                route("/b", "GET", "drill", "cpu"))),
                ElementsAre(StartsWith("f:3:70: routes.1.pool: limiter drill has pool drill in "
                                       "routes.0 (allowed: the same pool")));
}

TEST(Check, limits_on_a_pool_fit_its_workers_and_queue) {
    // 4 CPUs: workers 4, queue 8.
    EXPECT_THAT(lines(load_yaml("limiters: {resize: {limit: {value: 12}}}\n")), IsEmpty());
    EXPECT_THAT(lines(load_yaml("limiters: {resize: {limit: {value: 13}}}\n")),
                ElementsAre("f:1:36: limiters.resize.limit.value: the limits on pool cpu sum to 13 "
                            "(resize 13), more than it takes (allowed: at most workers 4 + queue 8 "
                            "= 12)"));
    // The pool is what was changed, so the pool is what is named.
    EXPECT_THAT(lines(load_yaml("limiters: {resize: {limit: {value: 5}}}\n",
                                sets({"pools.cpu={workers: 1, queue: 3}"}))),
                ElementsAre(HasSubstr("limiters.resize.limit.value: the limits on pool cpu")));
    EXPECT_THAT(
        lines(load_yaml("pools: {drill: {queue: 1}}\n", sets({"limiters.drill.limit.value=20"}))),
        ElementsAre(StartsWith("--set limiters.drill.limit.value: "
                               "limiters.drill.limit.value: the limits on pool drill")));
}

TEST(Check, limiters_of_all_routes_on_a_pool_count_together) {
    const std::string limiters =
        "limiters: {a: {limit: {value: 30}}, b: {limit: {value: 19}}, c: {limit: {value: 99}}}\n";
    // 30 + 19 > 16 + 32; c has no route and does not count.
    EXPECT_THAT(lines(load_yaml(limiters + "routes:\n" + route("/a", "GET", "a", "drill") +
                                route("/b", "GET", "b", "drill"))),
                ElementsAre(HasSubstr("sum to 49 (a 30 + b 19)")));
    // Two routes with one limiter count once.
    EXPECT_THAT(lines(load_yaml(limiters + "routes:\n" + route("/a", "GET", "a", "drill") +
                                route("/b", "GET", "a", "drill"))),
                IsEmpty());
}

TEST(Check, limit_of_units_is_not_held_against_the_pool) {
    // 4 CPUs: workers 4, queue 8; a thousand units, but no more requests than the pool takes.
    const std::string cost =
        "path: /a, methods: [POST], handler: resize, limiter: resize, "
        "pool: cpu, cost: {per_pixels: 1000}";
    const std::string limit = "limiters: {resize: {limit: {value: 1000}}";
    EXPECT_THAT(lines(load_yaml(limit + "}\nroutes: [{" + cost + "}]\n")), IsEmpty());
    // One place at least must be left by the others.
    EXPECT_THAT(lines(load_yaml(limit + ", b: {limit: {value: 12}}}\nroutes: [{" + cost +
                                "}, {path: /b, methods: [POST], handler: resize, limiter: b, "
                                "pool: cpu}]\n")),
                ElementsAre(HasSubstr("sum to 13 (b 12 + resize 1)")));
}

TEST(Check, all_that_is_wrong_with_a_queue_is_told_at_once) {
    EXPECT_THAT(
        lines(load_yaml("limiters:\n  resize:\n    queue:\n      watermarks: {high: 1, low: "
                        "2}\n      discipline: best\n    priority: {floor: 0.5}\n"
                        "    tenant: {queues: 2, hand: 8}\n")),
        ElementsAre(HasSubstr("watermarks.low"), HasSubstr("discipline"),
                    HasSubstr("priority.floor"), HasSubstr("tenant.hand")));
}

TEST(Check, value_that_is_wrong_itself_is_not_blamed_twice) {
    EXPECT_THAT(lines(load_yaml("limiters: {resize: {limit: {value: 0}}}\npools: {cpu: {workers: "
                                "x}}\n")),
                ElementsAre(HasSubstr("limit.value: \"0\" is out of range"),
                            HasSubstr("workers: \"x\" is not a whole number")));
}

TEST(Check, port_zero_is_no_conflict) {
    EXPECT_THAT(lines(load_yaml("server: {listen: [\"127.0.0.1:0\"]}\n"
                                "control: {listen: \"127.0.0.1:0\"}\n")),
                IsEmpty());
}

TEST(Check, all_problems_come_at_once_in_the_order_of_the_file) {
    EXPECT_THAT(lines(load_yaml("log: {level: loud, queue: 0}\n"
                                "server:\n"
                                "  shards: 1000\n"
                                "  shard: 2\n"
                                "  shards: 2\n"
                                "routes:\n" +
                                route("/a", "GET", "nobody", "drill"))),
                ElementsAre(StartsWith("f:1:14: log.level: "), StartsWith("f:1:27: log.queue: "),
                            StartsWith("f:3:11: server.shards: "),
                            StartsWith("f:4:3: server.shard: unknown key"),
                            StartsWith("f:5:3: server.shards: duplicate key"),
                            StartsWith("f:7:57: routes.0.limiter: there is no limiter")));
}

TEST(Warnings, none_for_the_defaults) { EXPECT_THAT(load_yaml("").warnings, IsEmpty()); }

TEST(Warnings, images_in_work_that_exceed_the_memory_limit) {
    const std::uint64_t image = 50'000'000ULL * 4;
    EXPECT_THAT(warnings(Config::defaults(), {4, 4 * image}), IsEmpty());
    EXPECT_THAT(warnings(Config::defaults(), {4, 4 * image - 1}),
                ElementsAre(StartsWith("resize.pixels_max: 4 workers of pool cpu x 50000000")));
}

TEST(Warnings, control_listener_that_others_can_reach) {
    EXPECT_THAT(load_yaml("control: {listen: \"0.0.0.0:8081\"}\n").warnings,
                ElementsAre(HasSubstr("answers reads only")));
    EXPECT_THAT(load_yaml("control: {listen: \"[::1]:8081\"}\n").warnings, IsEmpty());
    EXPECT_THAT(load_yaml("control: {listen: \"\"}\n").warnings, IsEmpty());
}

TEST(Warnings, bodies_that_never_fit_the_memory) {
    EXPECT_THAT(load_yaml("server: {body_memory_max: 1MiB}\n").warnings,
                ElementsAre(StartsWith("routes.0.body_bytes_max: 10MiB is more than ")));
}

TEST(Warnings, no_routes_at_all) {
    EXPECT_THAT(load_yaml("routes: []\n").warnings, ElementsAre(StartsWith("routes: ")));
}

}  // namespace spillway::config
