#include "generator/reconcile.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spillway::loadtest {
namespace {

const std::string route = "/v1/drill";

/// What the service says after so many requests.
ExpositionView scrape(int received, int accepted, int queue_full, int gone, int pending = 0) {
    const auto line = [](const std::string& name, const std::string& more, int value) {
        return "spillway_requests_" + name + "{route=\"/v1/drill\"" + more + "} " +
               std::to_string(value) + "\n";
    };
    return ExpositionView(
        "# TYPE spillway_requests_received_total counter\n" + line("received_total", "", received) +
        line("accepted_total", "", accepted) +
        line("rejected_total", ",reason=\"queue_full\"", queue_full) +
        line("rejected_total", ",reason=\"shed\"", 0) +
        line("dropped_total", ",reason=\"client_gone\"", gone) + line("pending", "", pending));
}

WireTally tally(std::uint64_t granted, std::uint64_t queue_full, std::uint64_t unanswered = 0) {
    WireTally tally;
    for (std::uint64_t i = 0; i < granted; ++i) tally.answered({200, ""});
    for (std::uint64_t i = 0; i < queue_full; ++i) tally.answered({503, "queue_full"});
    tally.unanswered = unanswered;
    return tally;
}

std::vector<std::string> disagreements(const std::vector<Check>& checks) {
    std::vector<std::string> found;
    for (const auto& check : checks)
        if (!check.agrees) found.push_back(check.what);
    return found;
}

TEST(Reconcile, equal_accounts_agree_whatever_was_counted_before) {
    const auto checks =
        reconcile(scrape(100, 90, 10, 0), scrape(150, 120, 30, 0), {{route, tally(30, 20)}});
    EXPECT_TRUE(disagreements(checks).empty());
    EXPECT_EQ(checks.size(), 6u);  // received, accepted, rejected, its one reason, dropped, balance
}

TEST(Reconcile, a_single_request_too_many_is_found) {
    const auto checks =
        reconcile(scrape(0, 0, 0, 0), scrape(51, 31, 20, 0), {{route, tally(30, 20)}});
    EXPECT_EQ(disagreements(checks),
              (std::vector<std::string>{"/v1/drill received", "/v1/drill accepted"}));
}

TEST(Reconcile, a_refusal_under_another_reason_is_found) {
    WireTally seen = tally(1, 0);
    seen.answered({503, "shed"});
    const auto checks = reconcile(scrape(0, 0, 0, 0), scrape(2, 1, 1, 0), {{route, seen}});
    EXPECT_EQ(disagreements(checks), (std::vector<std::string>{"/v1/drill rejected queue_full",
                                                               "/v1/drill rejected shed"}));
}

TEST(Reconcile, an_unanswered_request_may_have_ended_in_any_class_or_never_arrived) {
    const TallyByPath paths{{route, tally(30, 20, 1)}};
    const auto none = scrape(0, 0, 0, 0);
    for (const auto& after : {scrape(50, 30, 20, 0), scrape(51, 31, 20, 0), scrape(51, 30, 21, 0),
                              scrape(51, 30, 20, 1)})
        EXPECT_TRUE(disagreements(reconcile(none, after, paths)).empty());
    EXPECT_FALSE(disagreements(reconcile(none, scrape(52, 30, 20, 2), paths)).empty());
}

TEST(Reconcile, a_server_whose_own_account_does_not_balance_is_found) {
    const auto checks =
        reconcile(scrape(0, 0, 0, 0), scrape(51, 30, 20, 0), {{route, tally(30, 20, 1)}});
    EXPECT_EQ(disagreements(checks),
              (std::vector<std::string>{"/v1/drill received = accepted + rejected + dropped"}));
}

TEST(Reconcile, a_refusal_without_a_body_may_have_any_reason) {
    WireTally seen = tally(1, 0);
    seen.answered({503, ""});
    EXPECT_TRUE(
        disagreements(reconcile(scrape(0, 0, 0, 0), scrape(2, 1, 1, 0), {{route, seen}})).empty());
}

TEST(Reconcile, pages_are_compared_by_their_responses_and_unknown_paths_not_at_all) {
    const ExpositionView before("spillway_responses_total{route=\"/healthz\",code=\"200\"} 5\n");
    const ExpositionView after("spillway_responses_total{route=\"/healthz\",code=\"200\"} 8\n");
    const auto checks =
        reconcile(before, after, {{"/healthz", tally(3, 0)}, {"/other", tally(9, 0)}});
    ASSERT_EQ(checks.size(), 1u);
    EXPECT_TRUE(checks[0].agrees);
}

TEST(Reconcile, a_server_is_quiet_when_nothing_is_pending) {
    EXPECT_TRUE(is_quiet(scrape(2, 1, 1, 0)));
    EXPECT_FALSE(is_quiet(scrape(2, 1, 0, 0, 1)));
}

TEST(Reconcile, a_server_that_was_started_again_is_another_process) {
    const ExpositionView first("process_start_time_seconds 1700000000.25\n");
    const ExpositionView second("process_start_time_seconds 1700000001.5\n");
    EXPECT_TRUE(is_same_process(first, first));
    EXPECT_FALSE(is_same_process(first, second));
    EXPECT_TRUE(is_same_process(scrape(1, 1, 0, 0), scrape(2, 1, 1, 0)));  // they do not say
}

TEST(ExpositionView, reads_labels_with_escapes_and_passes_over_what_it_does_not_know) {
    const ExpositionView view(
        "# HELP spillway_limit x\nspillway_limit{limiter=\"a\\\"b\"} 16\n"
        "process_cpu_seconds_total 3\nspillway_x_bucket{le=\"1\"} 4\nspillway_broken{a\n"
        "spillway_draining 0\nspillway_odd nonsense\nspillway_limit{limiter=\"c\"} 1e3");
    EXPECT_EQ(view.sum("limit", {{"limiter", "a\"b"}}), 16);
    EXPECT_EQ(view.sum("limit"), 1016);
    EXPECT_EQ(view.values_of("limit", "limiter"), (std::vector<std::string>{"a\"b", "c"}));
    EXPECT_TRUE(view.has("draining"));
    EXPECT_FALSE(view.has("x_bucket"));
    EXPECT_FALSE(view.has("odd"));
    EXPECT_TRUE(ExpositionView("").empty());
}

}  // namespace
}  // namespace spillway::loadtest
