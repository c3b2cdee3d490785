// Memory runs out at each large allocation that a request makes, one after the other: that request
// may be lost, and its connection. Nothing else may be.

#include <functional>
#include <string>
#include <vector>

#include "exhaustion/failing_new.hpp"
#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using spillway::testing::allocations_counted;
using spillway::testing::FailingAllocations;
using spillway::testing::reset_allocations;

using namespace std::chrono_literals;

/// A world in which the loop runs out of memory once.
class Exhausted {
public:
    Exhausted(WorldOptions o, std::uint64_t fails_at) : world(std::move(o)), fails_at_(fails_at) {}

    WireClient connect() { return world.connect(); }
    void settle() {
        const FailingAllocations failing(fails_at_);
        world.settle();
    }
    void send(WireClient& client, std::string_view text) {
        client.send(text);
        settle();
    }
    void advance(core::Duration by) {
        virtual_time = virtual_now() + by;
        world.limiter.tick(virtual_now());
        const FailingAllocations failing(fails_at_);
        world.context->sweeper.sweep(virtual_now());
        world.settle();
    }
    void let_go(LoopHandler::Finish finish = LoopHandler::echo) {
        if (world.loop_handler.working() > 0) world.loop_handler.let_go(std::move(finish));
        settle();
    }

    World world;

private:
    std::uint64_t fails_at_;
};

struct Story {
    std::string name;
    std::function<void(Exhausted&)> tell;
};

WorldOptions options() {
    return {.route = {.methods = {"GET", "POST"}, .deadline = 5s},
            .limiter = {.name = "only", .limit = 1, .queue = {.capacity = 2}, .wait_timeout = 1s}};
}

const std::vector<Story> stories{
    {"refused",
     [](Exhausted& e) {
         std::vector<WireClient> others;
         for (int i = 0; i < 3; ++i) others.push_back(e.world.connect(get("/loop")));
         auto client = e.connect();
         e.send(client, get("/loop", "X-Request-Id: mine\r\n"));
     }},
    {"queued_until_its_timeout",
     [](Exhausted& e) {
         auto first = e.connect();
         e.send(first, get("/loop"));
         auto second = e.connect();
         e.send(second, get("/loop"));
         e.advance(2s);
     }},
    {"with_a_body",
     [](Exhausted& e) {
         auto client = e.connect();
         e.send(client, post("/loop?now", std::string(40'000, 'b')));
         auto slow = e.connect();
         const std::string text = post("/loop?now", std::string(9'000, 'b'));
         e.send(slow, text.substr(0, 700));
         e.send(slow, text.substr(700, 5'000));
         e.send(slow, text.substr(5'700));
     }},
    {"streamed",
     [](Exhausted& e) {
         auto client = e.connect();
         const std::string text = post("/stream?now", std::string(9'000, 'b'));
         e.send(client, text.substr(0, 4'000));
         e.send(client, text.substr(4'000));
     }},
    {"with_a_large_reply_read_slowly",
     [](Exhausted& e) {
         auto client = e.connect();
         e.send(client, get("/loop"));
         e.let_go([](Exchange&) { return x_reply(300'000); });
         for (int i = 0; i < 40; ++i) {
             client.read(16'384);
             e.settle();
         }
     }},
    {"with_a_handler_that_needs_memory",
     [](Exhausted& e) {
         auto client = e.connect();
         e.send(client, get("/loop"));
         e.let_go(
             [](Exchange&) { return Reply::text(200, "text/plain", std::string(5'000, 'h')); });
     }},
    {"pages",
     [](Exhausted& e) {
         auto client = e.connect();
         e.send(client, get("/page"));
         e.send(client, get("/long"));
         for (int i = 0; i < 20; ++i) {
             client.read(16'384);
             e.settle();
         }
         e.send(client, get("/nowhere"));
     }},
};

void expect_others_served(World& world) {
    world.advance(200s);  // whatever had a time limit is over
    auto other = world.connect(get("/loop?now"));
    world.settle();
    const auto reply = other.reply();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status, 200);
}

class OutOfMemory : public ::testing::TestWithParam<Story> {};

TEST_P(OutOfMemory, CostsOneConnectionAtMost) {
    const Story& story = GetParam();
    std::uint64_t allocations = 0;
    {
        reset_allocations();
        Exhausted all_well(options(), FailingAllocations::none);
        story.tell(all_well);
        allocations = allocations_counted();
    }
    ASSERT_GT(allocations, 0U);
    for (std::uint64_t n = 1; n <= allocations; ++n) {
        SCOPED_TRACE("allocation " + std::to_string(n) + " of " + std::to_string(allocations));
        reset_allocations();
        Exhausted exhausted(options(), n);
        ASSERT_NO_THROW(story.tell(exhausted));
        while (exhausted.world.loop_handler.working() > 0) exhausted.world.loop_handler.let_go();
        exhausted.world.settle_jobs();
        exhausted.world.check();
        expect_others_served(exhausted.world);
        if (HasFatalFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Request, OutOfMemory, ::testing::ValuesIn(stories),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace spillway::http::testing
