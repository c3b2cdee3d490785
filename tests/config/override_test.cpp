// Layers: defaults, file, environment, --set; and how they merge.

#include "config/override.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "config/helpers.hpp"
#include "config/print.hpp"

namespace spillway::config {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Merge, maps_merge_key_by_key_over_the_defaults) {
    const Config config = load_yaml("server: {shards: 3}\npools: {io: {workers: 7}}\n").config;
    EXPECT_EQ(config.server.shards, 3U);
    EXPECT_EQ(config.server.max_connections, 10000U);
    EXPECT_EQ(config.pools.size(), 3U);
    EXPECT_EQ(config.pools.at("io").workers, 7U);
    EXPECT_EQ(config.pools.at("drill").workers, 16U);
}

TEST(Merge, lists_replace) {
    const Loaded loaded = load_yaml(
        "routes: [{path: /a, methods: [GET], handler: drill, limiter: drill, pool: drill}]\n");
    EXPECT_THAT(lines(loaded), IsEmpty());
    ASSERT_EQ(loaded.config.routes.size(), 1U);
    EXPECT_EQ(loaded.config.routes[0].deadline, Millis{5000});
}

TEST(Merge, empty_files_and_sections_change_nothing) {
    for (const char* text : {"", "# nothing\n", "server:\n", "server: {}\n", "{}\n", "---\n",
                             "server: ~\npools:\n  cpu:\n"}) {
        const Loaded loaded = load_yaml(text);
        EXPECT_THAT(lines(loaded), IsEmpty()) << text;
        EXPECT_EQ(loaded.config, Config::defaults()) << text;
    }
}

TEST(Merge, aliases_stand_for_what_they_name) {
    const Loaded loaded = load_yaml("limiters: {a: &x {status: 429}, b: *x}\n");
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_EQ(loaded.config.limiters.at("b").status, 429U);
}

TEST(Set, splits_at_the_first_equals_sign) {
    EXPECT_EQ(set("a.b=c=d").key_path, "a.b");
    EXPECT_EQ(set("a.b=c=d").yaml_value, "c=d");
    EXPECT_EQ(set("a.b=c=d").origin, "--set a.b");
    EXPECT_FALSE(parse_set("a.b"));
    EXPECT_FALSE(parse_set("=c"));
}

TEST(Set, later_layers_win) {
    const char* const environment[] = {"SPILLWAY__SERVER__SHARDS=2", "SPILLWAY__LOG__LEVEL=debug",
                                       nullptr};
    std::vector<Override> overrides = overrides_from_environment(environment);
    overrides.push_back(set("log.level=warn"));
    const Loaded loaded = load_yaml("server: {shards: 1}\nlog: {level: error}\n", overrides);
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_EQ(loaded.config.server.shards, 2U);
    EXPECT_EQ(loaded.config.log.level, "warn");
}

TEST(Set, scalar_stands_for_a_list_of_one) {
    const Loaded loaded = load_yaml("", sets({"server.listen=127.0.0.1:0"}));
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_THAT(loaded.config.server.listen, ElementsAre("127.0.0.1:0"));
}

TEST(Set, lists_and_maps_are_yaml_too) {
    const Loaded loaded = load_yaml(
        "", sets({"server.listen=[\"127.0.0.1:0\", \"[::1]:0\"]", "pools.cpu={workers: 2}",
                  "control.listen=", "server.trusted_proxies=[]"}));
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_THAT(loaded.config.server.listen, ElementsAre("127.0.0.1:0", "[::1]:0"));
    EXPECT_EQ(loaded.config.pools.at("cpu").workers, 2U);
    EXPECT_EQ(loaded.config.pools.at("cpu").queue, std::nullopt);
    EXPECT_EQ(loaded.config.control.listen, "");
}

TEST(Set, indexes_lists) {
    const Loaded loaded = load_yaml(
        "",
        sets({"routes.0.deadline=2s", "server.listen.0=127.0.0.1:9000", "routes.1.methods=GET"}));
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_EQ(loaded.config.routes[0].deadline, Millis{2000});
    EXPECT_EQ(loaded.config.routes[0].path, "/v1/resize");
    EXPECT_THAT(loaded.config.server.listen, ElementsAre("127.0.0.1:9000"));
    EXPECT_THAT(loaded.config.routes[1].methods, ElementsAre("GET"));
}

TEST(Set, ipv6_address_needs_no_quotes) {
    const Loaded loaded = load_yaml("", sets({"server.listen=[::1]:0", "control.listen=[::]:0"}));
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_THAT(loaded.config.server.listen, ElementsAre("[::1]:0"));
    EXPECT_EQ(loaded.config.control.listen, "[::]:0");
}

TEST(Set, paths_that_lead_nowhere_are_problems) {
    EXPECT_THAT(
        lines(load_yaml("", sets({"routes.2.deadline=2s", "routes.x=1", "server..shards=2",
                                  "server.shards.x=2", "routes=[]", "routes.0=1"}))),
        ElementsAre("--set routes.2.deadline: routes.2: no such entry of the list (allowed: 0..1)",
                    "--set routes.x: routes.x: no such entry of the list (allowed: 0..1)",
                    StartsWith("--set server..shards: server.: is not a key path (allowed: "),
                    "--set routes.0: routes.0: no such entry of the list (allowed: none)",
                    StartsWith("--set server.shards.x: server.shards: expected a whole number, "
                               "got a map")));
}

