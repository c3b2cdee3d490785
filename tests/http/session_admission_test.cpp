// Requests that are refused, that wait, and that leave: whatever happens, each is counted once.
#include <gtest/gtest.h>

#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;
using core::DropReason;
using core::Ending;
using core::RejectReason;

/// One permit and one place in the queue, both taken.
struct FullHouse {
    explicit FullHouse(WorldOptions options = {})
        : world(std::move(options)),
          holder(world.connect(get("/loop"))),
          waiter(world.connect(get("/loop"))) {
        EXPECT_EQ(world.in_flight(), 1U);
        EXPECT_EQ(world.waiting(), 1U);
    }
    World world;
    WireClient holder, waiter;
};

TEST(session_admission, with_the_queue_full_a_request_is_refused_and_the_connection_kept) {
    FullHouse house;
    auto client = house.world.connect(get("/loop") + get("/loop"));
    for (int i = 0; i < 2; ++i) {
        const auto reply = client.reply();
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->status, 503);
        EXPECT_EQ(reply->reason(), "queue_full");
        EXPECT_EQ(reply->field("X-Inflight"), "1");
        EXPECT_EQ(reply->field("Content-Type"), "application/problem+json");
        EXPECT_GE(std::stoi(reply->field("Retry-After")), 1);
        EXPECT_NE(reply->body.find("\"retry_after_seconds\":" + reply->field("Retry-After") + "}"),
                  std::string::npos);
    }
    EXPECT_FALSE(client.is_ended());
    EXPECT_EQ(house.world.rejected(RejectReason::queue_full), 2U);
    client.send(get("/page"));
    house.world.settle();
    EXPECT_EQ(client.reply()->body, "a page") << "pages bypass admission";
}

TEST(session_admission, a_limiter_may_refuse_with_429) {
    FullHouse house(
        {.limiter = {.name = "only", .limit = 1, .queue = {.capacity = 1}, .refusal_status = 429}});
    auto client = house.world.connect(get("/loop"));
    const auto reply = client.reply();
    EXPECT_EQ(reply->status, 429);
    EXPECT_EQ(reply->reason(), "queue_full");
}

TEST(session_admission, a_refused_head_has_no_body) {
    FullHouse house;
    auto client = house.world.connect(request("HEAD", "/loop") + get("/page"));
    EXPECT_EQ(client.reply(false)->status, 503);
    EXPECT_EQ(client.reply()->body, "a page");
}

TEST(session_admission, the_body_of_a_refused_request_is_discarded_and_the_next_one_served) {
    FullHouse house;
    auto& world = house.world;
    auto client = world.connect(post("/loop", "with the header") + get("/page"));
    EXPECT_EQ(client.reply()->status, 503);
    EXPECT_EQ(client.reply()->body, "a page");
    // In pieces, and chunked.
    client.send(request("POST", "/loop", chunked) + "3\r\nab");
    world.settle();
    EXPECT_EQ(client.reply()->status, 503) << "before the body has come";
    client.send("c\r\n0\r");
    world.settle();
    client.send("\n\r\n" + get("/page"));
    world.settle();
    EXPECT_EQ(client.reply()->body, "a page");
    // More than the buffer holds.
    client.send(request("POST", "/loop", "Content-Length: 100000\r\n"));
    world.settle();
    EXPECT_EQ(client.reply()->status, 503);
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(client.send(std::string(1000, 'x')));
        if (i % 3 == 0) world.settle();
    }
    client.send(get("/page"));
    world.settle();
    EXPECT_EQ(client.reply()->body, "a page");
}

TEST(session_admission, a_large_unread_body_ends_the_connection) {
    FullHouse house;
    auto client = house.world.connect(request("POST", "/loop", "Content-Length: 300000\r\n"));
    const auto reply = client.reply();
    EXPECT_EQ(reply->status, 503);
    EXPECT_TRUE(reply->closes());
    EXPECT_TRUE(client.is_ended());
    EXPECT_TRUE(client.send("still sending")) << "it is read on, so that the reply is not lost";
    client.close();
    house.world.settle();
}

