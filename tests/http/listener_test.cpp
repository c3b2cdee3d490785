// What a listener does when nothing can be accepted, and when its cap is reached.

#include "http/listener.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <vector>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;

/// A listening socket of its own, passed to a listener as a service manager does.
class Passed {
public:
    explicit Passed(World& world, ListenerKind kind = ListenerKind::open)
        : world_(world), ours_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        SPILLWAY_ASSERT(::bind(ours_.get(), generic(address), sizeof(address)) == 0);
        SPILLWAY_ASSERT(::listen(ours_.get(), 16) == 0);
        listener_.emplace(*world.context, kind, async::Descriptor(::dup(ours_.get())), true);
        listener_->start();
        turn();
    }
    Passed(const Passed&) = delete;
    Passed& operator=(const Passed&) = delete;
    ~Passed() { listener_->abandon(); }

    /// Never more than this: a listener that spins would not end.
    void turn() {
        world_.loop.restart();
        for (int i = 0; i < 100; ++i) world_.loop.poll_one();
    }
    void advance(core::Duration by) {
        virtual_time = virtual_now() + by;
        world_.context->sweeper.sweep(virtual_now());
        turn();
    }
    WireClient connect() {
        sockaddr_in address{};
        socklen_t size = sizeof(address);
        SPILLWAY_ASSERT(::getsockname(ours_.get(), generic(address), &size) == 0);
        const int client = ::socket(AF_INET, SOCK_STREAM, 0);
        SPILLWAY_ASSERT(::connect(client, generic(address), size) == 0);
        turn();
        return WireClient(client);
    }
    void shut_down() { SPILLWAY_ASSERT(::shutdown(ours_.get(), SHUT_RDWR) == 0); }
    Listener& listener() { return *listener_; }

private:
    static sockaddr* generic(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

    World& world_;
    async::Descriptor ours_;
    std::optional<Listener> listener_;
};

std::uint64_t refused(const World& world, ListenerKind kind, ConnectionRefusal why) {
    return world.context->cells.listeners[static_cast<std::size_t>(kind)]
        .refused[static_cast<std::size_t>(why)]
        .value();
}

TEST(Listener, a_socket_that_its_owner_has_shut_down_is_asked_again_every_20_ms_and_told_of) {
    World world;
    Passed passed(world);
    passed.shut_down();
    passed.turn();
    ASSERT_EQ(world.observer.accept_errors, std::vector<std::string>{"Invalid argument"});
    passed.advance(10ms);
    ASSERT_EQ(world.observer.accept_errors.size(), 1U);
    passed.advance(15ms);
    EXPECT_EQ(world.observer.accept_errors.size(), 2U);
    EXPECT_EQ(refused(world, ListenerKind::open, ConnectionRefusal::accept_failed), 2U);
}

TEST(Listener, a_socket_that_has_been_shut_down_keeps_no_drain_waiting) {
    World world;
    Passed passed(world);
    passed.shut_down();
    EXPECT_FALSE(passed.listener().has_backlog());
}

class ControlCap : public ::testing::Test {
protected:
    static WorldOptions options() {
        WorldOptions all;
        all.server.control_connections_max = 2;
        return all;
    }
    std::uint64_t made_room() {
        return refused(world, ListenerKind::control, ConnectionRefusal::made_room);
    }
    void ask(WireClient& client) {
        client.send(get("/page"));
        passed.turn();
    }

    World world{options()};
    Passed passed{world, ListenerKind::control};
};

TEST_F(ControlCap, the_longest_idle_connection_makes_room_for_a_newcomer) {
    WireClient first = passed.connect();
    WireClient second = passed.connect();
    passed.advance(10ms);
    ask(first);
    ASSERT_EQ(first.reply()->status, 200);
    WireClient newcomer = passed.connect();
    ask(newcomer);
    passed.advance(10ms);
    ASSERT_TRUE(second.is_ended());
    EXPECT_EQ(newcomer.reply()->status, 200);
    EXPECT_FALSE(first.is_ended());
    EXPECT_EQ(made_room(), 1U);
}

TEST_F(ControlCap, who_has_asked_or_is_asking_does_not) {
    WireClient first = passed.connect();
    WireClient second = passed.connect();
    first.send("GET /pa");
    second.send("GET /pa");
    passed.turn();
    WireClient newcomer = passed.connect();
    ask(newcomer);
    passed.advance(10ms);
    EXPECT_FALSE(newcomer.reply());
    first.send("ge HTTP/1.1\r\nHost: a\r\n\r\n");
    passed.turn();
    EXPECT_EQ(first.reply()->status, 200);
    passed.advance(10ms);
    passed.advance(10ms);
    EXPECT_TRUE(first.is_ended()) << "now it is idle";
    EXPECT_EQ(newcomer.reply()->status, 200);
    EXPECT_FALSE(second.is_ended());
    EXPECT_EQ(made_room(), 1U);
}

TEST_F(ControlCap, public_connections_keep_their_places) {
    WireClient idle_public = world.connect();
    passed.turn();
    passed.advance(10ms);
    WireClient first = passed.connect();
    WireClient second = passed.connect();
    WireClient newcomer = passed.connect();
    ask(newcomer);
    passed.advance(10ms);
    EXPECT_EQ(newcomer.reply()->status, 200);
    EXPECT_FALSE(idle_public.is_ended());
    EXPECT_TRUE(first.is_ended());
}

}  // namespace
}  // namespace spillway::http::testing
