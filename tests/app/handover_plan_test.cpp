#include "app/handover_plan.hpp"

#include <gtest/gtest.h>

namespace spillway::app {
namespace {

using namespace std::chrono_literals;
using Action = HandoverPlan::Action;
using Phase = HandoverPlan::Phase;
using handover::Message;
using handover::Ready;
using handover::Take;

constexpr core::TimePoint start{};

HandoverPlan greeted() {
    HandoverPlan plan;
    EXPECT_EQ(plan.on_connect(start), Action::nothing);
    return plan;
}

HandoverPlan lent() {
    HandoverPlan plan = greeted();
    EXPECT_EQ(plan.on_message(start, Message(Take{})), Action::send_sockets);
    return plan;
}

TEST(handover_plan, a_peer_takes_gets_ready_and_is_released) {
    HandoverPlan plan;
    EXPECT_EQ(plan.next_deadline(), core::never);
    EXPECT_EQ(plan.on_connect(start), Action::nothing);
    EXPECT_EQ(plan.on_message(start + 1s, Message(Take{})), Action::send_sockets);
    EXPECT_EQ(plan.phase(), Phase::lent);
    EXPECT_EQ(plan.on_message(start + 20s, Message(Ready{{2}})), Action::release);
    EXPECT_EQ(plan.phase(), Phase::over);
    EXPECT_EQ(plan.next_deadline(), core::never);
}

TEST(handover_plan, a_peer_that_dies_before_it_is_ready_has_changed_nothing) {
    HandoverPlan plan = lent();
    EXPECT_EQ(plan.on_gone(), Action::drop_and_resume);
    EXPECT_EQ(plan.phase(), Phase::open);
    // The next one finds everything as the first did.
    EXPECT_EQ(plan.on_connect(start + 5s), Action::nothing);
    EXPECT_EQ(plan.on_message(start + 5s, Message(Take{})), Action::send_sockets);
    EXPECT_EQ(plan.on_message(start + 5s, Message(Ready{})), Action::release);
}

TEST(handover_plan, one_that_leaves_before_it_asks_had_nothing) {
    HandoverPlan plan = greeted();
    EXPECT_EQ(plan.on_gone(), Action::drop_peer);
    EXPECT_EQ(plan.phase(), Phase::open);
}

TEST(handover_plan, each_step_has_its_time) {
    HandoverPlan plan = greeted();
    EXPECT_EQ(plan.next_deadline(), start + 2s);
    EXPECT_EQ(plan.on_time(start + 1999ms), Action::nothing);
    EXPECT_EQ(plan.on_time(start + 2s), Action::drop_peer);

    plan = lent();
    EXPECT_EQ(plan.next_deadline(), start + 30s);
    EXPECT_EQ(plan.on_time(start + 29s), Action::nothing);
    EXPECT_EQ(plan.on_time(start + 30s), Action::drop_and_resume);
    EXPECT_EQ(plan.on_time(start + 60s), Action::nothing) << "it is gone";
}

TEST(handover_plan, a_second_peer_is_turned_away_and_the_first_goes_on) {
    HandoverPlan plan = lent();
    EXPECT_EQ(plan.on_connect(start), Action::turn_away);
    EXPECT_EQ(plan.on_message(start, Message(Ready{})), Action::release);
    EXPECT_EQ(plan.on_connect(start), Action::turn_away) << "there is nothing to give any more";
}

TEST(handover_plan, another_version_is_told_so) {
    HandoverPlan plan = greeted();
    EXPECT_EQ(plan.on_message(start, Message(Take{2})), Action::refuse_version);
    EXPECT_EQ(plan.phase(), Phase::open);
}

TEST(handover_plan, what_does_not_belong_there_ends_the_conversation) {
    for (const auto& message : {std::optional<Message>{}, std::optional<Message>(Ready{}),
                                std::optional<Message>(handover::Released{}),
                                std::optional<Message>(handover::Sockets{0, 1, {{}}}),
                                std::optional<Message>(handover::Refused{"no"})}) {
        HandoverPlan plan = greeted();
        EXPECT_EQ(plan.on_message(start, message), Action::drop_peer);
    }
    for (const auto& message : {std::optional<Message>{}, std::optional<Message>(Take{}),
                                std::optional<Message>(handover::Released{})}) {
        HandoverPlan plan = lent();
        EXPECT_EQ(plan.on_message(start, message), Action::drop_and_resume);
    }
}

TEST(handover_plan, once_over_nothing_brings_it_back) {
    HandoverPlan plan = lent();
    EXPECT_EQ(plan.on_message(start, Message(Ready{})), Action::release);
    EXPECT_EQ(plan.on_gone(), Action::nothing);
    EXPECT_EQ(plan.on_message(start, Message(Ready{})), Action::nothing);
    EXPECT_EQ(plan.on_time(start + 1h), Action::nothing);
    EXPECT_EQ(plan.phase(), Phase::over);
}

}  // namespace
}  // namespace spillway::app
