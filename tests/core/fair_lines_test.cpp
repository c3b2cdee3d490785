#include "spillway/core/fair_lines.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace spillway::core {
namespace {

/// Lines on a slab of their own.
struct Lines {
    explicit Lines(const QueueOptions& options, std::uint64_t start = 0)
        : slab(64), lines(options, start) {}

    void push(const Claim& claim) {
        const std::uint16_t line = lines.line_of(claim);
        lines.push(slab, slab.take({.claim = claim, .line = line}), line, claim.tenant);
    }
    /// Lets in whose turn it is; returns its line.
    std::uint16_t grant() {
        const std::uint32_t index = lines.turn();
        const Waiter waiter = slab[index];
        lines.note_grant(waiter.line, waiter.claim.cost);
        lines.erase(slab, index, waiter.line);
        slab.give_back(index);
        return waiter.line;
    }

    WaitSlab slab;
    FairLines lines;
};

TEST(FairLines, a_tenant_stays_in_a_line_of_its_own_as_long_as_it_has_one) {
    Lines lines({.queues = 4, .hand = 4});
    lines.push({.tenant = 7});
    const auto own = lines.lines.line_of({.tenant = 7});
    lines.push({.tenant = 7});
    lines.push({.tenant = 7});
    EXPECT_EQ(lines.lines.line_of({.tenant = 7}), own);
    EXPECT_NE(lines.lines.line_of({.tenant = 8}), own) << "another finds a shorter one";
}

TEST(FairLines, a_tenant_without_a_line_of_its_own_joins_the_shortest_of_its_hand) {
    Lines lines({.queues = 3, .hand = 3});
    for (const std::uint64_t tenant : {1U, 1U, 2U, 2U, 3U}) lines.push({.tenant = tenant});
    const auto third = lines.lines.line_of({.tenant = 3});
    EXPECT_EQ(lines.lines.line_of({.tenant = 4}), third);
    lines.push({.tenant = 4});
    // Mixed now: nobody's own any more.
    EXPECT_EQ(lines.lines.line_of({.tenant = 3}), lines.lines.line_of({.tenant = 4}));
}

TEST(FairLines, lines_go_round_by_weight) {
    Lines lines({.queues = 1, .hand = 1, .shares = {2, 1}});
    for (int i = 0; i < 6; ++i) {
        lines.push({.share = 0});
        lines.push({.share = 1});
    }
    std::vector<int> granted(2);
    for (int i = 0; i < 6; ++i) ++granted[lines.grant()];
    EXPECT_EQ(granted, (std::vector{4, 2}));
}

TEST(FairLines, who_was_away_saves_nothing_up) {
    Lines lines({.queues = 1, .hand = 1, .shares = {1, 1}});
    for (int i = 0; i < 10; ++i) lines.push({.share = 0});
    for (int i = 0; i < 5; ++i) lines.grant();
    for (int i = 0; i < 4; ++i) lines.push({.share = 1});
    std::vector<int> granted(2);
    for (int i = 0; i < 8; ++i) ++granted[lines.grant()];
    EXPECT_EQ(granted, (std::vector{4, 4}));
}

TEST(FairLines, a_dear_request_is_paid_for_by_its_line_and_not_by_a_burst_of_the_others) {
    Lines lines({.queues = 1, .hand = 1, .shares = {1, 1, 1}});
    lines.push({.cost = 4, .share = 0});
    lines.push({.cost = 4, .share = 0});
    for (int i = 0; i < 8; ++i) {
        lines.push({.share = 1});
        lines.push({.share = 2});
    }
    std::vector<std::uint16_t> order;
    for (int i = 0; i < 10; ++i) order.push_back(lines.grant());
    EXPECT_EQ(order, (std::vector<std::uint16_t>{0, 1, 2, 1, 2, 1, 2, 1, 2, 0}));
}

TEST(FairLines, the_longest_line_for_its_weight_is_the_one_that_gives_way) {
    Lines lines({.queues = 1, .hand = 1, .shares = {4, 1}});
    for (int i = 0; i < 5; ++i) lines.push({.share = 0});
    for (int i = 0; i < 2; ++i) lines.push({.share = 1});
    EXPECT_EQ(lines.slab[lines.lines.youngest_of_longest()].line, 1);
    EXPECT_TRUE(lines.lines.may_displace({.share = 0}));
    EXPECT_FALSE(lines.lines.may_displace({.share = 1}));
    EXPECT_TRUE(lines.lines.may_displace({.tenant = 9})) << "one for one is less than two for one";
}

TEST(FairLines, virtual_time_begins_anew_before_it_overflows_and_nobody_loses_its_turn) {
    const QueueOptions options{.queues = 1, .hand = 1, .shares = {1, 3}};
    Lines early(options);
    Lines late(options, (std::uint64_t{1} << 62) - (std::uint64_t{5} << 20));
    for (int i = 0; i < 20; ++i) {
        for (Lines* lines : {&early, &late}) {
            lines->push({.cost = 2, .share = 0});
            lines->push({.cost = 1, .share = 1});
        }
    }
    for (int i = 0; i < 40; ++i) ASSERT_EQ(early.grant(), late.grant()) << i;
    EXPECT_TRUE(late.lines.empty());
}

}  // namespace
}  // namespace spillway::core
