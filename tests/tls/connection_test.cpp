// Both ends of a connection on a pair of sockets, step by step.
#include "tls/connection.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "tls/made_pair.hpp"

namespace spillway::tls {
namespace {

using Status = Connection::Status;

class Pair : public ::testing::Test {
protected:
    ~Pair() override {
        for (const int socket : sockets) ::close(socket);
    }

    void shake_hands() {
        for (int i = 0; i < 8; ++i) {
            const Status ours = client.handshake();
            const Status theirs = server.handshake();
            if (ours == Status::done && theirs == Status::done) return;
        }
        FAIL() << "no end to the handshake";
    }
    std::string read(Connection& connection) {
        std::string all;
        std::array<char, 4096> piece{};
        for (;;) {
            const auto step = connection.read(piece);
            if (step.status != Status::done) return all;
            all.append(piece.data(), step.bytes);
        }
    }

    static std::array<int, 2> connected() {
        std::array<int, 2> pair{};
        SPILLWAY_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) == 0);
        const int small = 16 * 1024;
        ::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
        return pair;
    }

    const std::array<int, 2> sockets = connected();
    testing::MadePair made;
    Connection server{*made.context(), sockets[0]};
    Connection client{sockets[1]};
};

TEST_F(Pair, what_one_writes_the_other_reads) {
    shake_hands();
    EXPECT_EQ(client.write(std::string("hello")).bytes, 5U);
    EXPECT_EQ(read(server), "hello");
    EXPECT_EQ(server.write(std::string("world")).bytes, 5U);
    EXPECT_EQ(read(client), "world");
    EXPECT_FALSE(server.is_resumed());
}

TEST_F(Pair, a_full_socket_says_so_and_takes_up_where_it_was) {
    shake_hands();
    const std::string reply(200'000, 'r');
    std::string got;
    std::size_t sent = 0;
    bool was_full = false;
    while (sent < reply.size()) {
        const auto step = server.write(std::span(reply).subspan(sent));
        sent += step.bytes;
        was_full = was_full || step.status == Status::want_write;
        if (step.status == Status::want_write) got += read(client);
        ASSERT_NE(step.status, Status::failed);
    }
    got += read(client);
    EXPECT_TRUE(was_full);
    EXPECT_EQ(got, reply);
}

TEST_F(Pair, an_end_is_seen_whether_it_is_said_or_not) {
    shake_hands();
    std::array<char, 16> piece{};
    EXPECT_FALSE(server.has_ended());
    static_cast<void>(client.write(std::string("x")));
    client.end();
    EXPECT_FALSE(server.has_ended()) << "there is something before it";
    EXPECT_EQ(read(server), "x");
    EXPECT_TRUE(server.has_ended());
    EXPECT_EQ(server.read(piece).status, Status::ended);

    server.end();
    EXPECT_EQ(client.read(piece).status, Status::ended);
}

TEST_F(Pair, a_fin_counts_as_an_end) {
    shake_hands();
    ::shutdown(sockets[1], SHUT_WR);
    std::array<char, 16> piece{};
    EXPECT_EQ(server.read(piece).status, Status::ended);
}

TEST_F(Pair, noise_fails_once_and_for_all) {
    shake_hands();
    const std::string noise(64, '\x17');
    ASSERT_EQ(::send(sockets[1], noise.data(), noise.size(), 0), 64);
    std::array<char, 16> piece{};
    EXPECT_EQ(server.read(piece).status, Status::failed);
    EXPECT_EQ(server.read(piece).status, Status::failed);
    EXPECT_EQ(server.write(std::string("x")).status, Status::failed);
    server.end();
}

/// A client that may do what Connection never does.
class RudePair : public Pair {
protected:
    RudePair() {
        SSL_set_fd(rude, sockets[1]);
        SSL_set_connect_state(rude);
        for (int i = 0; i < 8 && SSL_is_init_finished(rude) == 0; ++i) {
            SSL_do_handshake(rude);
            static_cast<void>(server.handshake());
        }
        SPILLWAY_ASSERT(SSL_is_init_finished(rude) == 1);
        static_cast<void>(server.handshake());
    }
    ~RudePair() override {
        SSL_free(rude);
        SSL_CTX_free(context);
    }
    void update_keys(int times) {
        for (int i = 0; i < times; ++i) {
            ASSERT_EQ(SSL_key_update(rude, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
            ASSERT_EQ(SSL_do_handshake(rude), 1);
        }
    }

    static std::array<int, 2> non_blocking(std::array<int, 2> pair) {
        for (const int socket : pair) ::fcntl(socket, F_SETFL, O_NONBLOCK);
        return pair;
    }

    const std::array<int, 2> ready = non_blocking(sockets);
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    SSL* const rude = SSL_new(context);
};

TEST_F(RudePair, keys_may_change_now_and_then) {
    for (int i = 0; i < 100; ++i) {
        update_keys(Connection::idle_records_max / 2);
        ASSERT_EQ(SSL_write(rude, "x", 1), 1);
        ASSERT_EQ(read(server), "x");
    }
}

TEST_F(RudePair, who_does_nothing_but_change_keys_is_taken_for_an_attacker) {
    update_keys(100);
    ASSERT_EQ(SSL_write(rude, "x", 1), 1);
    std::array<char, 16> piece{};
    EXPECT_EQ(server.read(piece).status, Status::failed);
    EXPECT_EQ(server.read(piece).status, Status::failed);
}

TEST_F(RudePair, an_attack_of_that_kind_is_seen_while_looking_ahead_too) {
    update_keys(100);
    EXPECT_TRUE(server.has_ended());
    std::array<char, 16> piece{};
    EXPECT_EQ(server.read(piece).status, Status::failed);
}

TEST_F(Pair, a_hello_is_looked_at_and_left_where_it_is) {
    EXPECT_EQ(look_at_hello(sockets[0]).kind, Hello::Kind::silence);
    EXPECT_EQ(client.handshake(), Status::want_read);
    EXPECT_EQ(look_at_hello(sockets[0]).kind, Hello::Kind::whole);
    EXPECT_EQ(look_at_hello(sockets[0]).kind, Hello::Kind::whole);
    shake_hands();
}

TEST_F(Pair, half_a_hello_says_how_many_bytes_make_a_whole) {
    const auto send = [this](std::string_view bytes) {
        ::send(sockets[1], bytes.data(), bytes.size(), 0);
    };
    using namespace std::string_view_literals;
    send("\x16\x03"sv);
    auto hello = look_at_hello(sockets[0]);
    EXPECT_EQ(hello.kind, Hello::Kind::partial);
    EXPECT_EQ(hello.bytes, 5U);
    send("\x01\x01\x04"sv);
    hello = look_at_hello(sockets[0]);
    EXPECT_EQ(hello.kind, Hello::Kind::partial);
    EXPECT_EQ(hello.bytes, 5U + 260U);
    ::shutdown(sockets[1], SHUT_WR);
    EXPECT_EQ(look_at_hello(sockets[0]).kind, Hello::Kind::partial);
}

TEST_F(Pair, what_is_no_tls_is_known_by_its_first_byte) {
    ::send(sockets[1], "G", 1, 0);
    const auto hello = look_at_hello(sockets[0]);
    EXPECT_EQ(hello.kind, Hello::Kind::other);
    EXPECT_EQ(hello.first, 'G');
}

}  // namespace
}  // namespace spillway::tls
