// What becomes of clients, in scenarios that can be calculated by hand.

#include "simulate/simulation.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "simulate/helpers.hpp"
#include "simulate/report.hpp"

namespace spillway::simulate {

using core::RejectReason;
using namespace std::chrono_literals;

TEST(Simulation, serves_everybody_below_capacity_without_a_wait) {
    const Result result = run(R"(
phases: [{name: p, for: 10s, rate: 100/s}]
service: {time: 100ms, workers: 16}
)");
    EXPECT_EQ(result.account.offered, 1000u);
    EXPECT_EQ(result.account.good, 1000u);
    EXPECT_TRUE(result.account.is_balanced());
    EXPECT_EQ(result.wait.max(), 0ns);
    EXPECT_EQ(result.total.max(), 100ms);
    EXPECT_EQ(result.limit.max, 16u);
    EXPECT_NEAR(result.goodput_share(), 1, 1e-9);
}

TEST(Simulation, refuses_what_neither_permits_nor_places_hold) {
    // One burst of 100: 16 are served at once, 4 after them, and 80 are refused.
    const Result result = run(R"(
phases: [{name: p, for: 1s, rate: 100/s, burst: 100}]
service: {time: 100ms, workers: 16}
limiter: {queue: {capacity: 4}}
)");
    EXPECT_EQ(result.account.good, 20u);
    EXPECT_EQ(rejected(result.account, RejectReason::queue_full), 80u);
    EXPECT_EQ(result.wait.max(), 100ms);
    EXPECT_EQ(result.refused.max(), 0ns);
}

TEST(Simulation, ends_waits_at_the_wait_timeout) {
    const Result result = run(R"(
phases: [{name: p, for: 1s, rate: 10/s, burst: 10}]
service: {time: 100ms, workers: 1}
limiter: {queue: {wait_timeout: 250ms}}
)");
    // One at once, one after 100 ms, one after 200 ms; at 250 ms the rest has waited long enough.
    EXPECT_EQ(result.account.good, 3u);
    EXPECT_EQ(rejected(result.account, RejectReason::wait_timeout), 7u);
    EXPECT_EQ(result.refused.min(), 250ms);
}

TEST(Simulation, calls_answers_after_the_slo_late) {
    const Result result = run(R"(
slo: 150ms
phases: [{name: p, for: 1s, rate: 3/s, burst: 3}]
service: {time: 100ms, workers: 1}
limiter: {queue: {wait_timeout: 1s}}
)");
    EXPECT_EQ(result.account.good, 1u);
    EXPECT_EQ(result.account.late, 2u);
}

TEST(Simulation, tells_clients_with_a_deadline_504_on_time) {
    const Result result = run(R"(
clients: {a: {path: /a, deadline: 60ms}}
phases: [{name: p, for: 1s, rate: 1/s}]
service: {time: 100ms, workers: 1}
)");
    EXPECT_EQ(result.account.timed_out, 1u);
    EXPECT_EQ(result.account.accepted(), 1u);
}

TEST(Simulation, does_not_begin_what_cannot_end_before_its_deadline) {
    // The first teaches how long it takes; the burst of three comes half a second later.
    const Result result = run(R"(
clients: {a: {path: /a, deadline: 150ms}}
phases:
  - {name: one, for: 500ms, rate: 2/s}
  - {name: three, for: 500ms, rate: 6/s, burst: 3}
service: {time: 100ms, workers: 1}
)");
    EXPECT_EQ(result.account.good, 2u);
    EXPECT_EQ(rejected(result.account, RejectReason::deadline), 2u);
    EXPECT_EQ(result.account.timed_out, 0u);
    // At the last instant at which it could still have been begun.
    EXPECT_EQ(result.refused.max(), 50ms);
}

TEST(Simulation, drops_clients_who_lose_patience_waiting_and_working) {
    const Result result = run(R"(
clients: {a: {path: /a, patience: 140ms}}
phases: [{name: p, for: 75ms, rate: 40/s}]
service: {time: 100ms, workers: 1, stops: false}
)");
    // They come at 0, 25 and 50 ms. The first is done at 100; the second begins then, leaves at
    // 165, and its work goes on until 200; the third leaves at 190.
    EXPECT_EQ(result.account.good, 1u);
    EXPECT_EQ(result.account.gone_working, 1u);
    EXPECT_EQ(result.account.gone_waiting, 1u);
}

TEST(Simulation, gives_the_permit_of_abandoned_work_back_when_the_work_ends) {
    const std::string text = R"(
clients:
  a: {path: /a, patience: 10ms}
  b: {path: /b}
phases:
  - {name: first, for: 20ms, rate: 50/s, clients: {a: 1}}
  - {name: second, for: 20ms, rate: 50/s, clients: {b: 1}}
limiter: {queue: {capacity: 1}}
)";
    EXPECT_EQ(run(text + "service: {time: 100ms, workers: 1}\n").wait.max(), 0ns);
    EXPECT_EQ(run(text + "service: {time: 100ms, workers: 1, stops: false}\n").wait.max(), 80ms);
}