TEST(session_admission, an_endless_chunked_body_is_not_discarded_for_ever) {
    FullHouse house({.server = {.discard_bytes_max = 10'000}});
    auto client = house.world.connect(request("POST", "/loop", chunked));
    EXPECT_EQ(client.reply()->status, 503);
    for (int i = 0; i < 20; ++i) {
        client.send("3e8\r\n" + std::string(1000, 'x') + "\r\n");
        house.world.settle();
    }
    EXPECT_TRUE(client.is_ended());
    client.close();
    house.world.settle();
    EXPECT_EQ(house.world.connections(), 2U);
}

TEST(session_admission, a_body_that_never_comes_is_not_waited_for_for_ever) {
    FullHouse house;
    auto client = house.world.connect(request("POST", "/loop", "Content-Length: 5\r\n"));
    EXPECT_EQ(client.reply()->status, 503);
    house.world.advance(60s);
    EXPECT_TRUE(client.is_ended());
}

TEST(session_admission, a_waiter_gets_the_permit_that_comes_back) {
    FullHouse house;
    auto& world = house.world;
    world.advance(100ms);
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(house.holder.reply()->status, 200);
    EXPECT_EQ(world.in_flight(), 1U);
    world.loop_handler.let_go();
    world.settle();
    const auto reply = house.waiter.reply();
    EXPECT_EQ(reply->field("Server-Timing"), "wait;dur=100.0, service;dur=0.0");
    EXPECT_EQ(reply->field("X-Inflight"), "1");
    world.expect_rest();
}

TEST(session_admission, a_waiter_whose_time_is_up_is_refused_and_its_connection_kept) {
    FullHouse house;
    auto& world = house.world;
    house.waiter.send(get("/page"));
    world.advance(199ms);
    EXPECT_FALSE(house.waiter.reply());
    world.advance(1ms);
    const auto reply = house.waiter.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->reason(), "wait_timeout");
    EXPECT_EQ(world.waiting(), 0U);
    EXPECT_EQ(world.rejected(RejectReason::wait_timeout), 1U);
    EXPECT_EQ(house.waiter.reply()->body, "a page");
}

TEST(session_admission, the_callers_deadline_bounds_the_wait) {
    World world;
    auto holder = world.connect(get("/loop"));
    auto client = world.connect(get("/loop", "Request-Timeout: 0.1\r\n"));
    world.advance(100ms);
    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->reason(), "deadline");
    auto polite = world.connect(get("/loop", "Prefer: x, WAIT=0; y\r\n"));
    EXPECT_EQ(polite.reply()->reason(), "deadline");
    auto broken = world.connect(get("/loop", "Request-Timeout: soon\r\n"));
    EXPECT_EQ(broken.reply()->status, 400);
}

TEST(session_admission, work_that_usually_takes_longer_than_is_left_is_refused_at_once) {
    World world;
    auto client = world.connect(get("/loop"));
    world.advance(2s);
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
    client.send(get("/loop", "Request-Timeout: 1\r\n"));
    world.settle();
    const auto reply = client.reply();
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->reason(), "deadline");
    client.send(get("/loop?now", "Request-Timeout: 3\r\n"));
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
}

// --- clients that leave ------------------------------------------------------------------------

TEST(session_admission, a_waiter_that_leaves_frees_its_place_and_is_counted) {
    for (const bool politely : {true, false}) {
        FullHouse house;
        auto& world = house.world;
        politely ? house.waiter.fin() : house.waiter.close();
        world.settle();
        EXPECT_EQ(world.waiting(), 0U);
        EXPECT_EQ(world.dropped(DropReason::client_gone), 1U);
        EXPECT_EQ(world.connections(), 1U);
        auto next = world.connect(get("/loop"));
        EXPECT_EQ(world.waiting(), 1U);
    }
}

TEST(session_admission, a_fin_behind_a_pipelined_request_is_seen) {
    FullHouse house;
    house.waiter.send(get("/page"));
    house.world.settle();
    house.waiter.fin();
    house.world.settle();
    EXPECT_EQ(house.world.waiting(), 0U);
    EXPECT_EQ(house.world.dropped(DropReason::client_gone), 1U);
}

TEST(session_admission, with_half_close_a_fin_is_no_farewell) {
    FullHouse house({.server = {.half_close = true}});
    auto& world = house.world;
    house.waiter.fin();
    house.holder.fin();
    world.settle();
    EXPECT_EQ(world.waiting(), 1U);
    for (auto* client : {&house.holder, &house.waiter}) {
        world.loop_handler.let_go();
        world.settle();
        EXPECT_EQ(client->reply()->status, 200);
        EXPECT_TRUE(client->is_ended());
    }
    EXPECT_EQ(world.connections(), 0U);
    EXPECT_EQ(world.finished(Ending::ok), 2U);
}