TEST(Set, values_are_held_to_the_same_rules) {
    EXPECT_THAT(
        lines(load_yaml("", sets({"server.lisen=a:1", "server.listen=[a",
                                  "drain.timeout=", "log.level={a: 1, a: 2}", "log.queue=0"}))),
        ElementsAre(
            StartsWith("--set server.listen: server.listen: not valid YAML: "),
            StartsWith("--set log.level: log.level.a: duplicate key"),
            StartsWith("--set server.lisen: server.lisen: unknown key, did you mean listen?"),
            StartsWith("--set drain.timeout: drain.timeout: \"\" is not a duration"),
            StartsWith("--set log.level: log.level: expected a word, got a map"),
            StartsWith("--set log.queue: log.queue: \"0\" is out of range")));
}

TEST(Set, does_not_hide_what_is_wrong_with_the_file) {
    EXPECT_THAT(lines(load_yaml("log: {level: loud}\n", sets({"log.level=info"}))),
                ElementsAre(StartsWith("f:1:14: log.level: ")));
}

TEST(Environment, takes_the_double_underscore_names_only) {
    const char* const environment[] = {"PATH=/bin",
                                       "SPILLWAY_CONFIG=a.yaml",
                                       "SPILLWAY_PORT=tcp://10.0.0.1:80",
                                       "SPILLWAY__SERVER__MAX_CONNECTIONS=5",
                                       "SPILLWAY__CONTROL__LISTEN=",
                                       nullptr};
    const auto overrides = overrides_from_environment(environment);
    ASSERT_EQ(overrides.size(), 2U);
    EXPECT_EQ(overrides[0].key_path, "control.listen");
    EXPECT_EQ(overrides[0].yaml_value, "");
    EXPECT_EQ(overrides[1].key_path, "server.max_connections");
    EXPECT_EQ(overrides[1].origin, "environment SPILLWAY__SERVER__MAX_CONNECTIONS");
    EXPECT_EQ(load_yaml("", overrides).config.server.max_connections, 5U);
}

TEST(Environment, finds_names_with_a_hyphen_or_capitals) {
    const char* const environment[] = {"SPILLWAY__POOLS__MY_POOL__WORKERS=5", nullptr};
    const Loaded loaded =
        load_yaml("pools: {My-Pool: {}}\n", overrides_from_environment(environment));
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_EQ(loaded.config.pools.at("My-Pool").workers, 5U);
}

TEST(Environment, a_section_comes_before_a_key_in_it) {
    const char* const environment[] = {"SPILLWAY__LOG__LEVEL=warn",
                                       "SPILLWAY__LOG={level: error, queue: 5}", nullptr};
    const Config config = load_yaml("", overrides_from_environment(environment)).config;
    EXPECT_EQ(config.log.level, "warn");
    EXPECT_EQ(config.log.queue, 5U);
}

TEST(Environment, problems_name_the_variable) {
    const char* const environment[] = {"SPILLWAY__SERVER__LISTN=a:1", nullptr};
    EXPECT_THAT(lines(load_yaml("", overrides_from_environment(environment))),
                ElementsAre(StartsWith("environment SPILLWAY__SERVER__LISTN: server.listn: unknown "
                                       "key, did you mean listen?")));
}

TEST(Load, unreadable_files_are_one_clear_problem) {
    EXPECT_THAT(lines(load("/nowhere/a.yaml", {}, four_cpus)),
                ElementsAre("/nowhere/a.yaml: cannot be read: No such file or directory"));
    EXPECT_THAT(lines(load("/", {}, four_cpus)), ElementsAre("/: cannot be read: Is a directory"));
    EXPECT_THAT(lines(load("/dev/zero", {}, four_cpus)),
                ElementsAre("/dev/zero: is too large (allowed: 0..1MiB)"));
}

TEST(Load, without_a_file_gives_the_defaults) {
    EXPECT_EQ(load(std::nullopt, {}, four_cpus).config, Config::defaults());
}

TEST(Print, what_is_printed_loads_as_the_same) {
    const Loaded loaded = load_yaml(
        "server: {listen: [\"[::1]:0\", \"localhost:81\"], trusted_proxies: [\"fd00::/8\"],\n"
        "         body_rate_min: 1500, half_close: true, idle_timeout: 90s}\n"
        "control: {listen: \"\", public: []}\n"
        "drain: {lame_duck: 1500ms, timeout: 24h}\n"
        "pools: {Cpu-2: {workers: 9, queue: 100}}\n"
        "limiters: {x: {status: 429, queue: {capacity: 0}}}\n"
        "routes: [{path: \"/~a:b,c\", methods: [GET, PUT], handler: drill, limiter: x, pool: "
        "Cpu-2,\n"
        "          body_bytes_max: 0}]\n");
    ASSERT_THAT(lines(loaded), IsEmpty());
    const Loaded again = load_yaml(to_yaml(loaded.config));
    EXPECT_THAT(lines(again), IsEmpty());
    EXPECT_EQ(again.config, loaded.config);
}

TEST(Print, of_no_routes_loads_as_no_routes) {
    const Loaded loaded = load_yaml(to_yaml(load_yaml("routes: []\n").config));
    EXPECT_THAT(lines(loaded), IsEmpty());
    EXPECT_THAT(loaded.config.routes, IsEmpty());
}

}  // namespace spillway::config
