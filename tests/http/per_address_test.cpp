#include "http/per_address.hpp"

#include <gtest/gtest.h>

namespace spillway::http {
namespace {

constexpr core::HashKey secret{.k0 = 1, .k1 = 2};

ClientKey key_of(const char* address) { return client_key(boost::asio::ip::make_address(address)); }

TEST(PerAddress, each_address_has_the_cap_to_itself) {
    PerAddress connections(2, secret);
    const ClientKey one = key_of("192.0.2.1");
    EXPECT_TRUE(connections.try_enter(one));
    EXPECT_TRUE(connections.try_enter(one));
    EXPECT_FALSE(connections.try_enter(one));
    EXPECT_TRUE(connections.try_enter(key_of("192.0.2.2")));
    connections.leave(one);
    EXPECT_TRUE(connections.try_enter(one));
}

TEST(PerAddress, whoever_has_left_is_forgotten) {
    PerAddress connections(1, secret);
    const ClientKey one = key_of("192.0.2.1");
    ASSERT_TRUE(connections.try_enter(one));
    EXPECT_FALSE(connections.try_enter(one));
    EXPECT_EQ(connections.size(), 1U);
    connections.leave(one);
    EXPECT_EQ(connections.size(), 0U);
}

TEST(PerAddress, a_cap_that_was_lowered_lets_in_who_comes_when_there_is_room) {
    PerAddress connections(2, secret);
    const ClientKey one = key_of("192.0.2.1");
    ASSERT_TRUE(connections.try_enter(one));
    ASSERT_TRUE(connections.try_enter(one));
    connections.set_max(1);
    connections.leave(one);
    EXPECT_FALSE(connections.try_enter(one));
    connections.leave(one);
    EXPECT_TRUE(connections.try_enter(one));
}

TEST(PerAddress, a_cap_that_was_taken_away_meanwhile_refuses_nobody_and_leaves_nothing) {
    PerAddress connections(1, secret);
    const ClientKey one = key_of("192.0.2.1");
    connections.set_max(0);
    EXPECT_TRUE(connections.try_enter(one));
    EXPECT_TRUE(connections.try_enter(one));
    connections.leave(one);
    connections.leave(one);
    EXPECT_EQ(connections.size(), 0U);
}

}  // namespace
}  // namespace spillway::http
