#include "spillway/core/handover.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

namespace spillway::core {
namespace {

TEST(Handover, who_grows_gets_what_others_give_back_and_no_more) {
    std::array parts{RoomPart{.wanted = 2, .had = 8, .held = 8},
                     RoomPart{.wanted = 10, .had = 4, .held = 4}};
    hand_over(12, parts);
    EXPECT_EQ(parts[0].allowed, 2U);
    EXPECT_EQ(parts[1].allowed, 4U) << "the room is full";
    parts[0] = {.wanted = 2, .had = 2, .held = 5};
    parts[1].had = parts[1].allowed;
    hand_over(12, parts);
    EXPECT_EQ(parts[1].allowed, 7U);
    parts[0].held = 1;
    parts[1].had = parts[1].allowed;
    hand_over(12, parts);
    EXPECT_EQ(parts[1].allowed, 10U);
}

TEST(Handover, all_is_there_at_once_where_nobody_holds_too_much) {
    std::array parts{RoomPart{.wanted = 3, .had = 9, .held = 1},
                     RoomPart{.wanted = 9, .had = 0, .held = 0}};
    hand_over(12, parts);
    EXPECT_EQ(parts[0].allowed, 3U);
    EXPECT_EQ(parts[1].allowed, 9U);
}

TEST(Handover, random_changes_never_overfill_the_room_and_come_to_their_end) {
    for (std::uint32_t seed = 0; seed < 500; ++seed) {
        std::mt19937 random(seed);
        constexpr std::uint32_t room = 20;
        std::vector<RoomPart> parts(1 + random() % 4);
        const auto want = [&] {
            std::uint32_t left = room;
            for (RoomPart& part : parts) left -= part.wanted = random() % (left + 1);
        };
        want();
        for (int step = 0; step < 60; ++step) {
            if (random() % 8 == 0) want();
            hand_over(room, parts);
            std::uint32_t sum = 0;
            for (RoomPart& part : parts) {
                part.had = part.allowed;
                // Whatever the others do, each may fill what it has, and work ends when it ends.
                if (part.held < part.had) part.held += random() % (part.had - part.held + 1);
                sum += part.held;
            }
            ASSERT_LE(sum, room) << "seed " << seed;
            for (RoomPart& part : parts) part.held -= random() % (part.held + 1);
        }
        for (RoomPart& part : parts) part.held = 0;
        hand_over(room, parts);
        for (const RoomPart& part : parts) ASSERT_EQ(part.allowed, part.wanted) << "seed " << seed;
    }
}

}  // namespace
}  // namespace spillway::core
