#include "app/watchdog_rounds.hpp"

#include <gtest/gtest.h>

namespace spillway::app {
namespace {

TEST(watchdog_rounds, all_are_alive_when_the_last_one_has_answered) {
    WatchdogRounds rounds(3);
    ASSERT_TRUE(rounds.begin());
    EXPECT_FALSE(rounds.on_answer(1));
    EXPECT_FALSE(rounds.on_answer(0));
    EXPECT_TRUE(rounds.on_answer(2));
}

TEST(watchdog_rounds, a_shard_that_hangs_keeps_the_next_round_from_beginning) {
    WatchdogRounds rounds(2);
    ASSERT_TRUE(rounds.begin());
    EXPECT_FALSE(rounds.on_answer(0));
    EXPECT_FALSE(rounds.begin()) << "so it has one question waiting, and nobody is told anything";
    EXPECT_FALSE(rounds.begin());
    EXPECT_FALSE(rounds.owes(0));
    EXPECT_TRUE(rounds.owes(1));
    EXPECT_TRUE(rounds.on_answer(1)) << "late, but alive";
    EXPECT_TRUE(rounds.begin());
    EXPECT_TRUE(rounds.owes(0)) << "an answer counts for its round only";
}

TEST(watchdog_rounds, nobody_owes_before_the_first_round) {
    const WatchdogRounds rounds(2);
    EXPECT_FALSE(rounds.owes(0));
    EXPECT_FALSE(rounds.owes(1));
}

}  // namespace
}  // namespace spillway::app
