// Every kind of mistake in a scenario, with the place and the words that it is reported by.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "scenario/load.hpp"
#include "scenario/recorded.hpp"

namespace spillway::scenario {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;

namespace {

std::vector<std::string> lines(const std::vector<config::Problem>& problems) {
    std::vector<std::string> all;
    for (const config::Problem& problem : problems) all.push_back(to_string(problem));
    return all;
}

}  // namespace

/// One mistake, which is all that is reported of the text.
struct Case {
    std::string yaml;
    std::string problem;

    friend void PrintTo(const Case& c, std::ostream* out) { *out << c.yaml; }
};

class OneProblem : public ::testing::TestWithParam<Case> {};

TEST_P(OneProblem, is_reported_with_its_place) {
    EXPECT_THAT(lines(load_text(GetParam().yaml, "f").problems),
                ElementsAre(StartsWith(GetParam().problem)))
        << GetParam().yaml;
}

namespace {

/// A right scenario with `client` in its only kind (line 2) and `phase` in its only phase (line 3),
/// and `top` below them (line 4).
Case in_client(const std::string& client, std::string problem) {
    return {"name: x\nclients: {a: {path: /a, " + client +
                "}}\nphases: [{name: p, for: 1s, rate: 1/s}]\n",
            std::move(problem)};
}

Case in_phase(const std::string& phase, std::string problem) {
    return {"name: x\nclients: {a: {path: /a}}\nphases: [{name: p, for: 1s, " + phase + "}]\n",
            std::move(problem)};
}

Case at_top(const std::string& top, std::string problem) {
    return {
        "name: x\nclients: {a: {path: /a}}\nphases: [{name: p, for: 1s, rate: 1/s}]\n" + top + "\n",
        std::move(problem)};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(
    document, OneProblem,
    ::testing::Values(
        Case{"[a]\n", "f:1:1: expected a map at the top, got a list (allowed: name, clients, "},
        Case{"a: [\n", "f:2:1: not valid YAML"},
        Case{"clients: {a: {path: /a}}\nphases: [{name: p, for: 1s, rate: 1/s}]\n",
             "f:1:1: name: is missing (it has no default)"},
        Case{"name: x\nclients: {}\nphases: [{name: p, for: 1s, rate: 1/s}]\n",
             "f:2:10: clients: is empty (allowed: 1..64 kinds of clients)"},
        Case{"name: x\nclients: {a: {path: /a}}\nphases: []\n",
             "f:3:9: phases: is empty (allowed: 1..64 phases)"},
        Case{"name: x\nclients: {a: {}}\nphases: [{name: p, for: 1s, rate: 1/s}]\n",
             "f:2:14: clients.a.path: is missing (it has no default)"}));

INSTANTIATE_TEST_SUITE_P(
    top, OneProblem,
    ::testing::Values(
        at_top("slow: 1s", "f:4:1: slow: unknown key, did you mean slo? (allowed: name, target, "),
        at_top("service: {time: 1ns}",
               "f:4:17: service.time: \"1ns\" is not a duration (allowed: 1us..1h)"),
        at_top("service: {time: 4000000000us}",
               "f:4:17: service.time: \"4000000000us\" is out of range (allowed: 1us..1h)"),
        at_top("service: {time: 2h}",
               "f:4:17: service.time: \"2h\" is out of range (allowed: 1us..1h)"),
        at_top("service: {contention: -1}",
               "f:4:23: service.contention: \"-1\" is not a number (allowed: 0..100)"),
        at_top("service: {slowdowns: [{from: 1s, for: 1s}]}",
               "f:4:23: service.slowdowns.0.factor: is missing (it has no default)"),
        at_top("limiter: {limit: {algorithm: vega}}",
               "f:4:30: limiter.limit.algorithm: \"vega\" is not known, did you mean vegas? "
               "(allowed: "),
        at_top("limiter: {limit: {algorithm: aimd, min: 9, max: 8}}",
               "f:4:41: limiter.limit.min: min 9 is above max 8 (allowed: min at most max)"),
        at_top(
            "limiter: {limit: {algorithm: aimd, max: 8, initial: 9}}",
            "f:4:53: limiter.limit.initial: initial 9 is not within min and max (allowed: 1..8)"),
        at_top("limiter: {limit: {value: 8, max: 9}}",
               "f:4:34: limiter.limit.max: is not a parameter of fixed (allowed: value)"),
        at_top("limiter: {limit: {algorithm: aimd, value: 8}}",
               "f:4:43: limiter.limit.value: is not a parameter of aimd (allowed: min, max, "
               "initial, "),
        at_top("limiter: {queue: {watermarks: {high: 8, low: 9}}}",
               "f:4:46: limiter.queue.watermarks.low: low 9 is above high 8 (allowed: low at "),
        at_top("limiter: {queue: {codel: {target: 9ms, interval: 8ms}}}",
               "f:4:35: limiter.queue.codel.target: target 9ms is not below interval 8ms "),
        at_top("limiter: {rate: {per: all}}",
               "f:4:17: limiter.rate.rate: is missing (it has no default)"),
        at_top("limiter: {rate: {rate: 1000000000, period: 1ms}}",
               "f:4:24: limiter.rate.rate: is "),
        at_top(
            "target: https://a:443",
            "f:4:9: target: \"https://a:443\" does not begin with http:// (allowed: http://host"),
        at_top("target: http://a", "f:4:9: target: \"http://a\" has no address with a port"),
        at_top("target: http://a:0", "f:4:9: target: \"http://a:0\" has no address with a port"),
        at_top("target: http://a:80/b", "f:4:9: target: \"http://a:80/b\" has something after the"),
        at_top("metrics: http://a:80", "f:4:10: metrics: \"http://a:80\" has no path (allowed: "),
        at_top("metrics: of",
               "f:4:10: metrics: \"of\" does not begin with http:// (allowed: http:"),
        at_top("metrics_every: 1ms",
               "f:4:16: metrics_every: \"1ms\" is out of range (allowed: 10ms"),
        at_top("connections: 0", "f:4:14: connections: \"0\" is out of range (allowed: 1..100000)"),
        at_top("slo: 0s", "f:4:6: slo: \"0s\" is out of range (allowed: 1ms..24h)"),
        at_top("seed: -1",
               "f:4:7: seed: \"-1\" is not a whole number (allowed: 0..1844674407370955")));

INSTANTIATE_TEST_SUITE_P(
    client, OneProblem,
    ::testing::Values(
        in_client("wait: 1", "f:2:25: clients.a.wait: unknown key (allowed: weight, "),
        in_client("weight: 1000001", "f:2:33: clients.a.weight: \"1000001\" is out of range"),
        in_client("weight: 0", "f:3:10: phases.0: weighs nothing (allowed: at least one weight"),
        in_client("method: get",
                  "f:2:33: clients.a.method: \"get\" is not known (allowed: GET, HEAD, "),
        in_client("headers: {\"a b\": c}",
                  "f:2:35: clients.a.headers.a b: is not the name of a header field (allowed: tok"),
        in_client("headers: {content-LENGTH: c}",
                  "f:2:35: clients.a.headers.content-LENGTH: is written by the generator itself"),
        in_client(
            "headers: {A: \"{m}\"}",
            "f:2:38: clients.a.headers.A: \"{m}\" has an unknown placeholder {m} (allowed: at"),
        in_client("headers: {A: \"a\\nb\"}",
                  "f:2:38: clients.a.headers.A: \"a\nb\" has control ch"),
        in_client("headers: {A: }", "f:2:35: clients.a.headers.A: is empty (allowed: at most 4096"),
        in_client(
            "headers: {A: \"{tenant}\"}",
            "f:2:38: clients.a.headers.A: names {tenant}, and the client has none (allowed: "),
        in_client("tenants: {a b: 1}", "f:2:35: clients.a.tenants.a b: is not a tenant's name"),
        in_client("tenants: {b: 0}", "f:2:34: clients.a.tenants: weigh nothing (allowed: at least"),
        in_client("tenants: [b]",
                  "f:2:34: clients.a.tenants: expected a map, got a list (allowed: "),
        in_client("urgency: 8",
                  "f:2:34: clients.a.urgency: \"8\" is out of range (allowed: 0..7 o"),
        in_client("body: {file: a, size: 1}",
                  "f:2:31: clients.a.body: has a file and a size (allowed: one of the two)"),
        in_client(
            "body: {file: not-there}",
            "f:2:38: clients.a.body.file: not-there cannot be read: No such file or directory"),
        in_client("body: {size: 65MiB}", "f:2:38: clients.a.body.size: \"65MiB\" is out of range"),
        in_client("deadline: 0s",
                  "f:2:35: clients.a.deadline: \"0s\" is out of range (allowed: 1ms"
                  "..24h or none)"),
        in_client("patience: 10s",
                  "f:2:35: clients.a.patience: never ends before the timeout does"),
        in_client("retry: {mode: angry}",
                  "f:2:39: clients.a.retry.mode: \"angry\" is not known (a"),
        in_client("retry: {attempts_max: 0}", "f:2:47: clients.a.retry.attempts_max: \"0\" is out"),
        in_client("new_connection: yes",
                  "f:2:41: clients.a.new_connection: expected true or fal")));

INSTANTIATE_TEST_SUITE_P(
    path, OneProblem,
    ::testing::Values(
        Case{"name: x\nclients: {a: {path: a}}\nphases: [{name: p, for: 1s, rate: 1/s}]\n",
             "f:2:21: clients.a.path: \"a\" is not the path of a request (allowed: begins with /"},
        Case{"name: x\nclients: {a: {path: \"/{random:3-1}\"}}\nphases: [{name: p, for: 1s, "
             "rate: 1/s}]\n",
             "f:2:21: clients.a.path: \"/{random:3-1}\" has an unknown placeholder {random:3-1}"}));

INSTANTIATE_TEST_SUITE_P(
    phase, OneProblem,
    ::testing::Values(
        in_phase("measured: true",
                 "f:3:10: phases.0: has neither rate nor recorded (allowed: one of the two)"),
        in_phase("rate: 100",
                 "f:3:35: phases.0.rate: \"100\" is not a rate (allowed: 0/s..10000000"),
        in_phase("rate: 1e3/s", "f:3:35: phases.0.rate: \"1e3/s\" is not a rate"),
        in_phase("rate: 1.2345/s", "f:3:35: phases.0.rate: \"1.2345/s\" is not a rate"),
        in_phase("rate: 1..2..3/s", "f:3:35: phases.0.rate: \"1..2..3/s\" is not a rate"),
        in_phase("rate: 10000001/s", "f:3:35: phases.0.rate: \"10000001/s\" is out of range"),
        in_phase("rate: [1]", "f:3:35: phases.0.rate: expected a rate, got a list (allowed: 0/s.."),
        in_phase("rate: 1/s, arrivals: random",
                 "f:3:50: phases.0.arrivals: \"random\" is not known (allowed: constant, poisson)"),
        in_phase("rate: 1/s, clients: {b: 1}",
                 "f:3:53: phases.0.clients.b: there is no such client (allowed: a)"),
        in_phase("rate: 1/s, clients: {a: 0}", "f:3:49: phases.0.clients: weighs nothing (allowed"),
        in_phase(
            "rate: 1/s, measured: false",
            "f:3:9: phases: measure nothing (allowed: at least one phase with measured: true)"),
        in_phase("rate: 1/s}, {name: p, for: 1s, rate: 1/s",
                 "f:3:48: phases.1.name: is the name of phases.0 too (allowed: each once)"),
        in_phase(
            "recorded: nothing.txt",
            "f:3:39: phases.0.recorded: nothing.txt cannot be read: No such file or directory")));

TEST(Problems, are_all_reported_at_once_in_the_order_of_their_lines) {
    EXPECT_THAT(
        lines(load_text("name: \"\"\n"
                        "slo: 5\n"
                        "clients:\n"
                        "  a: {path: a, weigth: 2}\n"
                        "phases:\n"
                        "  - {name: p, for: 0s, rate: 1}\n",
                        "f")
                  .problems),
        ElementsAre(StartsWith("f:1:7: name: "), StartsWith("f:2:6: slo: "),
                    StartsWith("f:4:13: clients.a.path: "),
                    StartsWith("f:4:16: clients.a.weigth: "), StartsWith("f:6:20: phases.0.for: "),
                    StartsWith("f:6:30: phases.0.rate: ")));
}

TEST(Problems, recorded_stands_beside_no_rate_and_no_way_of_arriving) {
    const std::string file =
        std::string{SPILLWAY_SOURCE_DIR} + "/tests/scenario/files/arrivals.txt";
    const std::string text =
        "name: x\nclients: {a: {path: /a}}\nphases: [{name: p, for: 1s,\n"
        "recorded: " +
        file + ",\n";
    EXPECT_THAT(lines(load_text(text + "rate: 1/s}]\n", "f").problems),
                ElementsAre(StartsWith("f:4:11: phases.0.recorded: stands beside a rate")));
    EXPECT_THAT(lines(load_text(text + "arrivals: poisson}]\n", "f").problems),
                ElementsAre(StartsWith("f:5:11: phases.0.arrivals: does not apply to recorded")));
}

TEST(Problems, of_recorded_times_have_the_place_in_their_own_file) {
    config::Problems problems;
    const auto times =
        parse_recorded("0.5\n0.4\nsoon\n1\n-1\n1.\n.5\n0.1234567890\n86401\n", "r", "k", problems);
    EXPECT_THAT(times, SizeIs(2));
    EXPECT_THAT(lines(problems.sorted("r")),
                ElementsAre("r:2:1: k: goes back in time (allowed: times in order)",
                            StartsWith("r:3:1: k: is not a time"), StartsWith("r:5:1: k: is not"),
                            StartsWith("r:6:1: k: is not"), StartsWith("r:7:1: k: is not"),
                            StartsWith("r:8:1: k: is not"), StartsWith("r:9:1: k: is not")));
}

TEST(Problems, of_a_file_that_is_wrong_in_every_line_are_the_first_ten) {
    config::Problems problems;
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "no\n";
    (void)parse_recorded(text, "r", "k", problems);
    EXPECT_THAT(problems.sorted("r"), SizeIs(10));
}

}  // namespace spillway::scenario
