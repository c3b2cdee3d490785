#include "spillway/async/wait_group.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace spillway::async {
namespace {

constexpr core::TimePoint long_ago{};

TEST(WaitGroup, waits_only_while_something_is_pending) {
    WaitGroup group;
    EXPECT_TRUE(group.wait_until(long_ago));

    group.add(2);
    EXPECT_FALSE(group.wait_until(long_ago));
    group.done();
    EXPECT_FALSE(group.wait_until(long_ago));
    group.done();
    EXPECT_TRUE(group.wait_until(long_ago));
    group.wait();

    // Usable again.
    group.add();
    EXPECT_FALSE(group.wait_until(long_ago));
    group.done();
    group.wait();
}

TEST(WaitGroupDeathTest, more_done_than_add_ends_the_process) {
    WaitGroup group;
    EXPECT_DEATH(group.done(), "invariant broken");
}

TEST(WaitGroup, hammer_may_be_destroyed_as_soon_as_the_wait_ends) {
    for (int round = 0; round < 500; ++round) {
        auto group = std::make_unique<WaitGroup>();
        int written = 0;
        group->add(2);
        std::thread first([&, g = group.get()] {
            written = round + 1;
            g->done();
        });
        std::thread second([g = group.get()] { g->done(); });
        group->wait();
        EXPECT_EQ(written, round + 1);
        group.reset();
        first.join();
        second.join();
    }
}

}  // namespace
}  // namespace spillway::async
