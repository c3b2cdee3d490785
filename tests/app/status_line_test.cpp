#include "app/status_line.hpp"

#include <gtest/gtest.h>

namespace spillway::app {
namespace {

using namespace std::chrono_literals;

TEST(status_line, says_what_is_there_and_how_fast_it_goes) {
    const StatusFigures before{.refused = 100, .answered = 1000};
    const StatusFigures now{
        .in_work = 12, .waiting = 3, .connections = 80, .refused = 290, .answered = 1820};
    EXPECT_EQ(
        serving_line(now, before, 2s),
        "serving: 12 in work, 3 waiting, 80 connections; 410 answered and 95 refused a second");
    EXPECT_EQ(serving_line(now, now, 0s),
              "serving: 12 in work, 3 waiting, 80 connections; 0 answered and 0 refused a second");
}

TEST(status_line, of_a_drain_says_what_is_left_and_until_when) {
    EXPECT_EQ(draining_line(3, 10, 26'400ms),
              "draining: 3 requests and 10 connections left, cut in 27 s");
}

TEST(status_line, figures_are_those_of_all_routes_and_of_public_connections) {
    http::ServerStats stats;
    http::RouteStats& route = stats.routes.emplace_back();
    route.received = 20;
    route.accepted = 9;
    route.finished[0] = 4;
    route.finished[1] = 1;
    route.rejected[0] = 8;
    stats.listeners.push_back({.name = "public", .accepted = 30, .closed = 10});
    stats.listeners.push_back({.name = "control", .accepted = 5});
    const StatusFigures figures = StatusFigures::of(stats);
    EXPECT_EQ(figures.in_work, 4U);
    EXPECT_EQ(figures.waiting, 3U);
    EXPECT_EQ(figures.connections, 20U);
    EXPECT_EQ(figures.refused, 8U);
    EXPECT_EQ(figures.answered, 5U);
}

}  // namespace
}  // namespace spillway::app
