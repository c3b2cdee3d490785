// Keys of tickets take turns, and each opens for as long as a ticket of its is good.
#include "tls/ticket_keys.hpp"

#include <gtest/gtest.h>

namespace spillway::tls {
namespace {

constexpr std::int64_t begin = 1'000'000;
constexpr std::int64_t period = TicketKeys::period_s;

unsigned char drawn = 0;

bool count_up(std::span<unsigned char> bytes) {
    ++drawn;
    std::fill(bytes.begin(), bytes.end(), drawn);
    return true;
}
bool draw_nothing(std::span<unsigned char>) { return false; }

TEST(tls_ticket_keys, one_key_seals_for_a_period_and_opens_for_two) {
    TicketKeys keys(count_up);
    const auto first = keys.sealing(begin);
    ASSERT_TRUE(first);
    EXPECT_EQ(keys.sealing(begin + period - 1), first);
    EXPECT_FALSE(keys.opening(first->name, begin + period - 1)->is_old);

    const auto second = keys.sealing(begin + period);
    EXPECT_NE(second, first);
    ASSERT_TRUE(keys.opening(first->name, begin + period));
    EXPECT_TRUE(keys.opening(first->name, begin + period)->is_old);
    EXPECT_EQ(keys.opening(first->name, begin + 2 * period - 1)->key, *first);

    EXPECT_FALSE(keys.opening(first->name, begin + 2 * period));
    EXPECT_TRUE(keys.opening(second->name, begin + 2 * period)->is_old);
}

TEST(tls_ticket_keys, a_key_that_nobody_has_asked_for_in_time_opens_no_more) {
    TicketKeys keys(count_up);
    const auto first = keys.sealing(begin);
    EXPECT_FALSE(keys.opening(first->name, begin + 2 * period));
}

TEST(tls_ticket_keys, a_name_that_is_not_known_opens_nothing) {
    TicketKeys keys(count_up);
    const TicketKeys::Key foreign;
    EXPECT_FALSE(keys.opening(foreign.name, begin));
}

TEST(tls_ticket_keys, without_random_bytes_there_is_no_first_key) {
    TicketKeys keys(draw_nothing);
    EXPECT_FALSE(keys.sealing(begin));
    EXPECT_FALSE(keys.opening(TicketKeys::Key{}.name, begin));
}

}  // namespace
}  // namespace spillway::tls
