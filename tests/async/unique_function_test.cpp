#include "spillway/async/unique_function.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>

namespace spillway::async {
namespace {

TEST(UniqueFunction, owns_what_cannot_be_copied) {
    UniqueFunction<int(int)> f = [n = std::make_unique<int>(40)](int m) { return *n + m; };
    UniqueFunction<int(int)> g = std::move(f);
    EXPECT_FALSE(f);  // NOLINT(bugprone-use-after-move): moved-from is empty, by contract
    EXPECT_EQ(g(2), 42);
}

TEST(UniqueFunction, keeps_targets_larger_than_its_buffer) {
    std::array<int, 100> big{};
    big[99] = 7;
    UniqueFunction<int(), 16> f = [big, owned = std::make_unique<int>(1)] {
        return big[99] + *owned;
    };
    auto g = std::move(f);
    EXPECT_EQ(g(), 8);
}

TEST(UniqueFunction, destroys_its_target_exactly_once) {
    const auto counted = std::make_shared<int>();
    {
        UniqueFunction<void()> f = [counted] {};
        UniqueFunction<void()> g = std::move(f);
        EXPECT_EQ(counted.use_count(), 2);
        f = [counted] {};
        EXPECT_EQ(counted.use_count(), 3);
        g = std::move(f);
        EXPECT_EQ(counted.use_count(), 2);
        g.reset();
        EXPECT_EQ(counted.use_count(), 1);
    }
    EXPECT_EQ(counted.use_count(), 1);
}

TEST(UniqueFunctionDeathTest, calling_an_empty_one_ends_the_process) {
    UniqueFunction<void()> f;
    EXPECT_DEATH(f(), "invariant broken");
}

}  // namespace
}  // namespace spillway::async
