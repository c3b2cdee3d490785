#include "generator/ledger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "generator/latency.hpp"
#include "scenario/schedule.hpp"

namespace spillway::loadtest {
namespace {

using namespace std::chrono_literals;
using core::Duration;
using core::TimePoint;

const TimePoint begin{1h};

scenario::Phase phase(std::string name, scenario::Millis length, double rate,
                      bool measured = true) {
    scenario::Phase phase;
    phase.name = std::move(name);
    phase.length = length;
    phase.rate = scenario::Rate{rate, rate};
    phase.measured = measured;
    return phase;
}

scenario::Scenario a_scenario(std::vector<scenario::Phase> phases) {
    scenario::Scenario scenario;
    scenario.slo = 100ms;
    scenario.clients["all"].path = "/";
    scenario.phases = std::move(phases);
    return scenario;
}

Request request_at(Duration offset, std::uint16_t phase = 0, std::uint32_t attempt = 1) {
    Request request;
    request.intended = begin + offset;
    request.phase = phase;
    request.attempt = attempt;
    return request;
}

/// A server that answers at once but for [2 s, 4 s), in which it answers nobody.
Duration answered_at(Duration asked_at) { return asked_at >= 2s && asked_at < 4s ? 4s : asked_at; }

TEST(Ledger, open_loop_percentiles_are_those_of_schedule_and_stall) {
    const auto scenario = a_scenario({phase("all", 10s, 1000)});
    Ledger ledger(scenario, begin, 12s);
    scenario::Schedule schedule(scenario.phases, 1);
    std::vector<double> exact_ms;
    while (const auto arrival = schedule.next()) {
        const Request request = request_at(arrival->at);
        ledger.offer(request);
        const Duration latency = answered_at(arrival->at) - arrival->at;
        ledger.answered(request, {200, ""}, latency, request.intended + latency);
        exact_ms.push_back(to_ms(latency));
    }
    Result result;
    ledger.report(result, 10s);
    std::sort(exact_ms.begin(), exact_ms.end());
    // A fifth of the arrivals met the stall and waited 0 to 2 s: p90 is half of it, p99 19/20.
    for (const auto& [fraction, ms] : result.total.admitted.percentiles) {
        const auto rank = static_cast<std::size_t>(fraction * 10'000 + 0.5);
        const double exact = exact_ms[rank - 1];
        EXPECT_NEAR(ms, exact, exact * Histogram::relative_error_max) << fraction;
    }
    EXPECT_NEAR(percentile_ms(result.total.admitted, 0.90), 1000, 5);
    EXPECT_NEAR(percentile_ms(result.total.admitted, 0.99), 1900, 8);
    EXPECT_EQ(result.total.counts.offered, 10'000u);
    EXPECT_NEAR(static_cast<double>(result.total.counts.late), 1900, 2);
}

TEST(Ledger, a_closed_loop_has_one_sample_of_the_stall_for_each_connection) {
    const auto scenario = a_scenario({phase("all", 10s, 1)});
    Ledger ledger(scenario, begin, 12s);
    for (int connection = 0; connection < 4; ++connection) {
        for (Duration now = 0s; now < 10s;) {
            const Request request = request_at(now);
            ledger.offer(request);
            const Duration latency = answered_at(now) - now + 1ms;
            ledger.answered(request, {200, ""}, latency, request.intended + latency);
            now += latency;
        }
    }
    Result result;
    ledger.report(result, 10s);
    EXPECT_EQ(result.total.counts.late, 4u);
    EXPECT_NEAR(percentile_ms(result.total.admitted, 0.999), 1, 0.01);  // the open loop: 2 s
}

TEST(Ledger, a_warm_up_is_in_its_phase_and_on_the_wire_but_not_in_the_total) {
    const auto scenario = a_scenario({phase("warm-up", 1s, 1, false), phase("load", 3s, 1)});
    Ledger ledger(scenario, begin, 5s);
    for (const auto& request : {request_at(0s, 0), request_at(1s, 1), request_at(2s, 1, 2)}) {
        ledger.offer(request);
        ledger.answered(request, {200, ""}, 1ms, request.intended + 1ms);
    }
    Result result;
    ledger.report(result, 4s);
    EXPECT_EQ(result.total.counts.offered, 2u);
    EXPECT_EQ(result.total.counts.retries, 1u);
    EXPECT_DOUBLE_EQ(result.total.begin_s, 1);
    EXPECT_DOUBLE_EQ(result.total.duration_s, 3);
    ASSERT_EQ(result.phases.size(), 2u);
    EXPECT_EQ(result.phases[0].counts.good, 1u);
    EXPECT_FALSE(result.phases[0].measured);
    ASSERT_EQ(result.classes.size(), 1u);
    EXPECT_EQ(result.classes[0].counts.good, 2u);
    EXPECT_EQ(ledger.wire()[0].granted, 3u);
}

TEST(Ledger, a_class_has_the_phases_in_which_it_calls) {
    auto scenario = a_scenario({phase("warm-up", 1s, 1, false), phase("one", 2s, 1),
                                phase("both", 3s, 1), phase("other", 4s, 1)});
    scenario.clients["late"].path = "/";
    scenario.clients["late"].weight = 0;
    scenario.phases[2].mix = {{"all", 1}, {"late", 1}};
    scenario.phases[3].mix = {{"late", 1}};
    Ledger ledger(scenario, begin, 12s);
    Result result;
    ledger.report(result, 9s);  // interrupted in the last one
    ASSERT_EQ(result.classes.size(), 2u);
    EXPECT_EQ(result.classes[0].name, "all");
    EXPECT_DOUBLE_EQ(result.classes[0].begin_s, 1);
    EXPECT_DOUBLE_EQ(result.classes[0].duration_s, 5);
    EXPECT_DOUBLE_EQ(result.classes[1].begin_s, 3);
    EXPECT_DOUBLE_EQ(result.classes[1].duration_s, 6);
    EXPECT_DOUBLE_EQ(result.total.duration_s, 8);
}

TEST(Ledger, what_was_not_sent_is_not_on_the_wire) {
    const auto scenario = a_scenario({phase("all", 1s, 1)});
    Ledger ledger(scenario, begin, 2s);
    for (int i = 0; i < 5; ++i) ledger.offer(request_at(0s));
    ledger.failed(request_at(0s), Failure::refused, false, begin);
    ledger.failed(request_at(0s), Failure::timeout, true, begin);
    ledger.left(request_at(0s), true, begin);
    ledger.left(request_at(0s), false, begin);
    ledger.unsent(request_at(0s), Unsent::no_connection, begin);
    EXPECT_EQ(ledger.wire()[0].unanswered, 2u);
    Result result;
    ledger.report(result, 1s);
    EXPECT_EQ(result.total.counts.failed, 2u);
    EXPECT_EQ(result.total.counts.left, 2u);
    EXPECT_EQ(result.total.counts.unsent, 1u);
}

TEST(LedgerDeathTest, a_report_with_something_pending_is_a_bug) {
    const auto scenario = a_scenario({phase("all", 1s, 1)});
    Ledger ledger(scenario, begin, 2s);
    ledger.offer(request_at(0s));
    Result result;
    EXPECT_DEATH(ledger.report(result, 1s), "pending");
}

}  // namespace
}  // namespace spillway::loadtest