TEST(session_admission, a_client_that_leaves_its_work_ends_it) {
    World world;
    auto client = world.connect(get("/loop"));
    client.fin();
    world.settle();
    EXPECT_EQ(world.loop_handler.working(), 0U);
    EXPECT_EQ(world.finished(Ending::client_gone), 1U);
    EXPECT_EQ(world.connections(), 0U);
    world.expect_rest();
}

TEST(session_admission, a_client_that_leaves_its_job_stops_it) {
    World world({.has_pool = true});
    auto client = world.connect(post("/job", "body"));
    world.job.await_running(1);
    client.close();
    world.settle();
    EXPECT_EQ(world.finished(Ending::client_gone), 1U);
    world.job.await_stopped(1);
    world.settle_jobs();
    world.expect_rest();
}

TEST(session_admission, the_permit_of_a_job_comes_back_when_the_job_has_ended_and_not_before) {
    World world({.has_pool = true});
    world.job.make_stubborn();
    auto client = world.connect(post("/job", "body"));
    world.job.await_running(1);
    client.close();
    world.settle();
    EXPECT_EQ(world.connections(), 0U) << "the connection does not wait for the job";
    EXPECT_EQ(world.in_flight(), 1U);
    EXPECT_EQ(world.shared.body_memory.used(), 4U);
    auto next = world.connect(get("/loop?now"));
    EXPECT_FALSE(next.reply());
    world.job.let_go();
    std::optional<WireReply> reply;
    while (!(reply = next.reply())) world.turn();
    EXPECT_EQ(reply->status, 200);
    world.expect_rest();
}

