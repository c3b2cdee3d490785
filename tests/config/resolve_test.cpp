#include <gtest/gtest.h>

#include "config/helpers.hpp"
#include "config/print.hpp"

namespace spillway::config {

using namespace testing;

TEST(Resolve, auto_follows_the_machine_and_the_pool) {
    const Config config = resolve(Config::defaults(), four_cpus);
    EXPECT_EQ(config.server.shards, 4U);
    EXPECT_EQ(config.pools.at("cpu").workers, 4U);
    EXPECT_EQ(config.pools.at("cpu").queue, 8U);
    EXPECT_EQ(config.pools.at("drill").workers, 16U);
    EXPECT_EQ(config.pools.at("drill").queue, 32U);
    EXPECT_EQ(config.limiters.at("resize").limit.value, 4U);
    EXPECT_EQ(config.limiters.at("drill").limit.value, 16U);
}

TEST(Resolve, numbers_stay_as_written) {
    const Config config =
        resolve(load_yaml("server: {shards: 2}\npools: {cpu: {workers: 3, queue: 5}}\n"
                          "limiters: {resize: {limit: {value: 7}}}\n")
                    .config,
                four_cpus);
    EXPECT_EQ(config.server.shards, 2U);
    EXPECT_EQ(config.pools.at("cpu").workers, 3U);
    EXPECT_EQ(config.pools.at("cpu").queue, 5U);
    EXPECT_EQ(config.limiters.at("resize").limit.value, 7U);
}

TEST(Resolve, an_adaptive_limit_may_grow_to_what_its_pool_takes) {
    const Config config = resolve(
        load_yaml("limiters: {resize: {limit: {algorithm: gradient2}}}\n").config, four_cpus);
    const Limit& limit = config.limiters.at("resize").limit;
    EXPECT_EQ(limit.min, 1U);
    EXPECT_EQ(limit.initial, 4U);
    EXPECT_EQ(limit.max, 12U);
    EXPECT_FALSE(limit.value);
}

TEST(Resolve, limiters_of_one_pool_divide_it_among_themselves) {
    const Loaded loaded = load_yaml(
        "limiters: {a: {limit: {algorithm: slo}}, b: {limit: {algorithm: vegas, min: 2}}}\n"
        "routes:\n"
        "  - {path: /a, methods: [GET], handler: drill, limiter: a, pool: cpu}\n"
        "  - {path: /b, methods: [GET], handler: drill, limiter: b, pool: cpu}\n");
    EXPECT_TRUE(loaded.problems.empty()) << lines(loaded).front();
    const Config config = resolve(loaded.config, four_cpus);
    EXPECT_EQ(config.limiters.at("a").limit.max, 6U);
    EXPECT_EQ(config.limiters.at("b").limit.max, 6U);
    EXPECT_EQ(config.limiters.at("b").limit.initial, 4U);
}

TEST(Resolve, the_initial_limit_is_within_the_bounds) {
    const auto initial = [](const std::string& bounds) {
        const std::string yaml = "limiters: {resize: {limit: {algorithm: aimd, " + bounds + "}}}\n";
        return resolve(load_yaml(yaml).config, four_cpus).limiters.at("resize").limit.initial;
    };
    EXPECT_EQ(initial("max: 3"), 3U);
    EXPECT_EQ(initial("min: 6"), 6U);
    EXPECT_EQ(initial("initial: 9"), 9U);
}

TEST(Print, shows_the_parameters_of_the_chosen_algorithm_and_no_others) {
    const Loaded loaded =
        load_yaml("limiters: {resize: {limit: {algorithm: aimd, backoff_ratio: 0.75}}}\n");
    const std::string text = to_yaml(loaded.config);
    EXPECT_NE(text.find("backoff_ratio: 0.75"), std::string::npos) << text;
    EXPECT_NE(text.find("timeout: auto"), std::string::npos) << text;
    EXPECT_EQ(text.find("smoothing"), std::string::npos) << text;
    EXPECT_EQ(load_yaml(text).config, loaded.config);
    EXPECT_EQ(to_yaml(Config::defaults()).find("cures"), std::string::npos);
}

TEST(Resolve, what_no_route_uses_does_not_exist) {
    const Config config = resolve(
        load_yaml("routes: [{path: /a, methods: [POST], handler: resize, limiter: resize, pool: "
                  "cpu}]\n")
            .config,
        four_cpus);
    EXPECT_EQ(config.pools.size(), 1U);
    EXPECT_TRUE(config.pools.contains("cpu"));
    EXPECT_EQ(config.limiters.size(), 1U);
    EXPECT_TRUE(config.limiters.contains("resize"));
}

}  // namespace spillway::config
