#include "scenario/mix.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace spillway::scenario {

namespace {

/// Kinds a (weight 3, tenants x and y), b (weight 1), c (weight 0); the second phase turns to c.
Scenario three_kinds() {
    Scenario scenario;
    scenario.clients["a"].weight = 3;
    scenario.clients["a"].tenants = {{"x", 9}, {"y", 1}, {"z", 0}};
    scenario.clients["b"].weight = 1;
    scenario.clients["c"].weight = 0;
    scenario.phases.resize(2);
    scenario.phases[1].mix = {{"b", 1}, {"c", 1}};
    return scenario;
}

}  // namespace

TEST(Mix, follows_the_weights_of_kinds_and_tenants) {
    const Scenario scenario = three_kinds();
    const Mix mix{scenario};
    Random random{1, Stream::mix};
    std::map<std::size_t, int> kinds;
    std::map<std::string, int> tenants;
    for (int i = 0; i < 40'000; ++i) {
        const Choice choice = mix.pick(0, random);
        ++kinds[choice.kind];
        if (choice.kind == 0) ++tenants[std::string{choice.tenant}];
        if (choice.kind != 0) {
            ASSERT_EQ(choice.tenant, "");
        }
    }
    EXPECT_NEAR(kinds[0], 30'000, 500);
    EXPECT_NEAR(kinds[1], 10'000, 500);
    EXPECT_FALSE(kinds.contains(2)) << "its weight is 0";
    EXPECT_NEAR(tenants["x"], 27'000, 500);
    EXPECT_NEAR(tenants["y"], 3'000, 500);
    EXPECT_FALSE(tenants.contains("z"));
}

TEST(Mix, a_phase_with_weights_of_its_own_has_only_the_kinds_that_it_names) {
    const Scenario scenario = three_kinds();
    const Mix mix{scenario};
    Random random{1, Stream::mix};
    std::map<std::size_t, int> kinds;
    for (int i = 0; i < 10'000; ++i) ++kinds[mix.pick(1, random).kind];
    EXPECT_FALSE(kinds.contains(0));
    EXPECT_NEAR(kinds[1], 5'000, 300);
    EXPECT_NEAR(kinds[2], 5'000, 300);
}

}  // namespace spillway::scenario