TEST(session_admission, a_fin_that_came_during_an_earlier_reply_counts_for_the_requests_behind_it) {
    for (const std::string& next : {get("/loop"), post("/loop", "whole"),
                                    request("POST", "/loop", "Content-Length: 5\r\n") + "cut"}) {
        World world;
        auto client = world.connect();
        client.send(get("/loop") + get("/page") + next);
        world.settle();
        // A reply that the client does not read yet.
        world.loop_handler.let_go([](Exchange&) { return x_reply(500'000); });
        world.settle();
        client.fin();
        world.settle();
        for (int i = 0; i < 200; ++i) {
            client.read();
            world.settle();
        }
        EXPECT_EQ(client.reply()->status, 200);
        EXPECT_EQ(client.reply()->body, "a page") << "what needs no waiting is still answered";
        EXPECT_EQ(world.dropped(DropReason::client_gone), 1U) << next;
        EXPECT_EQ(world.connections(), 0U);
        world.expect_rest();
    }
}

TEST(session_admission, pages_are_answered_behind_a_fin) {
    World world;
    auto client = world.connect();
    client.send(get("/page") + get("/nowhere"));
    client.fin();
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
    EXPECT_EQ(client.reply()->status, 404);
    EXPECT_TRUE(client.is_ended());
    EXPECT_EQ(world.connections(), 0U);
}

// --- deadlines ---------------------------------------------------------------------------------

TEST(session_admission, work_that_misses_its_deadline_is_a_504) {
    World world;
    auto client = world.connect(get("/loop") + get("/page"));
    world.advance(4990ms);
    EXPECT_FALSE(client.reply());
    world.advance(20ms);
    EXPECT_EQ(client.reply()->status, 504);
    EXPECT_EQ(client.reply()->body, "a page");
    EXPECT_EQ(world.finished(Ending::deadline), 1U);
    world.expect_rest();
}

TEST(session_admission, a_504_is_on_time_and_the_permit_stays_with_the_job) {
    World world({.has_pool = true});
    world.job.make_stubborn();
    auto client = world.connect(get("/job"));
    world.job.await_running(1);
    world.advance(5010ms);
    EXPECT_EQ(client.reply()->status, 504);
    EXPECT_EQ(world.in_flight(), 1U);
    EXPECT_EQ(world.finished(Ending::deadline), 1U);
    // The connection lives on, and its next request waits like any other.
    client.send(get("/loop?now"));
    world.settle();
    EXPECT_EQ(world.waiting(), 1U);
    world.job.let_go();
    std::optional<WireReply> reply;
    while (!(reply = client.reply())) world.turn();
    EXPECT_EQ(reply->status, 200);
    world.expect_rest();
}

TEST(session_admission, a_job_that_has_not_begun_is_discarded_at_its_deadline) {
    World world(
        {.limiter = {.name = "only", .limit = 2, .queue = {.capacity = 1}}, .has_pool = true});
    auto running = world.connect(get("/job"));
    world.job.await_running(1);
    auto queued = world.connect(get("/job", "Request-Timeout: 1\r\n"));
    EXPECT_EQ(world.in_flight(), 2U);
    world.advance(1010ms);
    EXPECT_EQ(queued.reply()->status, 504);
    EXPECT_EQ(world.in_flight(), 1U);
}

/// Four at first; half of that once anything has met congestion.
admission::LimiterOptions halving_limiter() {
    auto adaptive = core::LimitPolicyOptions::service(core::LimitKind::aimd,
                                                      {.min = 1, .max = 8, .initial = 4});
    std::get<core::AimdLimit::Options>(adaptive.algorithm).backoff_ratio = 0.5;
    adaptive.window.window_min = adaptive.window.window_max = 10ms;
    adaptive.cures = core::LimitCures::none();
    return {.name = "only", .adaptive = adaptive, .queue = {.capacity = 1}};
}

TEST(session_admission, work_that_misses_its_routes_deadline_lowers_an_adaptive_limit) {
    World world({.limiter = halving_limiter()});
    auto client = world.connect(get("/loop"));
    world.advance(5010ms);
    EXPECT_EQ(client.reply()->status, 504);
    EXPECT_EQ(world.limiter.occupancy().limit, 4U);
    world.advance(20ms);
    EXPECT_EQ(world.limiter.occupancy().limit, 2U);
}

TEST(session_admission, a_deadline_of_the_callers_own_lowers_nobodys_limit) {
    World world({.limiter = halving_limiter()});
    auto client = world.connect(get("/loop", "Request-Timeout: 1\r\n"));
    world.advance(1010ms);
    EXPECT_EQ(client.reply()->status, 504);
    world.advance(20ms);
    EXPECT_EQ(world.limiter.occupancy().limit, 4U);
}

TEST(session_admission, a_client_that_leaves_lowers_nobodys_limit) {
    World world({.limiter = halving_limiter()});
    auto client = world.connect(get("/loop"));
    world.advance(4000ms);
    client.close();
    world.settle();
    EXPECT_EQ(world.in_flight(), 0U);
    world.advance(20ms);
    EXPECT_EQ(world.limiter.occupancy().limit, 4U);
}

TEST(session_admission, a_job_that_timed_out_before_it_began_lowers_the_limit) {
    World world({.limiter = halving_limiter(), .has_pool = true});
    world.job.make_stubborn();
    auto running = world.connect(get("/job"));
    world.job.await_running(1);
    auto queued = world.connect(get("/job"));
    world.advance(5010ms);
    EXPECT_EQ(queued.reply()->status, 504);
    EXPECT_EQ(world.in_flight(), 1U);
    world.advance(20ms);
    EXPECT_EQ(world.limiter.occupancy().limit, 2U);
}

// --- drain -------------------------------------------------------------------------------------

TEST(session_drain, an_idle_connection_stays_for_the_grace) {
    World world;
    auto idle = world.connect(get("/page"));
    auto fresh = world.connect();
    EXPECT_TRUE(idle.reply());
    world.begin_drain(500ms);
    world.advance(490ms);
    EXPECT_FALSE(idle.is_ended());
    idle.send(get("/page"));
    world.settle();
    EXPECT_TRUE(idle.reply()->closes()) << "a request that crosses the close is not lost";
    EXPECT_TRUE(idle.is_ended());
    world.advance(20ms);
    EXPECT_TRUE(fresh.is_ended());
}

TEST(session_drain, one_that_comes_from_the_backlog_stays_for_the_grace) {
    World world;
    world.begin_drain(500ms);
    auto late = world.connect(get("/page"));
    EXPECT_TRUE(late.reply()->closes());
    auto silent = world.connect("");
    world.advance(520ms);
    EXPECT_TRUE(silent.is_ended());
}

TEST(session_drain, work_and_queue_are_finished_and_pipelined_requests_answered_first) {
    FullHouse house;
    auto& world = house.world;
    house.holder.send(get("/page") + get("/page"));
    world.settle();
    world.begin_drain();
    world.loop_handler.let_go();
    world.settle();
    EXPECT_FALSE(house.holder.reply()->closes());
    EXPECT_FALSE(house.holder.reply()->closes());
    EXPECT_TRUE(house.holder.reply()->closes());
    EXPECT_TRUE(house.holder.is_ended());
    world.loop_handler.let_go();
    world.settle();
    EXPECT_TRUE(house.waiter.reply()->closes());
    EXPECT_EQ(world.finished(Ending::ok), 2U);
}

TEST(session_drain, whoever_never_stops_asking_does_not_hold_it_up) {
    World world;
    auto client = world.connect(get("/loop"));
    world.begin_drain(500ms);
    int answered = 0;
    for (bool is_last = false; !is_last; ++answered) {
        ASSERT_TRUE(client.send(get("/loop")));
        world.advance(100ms);
        world.loop_handler.let_go();
        world.settle();
        const auto reply = client.reply();
        ASSERT_EQ(reply->status, 200);
        is_last = reply->closes();
    }
    EXPECT_EQ(answered, 5) << "what came within the grace was served, and nothing after it";
    client.close();
}

TEST(session_drain, what_had_come_before_it_is_answered_however_long_that_takes) {
    World world;
    auto client = world.connect(get("/loop") + get("/loop") + get("/loop"));
    world.begin_drain(500ms);
    for (const bool is_last : {false, false, true}) {
        world.advance(400ms);
        world.loop_handler.let_go();
        world.settle();
        const auto reply = client.reply();
        ASSERT_EQ(reply->status, 200);
        EXPECT_EQ(reply->closes(), is_last);
    }
}

TEST(session_drain, refusals_close_too) {
    FullHouse house;
    house.world.begin_drain();
    auto client = house.world.connect(post("/loop", "body"));
    const auto reply = client.reply();
    EXPECT_EQ(reply->reason(), "queue_full");
    EXPECT_TRUE(reply->closes());
}

TEST(session_drain, what_cannot_end_in_time_is_refused) {
    World world;
    auto client = world.connect(get("/loop"));
    world.advance(2s);
    world.loop_handler.let_go();
    world.settle();
    EXPECT_TRUE(client.reply());
    world.shared.cut_at = (virtual_now() + 1s).time_since_epoch().count();
    client.send(get("/loop"));
    world.settle();
    const auto reply = client.reply();
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->reason(), "draining");
    EXPECT_LE(std::stoi(reply->field("Retry-After")), 2);
}

TEST(session_drain, the_control_lane_goes_on) {
    World world;
    auto control = world.connect(ListenerKind::control);
    world.begin_drain();
    world.context->cut_all(ListenerKind::open);
    world.advance(10ms);
    control.send(get("/page"));
    world.settle();
    EXPECT_FALSE(control.reply()->closes());
    EXPECT_EQ(world.context->cells.requests_begun.value(), 0U);
}

TEST(session_drain, a_cut_ends_everything_and_counts_it) {
    WorldOptions options{.limiter = {.name = "only", .limit = 2, .queue = {.capacity = 1}},
                         .has_pool = true};
    World world(options);
    auto job = world.connect(get("/job"));
    world.job.await_running(1);
    auto loop = world.connect(get("/loop"));
    auto waiter = world.connect(get("/loop"));
    auto idle = world.connect(get("/page"));
    world.begin_drain();
    world.cut();
    EXPECT_EQ(world.finished(Ending::drain_cut), 2U);
    EXPECT_EQ(world.dropped(DropReason::drain_cut), 1U);
    EXPECT_EQ(world.connections(), 0U);
    for (auto* client : {&job, &loop, &waiter, &idle}) EXPECT_TRUE(client->is_ended());
}

TEST(session_drain, a_cut_ends_uploads_headers_and_slow_readers) {
    World world;
    auto upload = world.connect(request("POST", "/loop", "Content-Length: 5\r\n") + "ab");
    auto header = world.connect("GET / HT");
    auto reader = world.connect(get("/drop"));
    world.drop_handler.let_go([](Exchange&) { return x_reply(1'000'000); });
    world.settle();
    auto refused = world.connect(request("POST", "/loop", "Content-Length: 5\r\n"));
    world.cut();
    EXPECT_EQ(world.dropped(DropReason::drain_cut), 2U);
    EXPECT_EQ(world.finished(Ending::drain_cut), 1U);
    EXPECT_EQ(world.connections(), 0U);
    world.expect_rest();
}

TEST(session_drain, a_cut_does_not_miss_who_is_about_to_send_a_504) {
    World world;
    auto client = world.connect(get("/loop"));
    // Not settled: the deadline has been noticed, the work has not yet heard of it.
    virtual_time = virtual_now() + 5010ms;
    world.context->sweeper.sweep(virtual_now());
    world.context->cut_all(ListenerKind::open);
    world.settle();
    EXPECT_EQ(world.connections(), 0U);
    EXPECT_EQ(world.finished(Ending::drain_cut), 1U);
}

}  // namespace
}  // namespace spillway::http::testing
