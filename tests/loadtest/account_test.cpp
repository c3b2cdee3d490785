#include "generator/account.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace spillway::loadtest {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

constexpr core::Duration objective = 100ms;

TEST(Account, a_2xx_is_good_up_to_the_objective_and_late_after_it) {
    Account account;
    account.offer(false);
    account.offer(false);
    EXPECT_EQ(account.answered({200, ""}, objective, objective), Ending::good);
    EXPECT_EQ(account.answered({204, ""}, objective + 1ns, objective), Ending::late);
    EXPECT_EQ(account.admitted().count(), 2u);
    EXPECT_EQ(account.refused().count(), 0u);
}

TEST(Account, a_refusal_is_429_503_or_whatever_names_a_reason) {
    Account account;
    for (int i = 0; i < 5; ++i) account.offer(false);
    EXPECT_EQ(account.answered({503, "queue_full"}, 1ms, objective), Ending::rejected);
    EXPECT_EQ(account.answered({503, "queue_full"}, 1ms, objective), Ending::rejected);
    EXPECT_EQ(account.answered({429, ""}, 1ms, objective), Ending::rejected);
    EXPECT_EQ(account.answered({413, "body_too_large"}, 1ms, objective), Ending::rejected);
    EXPECT_EQ(account.answered({504, ""}, 1ms, objective), Ending::error);
    EXPECT_EQ(account.refused().count(), 4u);
    EXPECT_EQ(account.admitted().count(), 0u);
    const auto rows = account.refusals().sorted();
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].status, 503u);
    EXPECT_EQ(rows[0].reason, "queue_full");
    EXPECT_EQ(rows[0].count, 2u);
    EXPECT_THAT(account.errors(), ElementsAre(Pair(504u, 1u)));
}

TEST(Account, offered_is_the_sum_of_all_endings_and_what_is_pending) {
    Account account;
    for (int i = 0; i < 8; ++i) account.offer(i == 7);
    account.answered({200, ""}, 1ms, objective);
    account.answered({200, ""}, 1s, objective);
    account.answered({503, "shed"}, 1ms, objective);
    account.answered({404, ""}, 1ms, objective);
    account.failed(Failure::reset);
    account.left();
    account.unsent(Unsent::no_connection);
    EXPECT_EQ(account.pending(), 1u);
    account.unsent(Unsent::over);
    EXPECT_EQ(account.pending(), 0u);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < ending_count; ++i) sum += account.count(static_cast<Ending>(i));
    EXPECT_EQ(sum, account.offered());
    EXPECT_EQ(account.retries(), 1u);
    EXPECT_EQ(account.count(Failure::reset), 1u);
    EXPECT_EQ(account.count(Unsent::over), 1u);
}

TEST(AccountDeathTest, an_arrival_cannot_end_twice) {
    Account account;
    account.offer(false);
    account.left();
    EXPECT_DEATH(account.left(), "ended_ <= offered_");
}

TEST(RefusalTable, has_a_bound_and_counts_what_is_beyond_it_as_other) {
    RefusalTable table;
    const int extra = 10;
    for (std::size_t i = 0; i < RefusalTable::capacity + extra; ++i)
        table.add(503, "reason" + std::to_string(i));
    const auto rows = table.sorted();
    ASSERT_EQ(rows.size(), RefusalTable::capacity + 1);
    EXPECT_EQ(rows[0].reason, "other");
    EXPECT_EQ(rows[0].count, static_cast<std::uint64_t>(extra));
}

TEST(RefusalTable, cuts_reasons_that_are_too_long) {
    RefusalTable table;
    table.add(503, std::string(1000, 'x'));
    table.add(503, std::string(2000, 'x'));
    ASSERT_EQ(table.sorted().size(), 1u);
    EXPECT_EQ(table.sorted()[0].count, 2u);
}

}  // namespace
}  // namespace spillway::loadtest
