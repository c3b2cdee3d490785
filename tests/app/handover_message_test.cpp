#include "app/handover_message.hpp"

#include <gtest/gtest.h>

namespace spillway::app::handover {
namespace {

TEST(handover_message, each_is_read_as_it_was_written) {
    const std::vector<Message> all{
        Take{},
        Sockets{.first = 0, .total = 1, .notes = {{.is_control = true}}},
        Sockets{.first = 64,
                .total = 70,
                .notes = {{}, {.is_kept = true}, {.is_control = true, .is_kept = true}}},
        Ready{},
        Ready{{0, 17, 8191}},
        Released{},
        Refused{"another hand-over is under way"}};
    for (const Message& message : all) {
        const std::string text = encode(message);
        EXPECT_EQ(decode(text), message) << text;
    }
}

TEST(handover_message, a_person_can_read_it) {
    EXPECT_EQ(encode(Sockets{0, 2, {{false, false}, {true, true}}}),
              "spillway-handover 1 sockets 0 2\npublic\ncontrol kept\n");
    EXPECT_EQ(encode(Ready{{3, 4}}), "spillway-handover 1 ready 3 4\n");
}

TEST(handover_message, a_take_of_another_version_is_understood_so_that_it_can_be_refused) {
    const auto message = decode("spillway-handover 7 take\n");
    ASSERT_TRUE(message);
    EXPECT_EQ(std::get<Take>(*message).version, 7U);
    EXPECT_TRUE(decode("spillway-handover 7 refused\nwhy\n"));
    EXPECT_FALSE(decode("spillway-handover 7 ready\n"));
    EXPECT_FALSE(decode("spillway-handover 7 sockets 0 1\npublic\n"));
}

TEST(handover_message, what_is_none_is_nothing) {
    for (const char* text : {"",
                             "\n",
                             "take\n",
                             "spillway-handover 1 take",
                             "spillway-handover take\n",
                             "spillway-handover 0 take\n",
                             "spillway-handover -1 take\n",
                             "spillway-handover 99999999999999999999 take\n",
                             "spillway-handover 1 give\n",
                             "spillway-handover 1 sockets\n",
                             "spillway-handover 1 sockets 0 0\n",
                             "spillway-handover 1 sockets 0 1\n",
                             "spillway-handover 1 sockets 1 1\npublic\n",
                             "spillway-handover 1 sockets 0 1\npublic\npublic\n",
                             "spillway-handover 1 sockets 0 9999\npublic\n",
                             "spillway-handover 1 sockets 0 1 2\npublic\n",
                             "spillway-handover 1 sockets 0 1\nprivate\n",
                             "spillway-handover 1 ready x\n",
                             "spillway-handover 1 ready 8192\n",
                             "GET / HTTP/1.1\r\n"})
        EXPECT_FALSE(decode(text)) << text;
}

TEST(handover_message, no_more_sockets_ride_with_one_than_the_kernel_takes) {
    Sockets many{0, sockets_max, {}};
    many.notes.resize(sockets_in_message_max);
    EXPECT_TRUE(decode(encode(many)));
    many.notes.emplace_back();
    EXPECT_FALSE(decode(encode(many)));
}

TEST(handover_message, the_longest_fits_into_a_packet) {
    Ready all;
    for (std::size_t i = 0; i < sockets_max; ++i) all.unwanted.push_back(i);
    EXPECT_LE(encode(all).size(), message_bytes_max);
    EXPECT_EQ(decode(encode(all)), Message(all));
    EXPECT_FALSE(decode(std::string(message_bytes_max + 1, '\n')));
}

}  // namespace
}  // namespace spillway::app::handover
