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

TEST(Resolve, a_burst_of_auto_is_the_rate) {
    const Config config = load_yaml("limiters: {resize: {rate: {rate: 7, period: 1m}}}\n").config;
    const core::RateOptions rate = resolve_rate(config.limiters.at("resize").rate.value());
    EXPECT_EQ(rate.rate, 7U);
    EXPECT_EQ(rate.burst, 7U);
    EXPECT_EQ(rate.period, std::chrono::minutes(1));
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

TEST(Resolve, a_candidate_s_auto_is_the_live_limiter_s) {
    const Config config = resolve(
        load_yaml("limiters: {resize: {limit: {value: 2}, shadow: {limit: {algorithm: slo}}},\n"
                  "           drill: {shadow: {limit: {value: auto}}}}\n")
            .config,
        four_cpus);
    const Limit& slo = config.limiters.at("resize").shadow->limit.value();
    EXPECT_EQ(slo.initial, 4U);
    EXPECT_EQ(slo.max, 12U);
    EXPECT_EQ(config.limiters.at("resize").limit.value, 2U);
    EXPECT_EQ(config.limiters.at("drill").shadow->limit->value, 16U);
}

TEST(Resolve, a_candidate_may_be_larger_than_the_pool) {
    const Loaded loaded = load_yaml("limiters: {resize: {shadow: {limit: {value: 100}}}}\n");
    EXPECT_TRUE(loaded.problems.empty()) << lines(loaded).front();
}

TEST(Print, a_candidate_is_printed_as_it_was_written) {
    for (const std::string shadow :
         {"off", "{}", "{limit: live, queue: {capacity: 5}}", "{limit: {algorithm: vegas}}"}) {
        const Loaded loaded = load_yaml("limiters: {resize: {shadow: " + shadow + "}}\n");
        EXPECT_TRUE(loaded.problems.empty()) << lines(loaded).front();
        const Loaded again = load_yaml(to_yaml(loaded.config));
        EXPECT_TRUE(again.problems.empty()) << lines(again).front();
        EXPECT_EQ(again.config, loaded.config) << shadow;
    }
    EXPECT_NE(to_yaml(load_yaml("limiters: {resize: {shadow: {}}}\n").config).find("limit: live"),
              std::string::npos);
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

TEST(Resolve, limiters_of_units_share_the_places_that_the_others_leave) {
    const auto route = [](std::string name, std::string cost) {
        return "{path: /" + name +
               ", methods: [POST], handler: resize, pool: cpu, limiter: " + name +
               ", cost: " + cost + "}";
    };
    const Config config = resolve(
        load_yaml("limiters: {a: {limit: {value: 500}}, b: {limit: {value: 9}}, c: {limit: {value: "
                  "5}}}\nroutes: [" +
                  route("a", "{per_bytes: 1KiB}") + ", " + route("b", "3") + ", " +
                  route("c", "1") + "]\n")
            .config,
        four_cpus);
    EXPECT_TRUE(is_weighted(config, "a"));
    EXPECT_FALSE(is_weighted(config, "c"));
    // 4 workers + 8 places - 5 of c, for a and b.
    EXPECT_EQ(places(config, "a"), 3U);
    EXPECT_EQ(places(config, "b"), 3U);
}

TEST(Resolve, queue_policies_survive_a_print) {
    const std::string text =
        "limiters:\n  resize:\n    queue: {discipline: fair, codel: {target: 40ms}, "
        "watermarks: {high: 9, low: 3}}\n"
        "    priority: {from: \"header:X-Class\", bands: 4, floor: 0.125}\n"
        "    tenant: {key: \"header:X-Tenant\", queues: 8, hand: 2, shares: {a.b: 3, c: 1}}\n"
        "routes:\n  - {path: /a, methods: [POST], handler: resize, limiter: resize, pool: cpu, "
        "priority: 1, cost: {per_pixels: 1000000}}\n";
    const Loaded loaded = load_yaml(text);
    ASSERT_TRUE(loaded.problems.empty()) << lines(loaded).front();
    const Loaded again = load_yaml(to_yaml(loaded.config));
    ASSERT_TRUE(again.problems.empty()) << lines(again).front();
    EXPECT_EQ(again.config, loaded.config);
    const Queue& queue = loaded.config.limiters.at("resize").queue;
    EXPECT_EQ(queue.codel->target, Millis{40});
    EXPECT_EQ(queue.codel->interval, std::nullopt);
    // And from one to the other by overrides.
    EXPECT_EQ(load_yaml(text, sets({"limiters.resize.queue.codel=off"}))
                  .config.limiters.at("resize")
                  .queue.codel,
              std::nullopt);
    EXPECT_EQ(load_yaml("", sets({"limiters.drill.queue.codel.target=1s"}))
                  .config.limiters.at("drill")
                  .queue.codel->target,
              Millis{1000});
}

}  // namespace spillway::config
