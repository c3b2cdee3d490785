#include <gtest/gtest.h>

#include "config/helpers.hpp"

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
