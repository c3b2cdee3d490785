// Sessions behind TLS, in virtual time: who is admitted, who must wait, and for how long.
#include <gtest/gtest.h>

#include <deque>

#include "http/session_harness.hpp"
#include "tls/connection.hpp"
#include "tls/made_pair.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;
using Status = tls::Connection::Status;

/// A client of its own TLS, on the other end of a session's socket.
class SecureWire {
public:
    explicit SecureWire(World& world)
        : world_(world), wire_(world.connect()), tls_(wire_.descriptor()) {}

    /// Sends its hello, and whatever the loop makes of it happens.
    void say_hello() {
        static_cast<void>(tls_.handshake());
        world_.settle();
    }
    /// To its end; false if the server does not go on.
    bool shake_hands() {
        for (int i = 0; i < 4; ++i) {
            const Status status = tls_.handshake();
            world_.settle();
            if (status == Status::done) return true;
        }
        return false;
    }
    void send(std::string_view text) {
        static_cast<void>(tls_.write(text));
        world_.settle();
    }
    std::optional<WireReply> reply() {
        char piece[4096];
        for (;;) {
            const auto step = tls_.read(piece);
            has_ended_ = has_ended_ || step.status == Status::ended;
            if (step.status != Status::done) break;
            received_.append(piece, step.bytes);
        }
        return take_reply(received_);
    }
    bool has_ended() {
        static_cast<void>(reply());
        return has_ended_;
    }
    tls::Connection& tls() { return tls_; }
    WireClient& wire() { return wire_; }

private:
    World& world_;
    WireClient wire_;
    tls::Connection tls_;
    std::string received_;
    bool has_ended_ = false;
};

class session_tls : public ::testing::Test {
protected:
    WorldOptions options(std::uint32_t places = 256) {
        WorldOptions all;
        all.server.tls = {.context = pair.context(), .handshakes_max = places};
        return all;
    }
    static std::uint64_t outcome(const World& world, HandshakeOutcome what) {
        return world.context->cells.listeners[0].handshakes[static_cast<std::size_t>(what)].value();
    }
    static std::uint32_t inside(const World& world) {
        return world.context->cells.listeners[0].handshakes_inside.get();
    }
    static std::uint32_t waiting(const World& world) {
        return world.context->cells.listeners[0].handshakes_waiting.get();
    }

    tls::testing::MadePair pair;
};

TEST_F(session_tls, serves_requests_and_says_goodbye) {
    World world(options());
    SecureWire client(world);
    ASSERT_TRUE(client.shake_hands());
    EXPECT_EQ(outcome(world, HandshakeOutcome::done), 1U);
    EXPECT_EQ(inside(world), 0U);
    client.send(get("/page") + get("/page"));
    EXPECT_EQ(client.reply()->body, "a page");
    EXPECT_EQ(client.reply()->body, "a page");
    client.send(get("/page", "Connection: close\r\n"));
    EXPECT_EQ(client.reply()->status, 200);
    EXPECT_TRUE(client.has_ended());
}

TEST_F(session_tls, holds_no_buffers_before_the_handshake_and_while_it_rests) {
    World world(options());
    SecureWire client(world);
    world.settle();
    EXPECT_TRUE(world.context->sessions.front().is_resting());
    ASSERT_TRUE(client.shake_hands());
    EXPECT_FALSE(world.context->sessions.front().is_resting());
    world.advance(1100ms);
    EXPECT_TRUE(world.context->sessions.front().is_resting());
    client.send(get("/page"));
    EXPECT_EQ(client.reply()->body, "a page");
}

