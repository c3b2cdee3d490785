#include "app/pool_room.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "app/options.hpp"

namespace spillway::app {
namespace {

core::TimePoint virtual_now() noexcept { return core::TimePoint(std::chrono::hours(1)); }

/// Limiters of one pool of 2 workers and 2 places, each with one route.
config::Config limits(const std::map<std::string, std::uint32_t>& values) {
    config::Config config;
    config.pools["p"] = {.workers = 2, .queue = 2};
    for (const auto& [name, value] : values) {
        config.limiters[name].limit.value = value;
        config::Route route;
        route.path = "/" + name;
        route.handler = "drill";
        route.limiter = name;
        route.pool = "p";
        config.routes.push_back(route);
    }
    return config;
}

struct World {
    explicit World(const config::Config& config) : room(config) { add(config); }

    void add(const config::Config& config) {
        for (const auto& [name, limiter] : config.limiters) {
            if (limiters.contains(name)) continue;
            limiters[name] =
                std::make_unique<admission::Limiter>(limiter_options(name, limiter), &virtual_now);
        }
    }
    void change(const config::Config& config) {
        add(config);
        room.set_wanted(config);
        (void)room.update(limiters, false);
        for (const auto& [name, limiter] : config.limiters)
            (void)limiters.at(name)->reconfigure(limiter_options(name, limiter), false);
    }
    /// Takes as many permits as there are to be had; says how many.
    std::size_t fill(const std::string& name) {
        std::size_t taken = 0;
        while (auto permit = limiters.at(name)->try_acquire(virtual_now())) {
            held[name].push_back(std::move(*permit));
            ++taken;
        }
        return taken;
    }

    PoolRoom::Limiters limiters;
    PoolRoom room;
    std::map<std::string, std::vector<admission::Permit>> held;
};

TEST(PoolRoom, a_limiter_grows_as_the_other_gives_back) {
    World w(limits({{"a", 3}, {"b", 1}}));
    EXPECT_EQ(w.fill("a"), 3U);
    EXPECT_EQ(w.fill("b"), 1U);
    w.change(limits({{"a", 1}, {"b", 3}}));
    EXPECT_EQ(w.fill("b"), 0U) << "the pool is full";
    EXPECT_FALSE(w.room.update(w.limiters, false));
    w.held["a"].pop_back();
    EXPECT_FALSE(w.room.update(w.limiters, false));
    EXPECT_EQ(w.fill("b"), 1U);
    w.held["a"].pop_back();
    EXPECT_TRUE(w.room.update(w.limiters, false));
    EXPECT_EQ(w.fill("b"), 1U);
    EXPECT_EQ(w.fill("a"), 0U);
}

TEST(PoolRoom, a_limiter_that_is_gone_makes_room_as_it_empties) {
    World w(limits({{"a", 4}}));
    EXPECT_EQ(w.fill("a"), 4U);
    w.change(limits({{"b", 4}}));
    EXPECT_EQ(w.fill("b"), 0U);
    w.held["a"].resize(1);
    EXPECT_FALSE(w.room.update(w.limiters, true));
    EXPECT_EQ(w.fill("b"), 3U);
    w.held["a"].clear();
    EXPECT_FALSE(w.room.update(w.limiters, true)) << "somebody may still come to it";
    EXPECT_EQ(w.fill("b"), 0U);
    EXPECT_TRUE(w.room.update(w.limiters, false));
    EXPECT_EQ(w.fill("b"), 1U);
}

TEST(PoolRoom, what_was_never_held_is_there_at_once) {
    World w(limits({{"a", 4}}));
    w.change(limits({{"a", 1}, {"b", 3}}));
    EXPECT_TRUE(w.room.update(w.limiters, false));
    EXPECT_EQ(w.fill("b"), 3U);
    EXPECT_EQ(w.fill("a"), 1U);
}

}  // namespace
}  // namespace spillway::app
