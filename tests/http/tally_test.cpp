#include "http/tally.hpp"

#include <gtest/gtest.h>

namespace spillway::http {
namespace {

using core::DropReason;
using core::Ending;
using core::RejectReason;

TEST(tally, counts_each_way_through_once) {
    RouteCells cells;
    RequestTally tally;
    tally.receive(cells);
    EXPECT_TRUE(tally.is_pending());
    tally.accept();
    EXPECT_TRUE(tally.is_accepted());
    tally.finish(Ending::deadline);
    tally.reset();
    tally.receive(cells);
    tally.reject(RejectReason::queue_full);
    tally.reset();
    tally.receive(cells);
    tally.drop(DropReason::drain_cut);
    EXPECT_FALSE(tally.is_pending());
    EXPECT_EQ(cells.received.value(), 3U);
    EXPECT_EQ(cells.accepted.value(), 1U);
    EXPECT_EQ(cells.finished[static_cast<std::size_t>(Ending::deadline)].value(), 1U);
    EXPECT_EQ(cells.rejected[static_cast<std::size_t>(RejectReason::queue_full)].value(), 1U);
    EXPECT_EQ(cells.dropped[static_cast<std::size_t>(DropReason::drain_cut)].value(), 1U);
}

TEST(tally_death, any_other_order_ends_the_process) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    RouteCells cells;
    RequestTally fresh;
    EXPECT_DEATH(fresh.accept(), "invariant");
    EXPECT_DEATH(fresh.reject(RejectReason::deadline), "invariant");
    EXPECT_DEATH(fresh.drop(DropReason::client_gone), "invariant");
    EXPECT_DEATH(fresh.finish(Ending::ok), "invariant");

    RequestTally pending;
    pending.receive(cells);
    EXPECT_DEATH(pending.receive(cells), "invariant");
    EXPECT_DEATH(pending.finish(Ending::ok), "invariant");
    EXPECT_DEATH(pending.reset(), "invariant") << "a request must end before the next one begins";

    pending.accept();
    EXPECT_DEATH(pending.accept(), "invariant");
    EXPECT_DEATH(pending.reject(RejectReason::deadline), "invariant");
    EXPECT_DEATH(pending.drop(DropReason::client_gone), "invariant");
    EXPECT_DEATH(pending.reset(), "invariant");

    pending.finish(Ending::ok);
    EXPECT_DEATH(pending.finish(Ending::ok), "invariant");
}

}  // namespace
}  // namespace spillway::http