TEST_F(session_tls, a_long_reply_is_sent_as_its_reader_takes_it) {
    World world(options());
    SecureWire client(world);
    ASSERT_TRUE(client.shake_hands());
    client.send(get("/long"));
    std::optional<WireReply> reply;
    for (int i = 0; i < 100 && !reply; ++i) {
        reply = client.reply();
        world.settle();
    }
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, std::string(100'000, 'p'));
}

TEST_F(session_tls, a_close_notify_while_working_is_client_gone) {
    World world(options());
    SecureWire client(world);
    ASSERT_TRUE(client.shake_hands());
    client.send(get("/loop"));
    EXPECT_EQ(world.in_flight(), 1U);
    client.tls().end();
    world.settle();
    EXPECT_EQ(world.finished(core::Ending::client_gone), 1U);
    EXPECT_EQ(world.in_flight(), 0U);
}

TEST_F(session_tls, silence_is_closed_in_time_and_no_handshake) {
    World world(options());
    auto client = world.connect();
    world.advance(4900ms);
    EXPECT_FALSE(client.is_ended());
    world.advance(200ms);
    EXPECT_TRUE(client.is_ended());
    for (std::size_t i = 0; i < handshake_outcome_count; ++i)
        EXPECT_EQ(outcome(world, static_cast<HandshakeOutcome>(i)), 0U);
}

TEST_F(session_tls, silence_makes_room_and_a_hello_does_not) {
    World world(options(1));
    SecureWire speaker(world);
    auto silent = world.connect();
    speaker.say_hello();
    EXPECT_TRUE(world.context->make_room());
    world.settle();
    EXPECT_TRUE(silent.is_ended());
    EXPECT_FALSE(world.context->make_room());
    EXPECT_TRUE(speaker.shake_hands());
}

TEST_F(session_tls, who_never_answers_holds_a_place_until_somebody_waits) {
    World world(options(1));
    SecureWire stalled(world);
    stalled.say_hello();
    EXPECT_EQ(inside(world), 1U);
    world.advance(3s);
    EXPECT_EQ(inside(world), 1U) << "nobody waits";

    SecureWire honest(world);
    honest.say_hello();
    EXPECT_EQ(waiting(world), 1U);
    world.advance(10ms);
    EXPECT_EQ(outcome(world, HandshakeOutcome::gave_way), 1U);
    EXPECT_TRUE(honest.shake_hands());
}

TEST_F(session_tls, many_that_never_answer_give_way_at_once) {
    World world(options(3));
    std::deque<SecureWire> clients;
    for (int i = 0; i < 6; ++i) clients.emplace_back(world).say_hello();
    EXPECT_EQ(waiting(world), 3U);
    world.advance(510ms);
    EXPECT_EQ(outcome(world, HandshakeOutcome::gave_way), 3U);
    for (std::size_t i = 3; i < 6; ++i) EXPECT_TRUE(clients[i].shake_hands());
}

TEST_F(session_tls, an_honest_round_trip_is_not_cut_short_by_those_who_wait) {
    World world(options(1));
    SecureWire first(world);
    SecureWire second(world);
    first.say_hello();
    second.say_hello();
    world.advance(400ms);
    EXPECT_EQ(waiting(world), 1U);
    EXPECT_TRUE(first.shake_hands());
    EXPECT_TRUE(second.shake_hands());
    EXPECT_EQ(outcome(world, HandshakeOutcome::done), 2U);
}

TEST_F(session_tls, waiting_ends_at_the_header_timeout_from_the_accept) {
    WorldOptions all = options(1);
    all.server.header_timeout = 300ms;  // less than what a held place is safe for
    World world(std::move(all));
    SecureWire holder(world);
    SecureWire waiter(world);
    holder.say_hello();
    waiter.say_hello();
    EXPECT_EQ(waiting(world), 1U);
    world.advance(310ms);
    EXPECT_EQ(outcome(world, HandshakeOutcome::timeout), 1U);
    EXPECT_EQ(outcome(world, HandshakeOutcome::no_place), 1U);
    EXPECT_EQ(world.connections(), 0U);
}

TEST_F(session_tls, a_waiter_that_leaves_is_skipped) {
    World world(options(1));
    SecureWire holder(world);
    holder.say_hello();
    std::deque<SecureWire> gone;
    for (int i = 0; i < 3; ++i) gone.emplace_back(world).say_hello();
    EXPECT_EQ(waiting(world), 3U);
    for (auto& client : gone) client.wire().close();
    EXPECT_TRUE(holder.shake_hands());
    world.settle();
    EXPECT_EQ(outcome(world, HandshakeOutcome::client_gone), 3U);
    EXPECT_EQ(world.connections(), 1U);
}

TEST_F(session_tls, pieces_of_a_hello_hold_no_place_and_may_come_slowly) {
    World world(options(1));
    SecureWire whole(world);
    auto pieces = world.connect("\x16\x03\x01");
    EXPECT_EQ(inside(world), 0U);
    world.advance(30ms);
    pieces.send(std::string("\0", 1));
    world.advance(30ms);
    EXPECT_TRUE(whole.shake_hands());
    world.advance(5s);
    EXPECT_TRUE(pieces.is_ended());
    EXPECT_EQ(outcome(world, HandshakeOutcome::timeout), 1U);
}

TEST_F(session_tls, plain_http_gets_a_plain_answer) {
    World world(options());
    auto client = world.connect(get("/page"));
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 400);
    EXPECT_TRUE(reply->closes());
    EXPECT_TRUE(client.is_ended());
    EXPECT_EQ(world.http_errors(400), 1U);
    EXPECT_EQ(outcome(world, HandshakeOutcome::not_tls), 1U);
}

TEST_F(session_tls, a_new_pair_is_for_new_handshakes) {
    World world(options());
    SecureWire before(world);
    ASSERT_TRUE(before.shake_hands());
    pair.renew();
    world.reconfigure(options().server, RouteOptions{.methods = {"GET"}});
    before.send(get("/page"));
    EXPECT_EQ(before.reply()->status, 200);
    SecureWire after(world);
    ASSERT_TRUE(after.shake_hands());
    after.send(get("/page"));
    EXPECT_EQ(after.reply()->status, 200);
}

TEST_F(session_tls, a_drain_ends_handshakes_too) {
    World world(options(1));
    SecureWire holder(world);
    SecureWire waiter(world);
    auto silent = world.connect();
    holder.say_hello();
    waiter.say_hello();
    world.begin_drain(500ms);
    world.advance(510ms);
    EXPECT_TRUE(silent.is_ended());
    world.cut();
    EXPECT_EQ(world.connections(), 0U);
    EXPECT_EQ(inside(world) + waiting(world), 0U);
}

}  // namespace
}  // namespace spillway::http::testing