TEST(Simulation, counts_each_retry_as_a_request_of_its_own) {
    const Result result = run(R"(
clients: {a: {path: /a, retry: {mode: naive, attempts_max: 3, delay: 10ms}}}
phases: [{name: p, for: 1s, rate: 2/s, burst: 2}]
service: {time: 100ms, workers: 1}
limiter: {queue: {capacity: 0}}
)");
    // The second is refused at 0, 10 and 20 ms.
    EXPECT_EQ(result.account.offered, 4u);
    EXPECT_EQ(result.account.retries, 2u);
    EXPECT_EQ(result.account.good, 1u);
    EXPECT_EQ(result.account.rejected_sum(), 3u);
}

TEST(Simulation, lets_backoff_wait_twice_as_long_each_time) {
    const Result result = run(R"(
clients: {a: {path: /a, retry: {mode: backoff, attempts_max: 4, delay: 20ms}}}
phases: [{name: p, for: 1s, rate: 2/s, burst: 2}]
service: {time: 100ms, workers: 1}
limiter: {queue: {capacity: 0}}
)");
    // Refused at 0, 20 and 60 ms, served at 140 ms.
    EXPECT_EQ(result.account.retries, 3u);
    EXPECT_EQ(result.account.good, 2u);
}

TEST(Simulation, sends_obedient_clients_away_for_as_long_as_they_are_told) {
    const Result result = run(R"(
clients: {a: {path: /a, retry: {mode: obedient, attempts_max: 2, delay: 1ms}}}
phases: [{name: p, for: 1s, rate: 2/s, burst: 2}]
service: {time: 100ms, workers: 1}
limiter: {queue: {capacity: 0}}
)");
    EXPECT_EQ(result.account.retries, 1u);
    EXPECT_EQ(result.account.good, 2u);
    EXPECT_GE(result.rows.back().end, 1s);
}

TEST(Simulation, leaves_warm_ups_out_of_the_account) {
    const Result result = run(R"(
phases:
  - {name: warm-up, for: 1s, rate: 100/s, measured: false}
  - {name: measured, for: 1s, rate: 10/s}
service: {time: 10ms, workers: 16}
)");
    EXPECT_EQ(result.account.offered, 10u);
    EXPECT_EQ(result.requests, 110u);
    EXPECT_DOUBLE_EQ(result.optimum_work, 10);
}

TEST(Simulation, is_the_same_run_for_the_same_seed) {
    const std::string text = R"(
phases: [{name: p, for: 20s, rate: 300/s, arrivals: poisson}]
service: {time: 100ms, workers: 16, times: lognormal}
limiter: {limit: {algorithm: aimd}}
)";
    const auto json = [&](const char* seed) {
        const scenario::Scenario scenario = scenario_of(text + seed);
        return to_json(scenario, simulate(scenario));
    };
    EXPECT_EQ(json("seed: 1"), json("seed: 1"));
    EXPECT_NE(json("seed: 1"), json("seed: 2"));
}

TEST(Simulation, tells_tenants_apart_and_compares_what_they_get_with_what_is_fair) {
    const Result result = run(R"(
clients:
  loud: {weight: 9, path: /a, tenants: {mammoth: 1}}
  quiet: {weight: 1, path: /a, tenants: {zeta: 1}}
phases: [{name: p, for: 60s, rate: 400/s, arrivals: poisson}]
service: {time: 100ms, workers: 16}
)");
    ASSERT_EQ(result.tenants.size(), 2u);
    EXPECT_EQ(result.tenants[0].name, "mammoth");
    // 40 a second fit into half of 160, but one queue for all gives everybody the same share.
    EXPECT_NEAR(result.tenants[1].fair_work, result.tenants[1].offered_work, 1e-6);
    EXPECT_LT(result.tenants[1].good_work, 0.5 * result.tenants[1].offered_work);
    EXPECT_LT(result.jain, 0.95);
}

