#include "http/passed_sockets.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <set>
#include <stdexcept>

#include "spillway/async/descriptor.hpp"

namespace spillway::http {
namespace {

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using Indices = std::vector<std::size_t>;

tcp::endpoint at(const char* address, std::uint16_t port) { return {make_address(address), port}; }

TEST(passed_sockets, each_serves_the_address_that_it_is_bound_to) {
    const std::vector<WantedAddress> wanted{
        {"public", at("0.0.0.0", 80)}, {"public", at("::", 80)}, {"control", at("127.0.0.1", 81)}};
    const auto matched = match_passed(
        wanted, {{"", at("127.0.0.1", 81)}, {"", at("0.0.0.0", 80)}, {"", at("0.0.0.0", 80)}});
    EXPECT_EQ(matched.by_wanted, (std::vector<Indices>{{1, 2}, {}, {0}}));
    EXPECT_TRUE(matched.unwanted.empty());
}

TEST(passed_sockets, one_on_another_address_or_port_is_unwanted) {
    const std::vector<WantedAddress> wanted{{"public", at("127.0.0.1", 80)}};
    const auto matched = match_passed(
        wanted, {{"", at("0.0.0.0", 80)}, {"", at("127.0.0.1", 81)}, {"", at("127.0.0.1", 80)}});
    EXPECT_EQ(matched.by_wanted, (std::vector<Indices>{{2}}));
    EXPECT_EQ(matched.unwanted, (Indices{0, 1}));
}

TEST(passed_sockets, a_name_holds_one_to_its_listener) {
    const std::vector<WantedAddress> wanted{{"public", at("127.0.0.1", 80)},
                                            {"control", at("127.0.0.1", 81)}};
    const auto matched =
        match_passed(wanted, {{"control", at("127.0.0.1", 80)}, {"control", at("127.0.0.1", 81)}});
    EXPECT_EQ(matched.by_wanted, (std::vector<Indices>{{}, {1}}));
    EXPECT_EQ(matched.unwanted, (Indices{0}));
}

TEST(passed_sockets, a_port_0_takes_all_sockets_of_one_port_of_its_host) {
    const std::vector<WantedAddress> wanted{{"public", at("127.0.0.1", 0)},
                                            {"public", at("127.0.0.1", 0)},
                                            {"control", at("127.0.0.1", 0)}};
    const auto matched = match_passed(wanted, {{"public", at("127.0.0.1", 4001)},
                                               {"public", at("127.0.0.1", 4002)},
                                               {"control", at("127.0.0.1", 4003)},
                                               {"public", at("127.0.0.1", 4001)},
                                               {"public", at("127.0.0.1", 4004)},
                                               {"public", at("127.0.0.2", 4001)}});
    EXPECT_EQ(matched.by_wanted, (std::vector<Indices>{{0, 3}, {1}, {2}}));
    EXPECT_EQ(matched.unwanted, (Indices{4, 5}));
}

TEST(passed_sockets, who_wants_a_port_by_its_number_comes_before_a_port_0) {
    const std::vector<WantedAddress> wanted{{"public", at("127.0.0.1", 0)},
                                            {"public", at("127.0.0.1", 4001)}};
    const auto matched =
        match_passed(wanted, {{"", at("127.0.0.1", 4001)}, {"", at("127.0.0.1", 4002)}});
    EXPECT_EQ(matched.by_wanted, (std::vector<Indices>{{1}, {0}}));
}

TEST(passed_sockets, with_nothing_passed_everything_is_left_to_be_bound) {
    const auto matched = match_passed({{"public", at("127.0.0.1", 80)}}, {});
    EXPECT_EQ(matched.by_wanted, (std::vector<Indices>{{}}));
    EXPECT_TRUE(matched.unwanted.empty());
}

TEST(spread, every_shard_accepts_and_every_socket_is_accepted_from) {
    for (std::size_t shards = 1; shards <= 9; ++shards) {
        for (std::size_t sockets = 1; sockets <= 9; ++sockets) {
            std::set<std::size_t> served;
            std::set<std::size_t> accepting;
            std::set<std::pair<std::size_t, std::size_t>> places;
            for (const auto& place : spread(shards, sockets)) {
                ASSERT_LT(place.shard, shards);
                ASSERT_LT(place.socket, sockets);
                accepting.insert(place.shard);
                served.insert(place.socket);
                EXPECT_TRUE(places.insert({place.shard, place.socket}).second) << "twice";
            }
            EXPECT_EQ(accepting.size(), shards);
            EXPECT_EQ(served.size(), sockets);
        }
    }
}

TEST(spread, as_many_sockets_as_shards_are_one_each) {
    EXPECT_EQ(spread(2, 2), (std::vector<ListenerPlace>{{0, 0}, {1, 1}}));
}

TEST(listening_endpoint, only_a_tcp_socket_that_listens_has_one) {
    const async::Descriptor idle(::socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_THROW((void)listening_endpoint(idle.get(), "it"), std::runtime_error);
    const async::Descriptor datagrams(::socket(AF_INET, SOCK_DGRAM, 0));
    EXPECT_THROW((void)listening_endpoint(datagrams.get(), "it"), std::runtime_error);
    EXPECT_THROW((void)listening_endpoint(-1, "it"), std::runtime_error);

    ASSERT_EQ(::listen(idle.get(), 1), 0);  // on a port that the kernel chooses
    EXPECT_NE(listening_endpoint(idle.get(), "it").port(), 0);
}

TEST(socket_identity, is_the_same_for_two_descriptors_of_one_socket) {
    const async::Descriptor one(::socket(AF_INET, SOCK_STREAM, 0));
    const async::Descriptor same(::dup(one.get()));
    const async::Descriptor other(::socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(socket_identity(one.get()), socket_identity(same.get()));
    EXPECT_NE(socket_identity(one.get()), socket_identity(other.get()));
}

}  // namespace
}  // namespace spillway::http
