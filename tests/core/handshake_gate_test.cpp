// Places for handshakes: first come, first served, and nobody sits on one while others wait.
#include "spillway/core/handshake_gate.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <vector>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using Node = HandshakeGate::Node;

constexpr TimePoint begin{1h};

HandshakeGate gate_of(std::uint32_t places) {
    HandshakeGate gate;
    gate.set_places(places);
    return gate;
}

TEST(handshake_gate, whoever_waits_longest_is_admitted_first) {
    HandshakeGate gate = gate_of(2);
    std::array<Node, 3> nodes;
    EXPECT_FALSE(gate.can_admit());
    for (Node& node : nodes) gate.arrive(node);
    EXPECT_EQ(&gate.admit(begin), &nodes[0]);
    EXPECT_EQ(&gate.admit(begin), &nodes[1]);
    EXPECT_FALSE(gate.can_admit());
    EXPECT_TRUE(nodes[2].is_waiting());

    gate.leave(nodes[1]);
    EXPECT_TRUE(gate.can_admit());
    EXPECT_EQ(&gate.admit(begin), &nodes[2]);
    EXPECT_EQ(gate.inside(), 2U);
    EXPECT_EQ(gate.waiting(), 0U);
}

TEST(handshake_gate, a_waiter_that_leaves_holds_nobody_up) {
    HandshakeGate gate = gate_of(1);
    std::array<Node, 4> nodes;
    for (Node& node : nodes) gate.arrive(node);
    gate.leave(nodes[0]);
    gate.leave(nodes[2]);
    EXPECT_EQ(gate.waiting(), 2U);
    EXPECT_EQ(&gate.admit(begin), &nodes[1]);
    gate.leave(nodes[1]);
    EXPECT_EQ(&gate.admit(begin), &nodes[3]);
    gate.leave(nodes[3]);
    gate.leave(nodes[3]);  // outside already
    EXPECT_EQ(gate.inside(), 0U);
}

TEST(handshake_gate, a_place_may_be_held_for_long_while_nobody_waits) {
    HandshakeGate gate = gate_of(1);
    std::array<Node, 2> nodes;
    gate.arrive(nodes[0]);
    gate.admit(begin);
    EXPECT_EQ(gate.next_overdue(), never);
    EXPECT_EQ(gate.overdue(begin + 1h), nullptr);

    gate.arrive(nodes[1]);
    EXPECT_EQ(gate.next_overdue(), begin + HandshakeGate::patience);
    EXPECT_EQ(gate.overdue(begin + HandshakeGate::patience - 1ns), nullptr);
    EXPECT_EQ(gate.overdue(begin + HandshakeGate::patience), &nodes[0]);
}

TEST(handshake_gate, one_gives_way_for_each_that_waits_and_no_more) {
    HandshakeGate gate = gate_of(3);
    std::array<Node, 4> nodes;
    for (int i = 0; i < 3; ++i) {
        gate.arrive(nodes[i]);
        gate.admit(begin + i * 1ms);
    }
    gate.arrive(nodes[3]);
    const TimePoint late = begin + 1h;
    Node* const first = gate.overdue(late);
    ASSERT_EQ(first, &nodes[0]);
    gate.leave(*first);
    EXPECT_EQ(gate.overdue(late), nullptr) << "there is a place for the one who waits";
    EXPECT_EQ(&gate.admit(late), &nodes[3]);
    EXPECT_EQ(gate.overdue(late), nullptr) << "nobody waits";
}

TEST(handshake_gate, fewer_places_end_nobody_and_admit_nobody_until_enough_have_left) {
    HandshakeGate gate = gate_of(3);
    std::array<Node, 4> nodes;
    for (Node& node : nodes) gate.arrive(node);
    for (int i = 0; i < 3; ++i) gate.admit(begin);
    gate.set_places(1);
    gate.leave(nodes[0]);
    EXPECT_FALSE(gate.can_admit());
    gate.leave(nodes[1]);
    EXPECT_FALSE(gate.can_admit());
    gate.leave(nodes[2]);
    EXPECT_TRUE(gate.can_admit());
}

// A thousand clients that never answer, and one that does: it is served within the time that the
// places before it take to give way.
TEST(handshake_gate, silent_clients_delay_others_by_their_number_over_the_places) {
    HandshakeGate gate = gate_of(100);
    std::deque<Node> silent(1000);
    Node honest;
    for (Node& node : silent) gate.arrive(node);
    gate.arrive(honest);
    TimePoint now = begin;
    while (!honest.is_inside()) {
        while (Node* const node = gate.overdue(now)) gate.leave(*node);
        while (gate.can_admit()) gate.admit(now);
        if (!honest.is_inside()) now = gate.next_overdue();
        ASSERT_NE(now, never);
        ASSERT_LE(gate.inside(), 100U);
    }
    EXPECT_EQ(now - begin, 10 * HandshakeGate::patience);
}

}  // namespace
}  // namespace spillway::core
