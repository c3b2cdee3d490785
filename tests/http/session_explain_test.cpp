// What is kept of a request: enough to tell its story, whatever became of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/explain_reader.hpp"
#include "http/session_harness.hpp"

namespace spillway::http::testing {
namespace {

using namespace std::chrono_literals;
using core::Ending;
using core::RejectReason;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Explanation> find(const World& world, std::string_view id) {
    return ExplainReader({&world.context, 1}).find(id);
}

Explanation only(const World& world, std::string_view id) {
    auto all = find(world, id);
    EXPECT_EQ(all.size(), 1U) << id;
    return all.empty() ? Explanation{} : all.front();
}

std::string id(std::string_view id) { return "X-Request-Id: " + std::string(id) + "\r\n"; }

TEST(session_explain, a_request_that_is_refused_at_once_says_how_full_the_limiter_was) {
    World world;
    auto holder = world.connect(get("/loop"));
    auto waiter = world.connect(get("/loop"));
    auto client = world.connect(get("/loop", id("night-1")));
    const auto reply = client.reply();
    const Explanation what = only(world, "night-1");
    EXPECT_EQ(what.rejected(), RejectReason::queue_full);
    EXPECT_EQ(what.route, "/loop");
    EXPECT_EQ(what.limiter, "only");
    EXPECT_EQ(what.record.stage, ExplainStage::peek);
    EXPECT_EQ(what.record.status, 503);
    EXPECT_EQ(what.record.limit, 1U);
    EXPECT_EQ(what.record.in_flight, 1U);
    EXPECT_EQ(what.record.units, 1U);
    EXPECT_EQ(what.record.waiting, 1U);
    EXPECT_EQ(std::to_string(what.record.retry_after_s), reply->field("Retry-After"));
    EXPECT_THAT(
        explain_story(what),
        ElementsAre("It was for /loop, behind limiter 'only'.",
                    "Refused because the queue was full: 1 permit was held (1 unit of 1) and 1 "
                    "request waited.",
                    HasSubstr("It was answered 503 and told to come back in ")));
}

TEST(session_explain, an_id_that_we_have_made_is_as_good_as_the_callers) {
    World world;
    auto holder = world.connect(get("/loop"));
    auto waiter = world.connect(get("/loop"));
    auto client = world.connect(get("/loop"));
    EXPECT_EQ(only(world, client.reply()->field("X-Request-Id")).record.status, 503);
}

TEST(session_explain, a_request_can_be_explained_while_it_waits_while_it_works_and_afterwards) {
    World world;
    auto holder = world.connect(get("/loop"));
    auto client = world.connect(get("/loop", id("w")));
    Explanation what = only(world, "w");
    EXPECT_EQ(what.record.end, ExplainEnd::pending);
    EXPECT_EQ(what.record.stage, ExplainStage::queue);
    EXPECT_EQ(explain_story(what).back(), "It is waiting for a permit.");

    world.advance(30ms);
    world.loop_handler.let_go();
    world.settle();
    what = only(world, "w");
    EXPECT_EQ(what.record.stage, ExplainStage::work);
    EXPECT_EQ(explain_story(what).back(), "It is being worked on.");

    world.advance(50ms);
    world.loop_handler.let_go();
    world.settle();
    EXPECT_EQ(client.reply()->status, 200);
    what = only(world, "w");
    EXPECT_EQ(what.record.end, ExplainEnd::finished);
    EXPECT_EQ(what.record.waited, 30ms);
    EXPECT_EQ(what.record.served, 50ms);
    EXPECT_EQ(what.record.took, 80ms);
    EXPECT_EQ(what.record.joined_as, 1U);
    EXPECT_EQ(what.record.ahead, 0U);
    EXPECT_THAT(
        explain_story(what),
        ElementsAre("It was for /loop, behind limiter 'only'.",
                    "It joined the queue as waiter 1, with 0 ahead of it, and waited 30.0 ms.",
                    "Then it was granted a permit: 1 request was in flight then, itself included, "
                    "under a limit of 1.",
                    "It worked for 50.0 ms; the work was done, and the answer, 200, began after "
                    "80.0 ms in all."));
}

TEST(session_explain, who_waits_too_long_is_told_where_it_stood_and_for_how_long) {
    World world;
    auto holder = world.connect(get("/loop"));
    auto client = world.connect(post("/loop", "body", id("late")));
    world.advance(200ms);
    EXPECT_EQ(client.reply()->reason(), "wait_timeout");
    const Explanation what = only(world, "late");
    EXPECT_EQ(what.rejected(), RejectReason::wait_timeout);
    EXPECT_EQ(what.record.stage, ExplainStage::queue);
    EXPECT_EQ(what.record.waited, 200ms);
    EXPECT_EQ(what.record.joined_as, 1U);
    EXPECT_EQ(what.record.body_bytes, 4U);
    EXPECT_THAT(explain_story(what)[1], "It sent a body of 4 bytes.");
    EXPECT_THAT(explain_story(what)[2], HasSubstr("waited 200.0 ms"));
}

TEST(session_explain, a_client_that_leaves_is_kept_under_the_id_that_it_brought) {
    World world;
    auto holder = world.connect(get("/loop"));
    auto client = world.connect(get("/loop", id("gone")));
    client.close();
    world.settle();
    const Explanation what = only(world, "gone");
    EXPECT_EQ(what.record.end, ExplainEnd::dropped);
    EXPECT_EQ(explain_story(what).back(), "Its client left before there was an answer.");
}

TEST(session_explain, who_leaves_while_it_is_worked_on_has_had_its_permit) {
    World world;
    auto client = world.connect(get("/loop", id("gone")));
    client.close();
    world.settle();
    const Explanation what = only(world, "gone");
    EXPECT_EQ(what.record.end, ExplainEnd::finished);
    EXPECT_EQ(what.record.reason, static_cast<std::uint8_t>(Ending::client_gone));
    EXPECT_THAT(explain_story(what).back(), HasSubstr("the client had gone"));
}

TEST(session_explain, a_malformed_request_and_one_without_a_route_are_kept_too) {
    World world;
    auto client = world.connect(get("/loop?bad", id("b")) + get("/nowhere", id("n")));
    EXPECT_EQ(only(world, "b").rejected(), RejectReason::bad_request);
    EXPECT_EQ(only(world, "b").record.stage, ExplainStage::parameters);
    const Explanation nowhere = only(world, "n");
    EXPECT_EQ(nowhere.record.end, ExplainEnd::unrouted);
    EXPECT_EQ(nowhere.record.status, 404);
    EXPECT_EQ(nowhere.route, "");
    EXPECT_THAT(explain_story(nowhere).back(), HasSubstr("answered 404"));

    auto broken = world.connect("GET / HTTP/1.1\r\nBroken\r\n\r\n");
    const auto reply = broken.reply();
    EXPECT_EQ(only(world, reply->field("X-Request-Id")).record.status, 400);
}

TEST(session_explain, a_page_leaves_no_record) {
    World world;
    auto client = world.connect(get("/page", id("p")));
    EXPECT_THAT(find(world, "p"), IsEmpty());
}

TEST(session_explain, a_retry_under_the_same_id_comes_before_what_was_before_it) {
    World world;
    auto holder = world.connect(get("/loop"));
    auto waiter = world.connect(get("/loop"));
    auto first = world.connect(get("/loop", id("same")));
    world.advance(1ms);
    auto second = world.connect(get("/loop?bad", id("same")));
    auto third = world.connect(get("/loop", id("same")));
    const auto all = find(world, "same");
    ASSERT_EQ(all.size(), 3U);
    EXPECT_GT(all.front().record.received_at, all.back().record.received_at);
}

TEST(session_explain, a_flood_of_refusals_does_not_wash_away_who_has_waited) {
    World world;
    auto holder = world.connect(get("/loop"));
    auto waiter = world.connect(get("/loop", id("waited")));
    auto client = world.connect();
    for (int i = 0; i < 100; ++i) {
        client.send(get("/loop", id("r" + std::to_string(i))));
        world.settle();
        ASSERT_EQ(client.reply()->status, 503);
    }
    EXPECT_EQ(find(world, "waited").size(), 1U);
    EXPECT_THAT(find(world, "r0"), IsEmpty());
    EXPECT_EQ(find(world, "r99").size(), 1U);

    const ExplainReader reader({&world.context, 1});
    const auto latest = reader.latest_refusals(5);
    ASSERT_EQ(latest.size(), 5U);
    EXPECT_EQ(latest[0].request_id, "r99");
    const ExplainReach reach = reader.reach();
    EXPECT_EQ(reach.capacity, 16U + 16U + 2U);
    EXPECT_EQ(reach.kept, 17U);
    EXPECT_TRUE(reach.refused_since);
    EXPECT_FALSE(reach.let_in_since);
}

TEST(session_explain, switched_off_it_keeps_nothing) {
    World world({.server = {.explain_records = 0}});
    auto holder = world.connect(get("/loop", id("a")));
    auto waiter = world.connect(get("/loop", id("b")));
    auto client = world.connect(get("/loop", id("c")) + get("/nowhere", id("d")));
    for (const auto* each : {"a", "b", "c", "d"}) EXPECT_THAT(find(world, each), IsEmpty());
    EXPECT_EQ(ExplainReader({&world.context, 1}).reach().capacity, 0U);
}

TEST(session_explain, records_are_packed_without_loss) {
    ExplainRecord record;
    record.received_at = core::TimePoint(core::Duration(1));
    record.took = core::Duration(2);
    record.held = core::Duration(3);
    record.waited = core::Duration(4);
    record.served = core::Duration(5);
    record.backlog = core::Duration(6);
    record.usual = core::Duration(7);
    record.allowed = core::Duration(8);
    record.body_bytes = 9;
    record.limit = 10;
    record.in_flight = 11;
    record.units = 12;
    record.waiting = UINT32_MAX;
    record.ahead = 14;
    record.joined_as = 15;
    record.retry_after_s = 16;
    record.cost = 17;
    record.route = 18;
    record.status = 599;
    record.share = UINT16_MAX;
    record.band = 255;
    record.stage = ExplainStage::reply;
    record.end = ExplainEnd::finished;
    record.reason = 21;
    record.was_evicted = true;
    EXPECT_EQ(unpack(pack(record)), record);

    const ExplainRecord refused =
        unpack(pack(RefusalRecord{.received_at = record.received_at,
                                  .backlog = 6ns,
                                  .seen = {.in_flight = 1, .units = 2, .waiting = 3, .limit = 4},
                                  .retry_after_s = 5,
                                  .cost = 6,
                                  .route = 7,
                                  .status = 429,
                                  .share = 8,
                                  .band = 9,
                                  .reason = RejectReason::rate_limited,
                                  .usual_us = 10,
                                  .allowed_us = 11}))
            .explained();
    EXPECT_EQ(refused.backlog, 6ns);
    EXPECT_EQ(refused.in_flight, 1U);
    EXPECT_EQ(refused.units, 2U);
    EXPECT_EQ(refused.waiting, 3U);
    EXPECT_EQ(refused.limit, 4U);
    EXPECT_EQ(refused.retry_after_s, 5U);
    EXPECT_EQ(refused.cost, 6U);
    EXPECT_EQ(refused.route, 7U);
    EXPECT_EQ(refused.status, 429U);
    EXPECT_EQ(refused.share, 8U);
    EXPECT_EQ(refused.band, 9U);
    EXPECT_EQ(refused.stage, ExplainStage::quota);
    EXPECT_EQ(refused.end, ExplainEnd::rejected);
    EXPECT_EQ(refused.usual, 10us);
    EXPECT_EQ(refused.allowed, 11us);
}

}  // namespace
}  // namespace spillway::http::testing