TEST(Simulation, refuses_what_is_over_a_tenants_quota_and_tells_it_when_to_come) {
    const std::string text = R"(
clients:
  loud: {weight: 9, path: /a, tenants: {mammoth: 1}}
  quiet: {weight: 1, path: /a, tenants: {zeta: 1}}
phases: [{name: p, for: 100s, rate: 100/s}]
service: {time: 10ms, workers: 16}
)";
    const Result result =
        run(text + "limiter: {rate: {per: tenant, rate: 30, period: 1s, burst: 10}}\n");
    // 30 a second and the burst, of about 90.
    EXPECT_NEAR(static_cast<double>(result.tenants[0].account.good), 3010, 2);
    EXPECT_EQ(result.tenants[1].account.good, result.tenants[1].account.offered);
    EXPECT_EQ(rejected(result.account, RejectReason::rate_limited), result.account.rejected_sum());
    const Result shared =
        run(text + "limiter: {rate: {per: all, rate: 30, period: 1s, burst: 10}}\n");
    EXPECT_NEAR(static_cast<double>(shared.account.good), 3010, 2);
}

TEST(Simulation, holds_back_whom_the_quota_lets_begin_in_time_and_lets_go_who_leaves_before_it) {
    const std::string text = R"(
phases: [{name: p, for: 10s, rate: 40/s}]
service: {time: 1ms, workers: 16}
limiter: {rate: {per: all, rate: 30, burst: 1, delay_max: 500ms}}
)";
    const Result patient = run(text);
    // 30 a second, 15 of whom are still held back when the last one comes.
    EXPECT_NEAR(static_cast<double>(patient.account.good), 315, 2);
    EXPECT_GT(patient.total.at(0.5), 400ms);
    EXPECT_LE(patient.wait.max(), 1ms) << "a hold is no wait in the queue";

    const Result gone = run(text + "clients: {a: {path: /a, patience: 100ms}}\n");
    EXPECT_TRUE(gone.account.is_balanced());
    EXPECT_GT(gone.account.gone_waiting, 50u);
}

TEST(Simulation, writes_a_row_for_each_interval_and_they_sum_to_the_account) {
    const scenario::Scenario scenario = scenario_of(R"(
phases: [{name: "a,\"b\"", for: 2s, rate: 300/s, arrivals: poisson}]
service: {time: 100ms, workers: 16}
)");
    const Result result = simulate(scenario);
    Account sum;
    double optimum = 0;
    for (const Row& row : result.rows) {
        sum.add(row.account);
        optimum += row.optimum_work;
    }
    EXPECT_EQ(sum, result.account);
    EXPECT_DOUBLE_EQ(optimum, result.optimum_work);
    std::ostringstream csv;
    write_csv(csv, scenario, result);
    EXPECT_NE(csv.str().find("\n0.25,\"a,\"\"b\"\"\","), std::string::npos) << csv.str();
}

TEST(Convergence, is_the_time_until_goodput_is_back_after_a_slowdown) {
    // A fixed limit loses nothing to time; what converges is the queue.
    const Result result = run(R"(
slo: 400ms
phases: [{name: p, for: 30s, rate: 150/s, arrivals: poisson}]
service: {time: 50ms, workers: 16, slowdowns: [{from: 10s, for: 10s, factor: 3}]}
)");
    EXPECT_EQ(result.convergence.disturbances, 3u);
    EXPECT_EQ(result.convergence.unsettled, 0u);
    EXPECT_LE(result.convergence.longest, 1s);
    // A limit of one does a sixteenth of what could be done, and stays there.
    const Result bad = run(R"(
phases: [{name: p, for: 30s, rate: 150/s, arrivals: poisson}]
service: {time: 50ms, workers: 16}
limiter: {limit: {value: 1}}
)");
    EXPECT_EQ(bad.convergence.unsettled, 1u);
}

}  // namespace spillway::simulate
