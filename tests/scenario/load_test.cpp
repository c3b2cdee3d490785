#include "scenario/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace spillway::scenario {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

std::vector<std::string> lines(const Loaded& loaded) {
    std::vector<std::string> all;
    for (const config::Problem& problem : loaded.problems) all.push_back(to_string(problem));
    return all;
}

constexpr const char* whole = R"(
name: everything
target: http://[::1]:9000
seed: 18446744073709551615
slo: 250ms
connections: 12
timeout: 3s
metrics: http://localhost:9001/metrics
metrics_every: 100ms
clients:
  fast: {path: /v1/drill}
  slow:
    weight: 4
    method: POST
    path: "/v1/drill?sleep_ms={random:10-30}&who={tenant}"
    headers: {X-Tenant: "{tenant}", X-Number: "{n}"}
    tenants: {acme: 3, zeta.example: 1}
    urgency: 2
    body: {size: 10KiB}
    deadline: 1s
    patience: 300ms
    retry: {mode: obedient, attempts_max: 5, delay: 50ms}
    read_rate: 1KiB
    write_rate: 2KiB
    new_connection: true
phases:
  - {name: warm-up, for: 5s, rate: 100/s, measured: false}
  - {name: ramp, for: 10s, rate: 100..2500.5/s, arrivals: poisson, clients: {slow: 1}}
)";

}  // namespace

TEST(Load, reads_every_key) {
    const Loaded loaded = load_text(whole, "f");
    ASSERT_THAT(lines(loaded), IsEmpty());
    const Scenario& scenario = loaded.scenario;
    EXPECT_EQ(scenario.name, "everything");
    EXPECT_EQ(scenario.target, "http://[::1]:9000");
    EXPECT_EQ(scenario.seed, 18'446'744'073'709'551'615ULL);
    EXPECT_EQ(scenario.slo, 250ms);
    EXPECT_EQ(scenario.connections, 12u);
    EXPECT_EQ(scenario.timeout, 3s);
    EXPECT_EQ(scenario.metrics, "http://localhost:9001/metrics");
    EXPECT_EQ(scenario.metrics_every, 100ms);
    EXPECT_EQ(length_of(scenario), 15s);

    Client fast;
    fast.path = "/v1/drill";
    EXPECT_EQ(scenario.clients.at("fast"), fast);

    Client slow;
    slow.weight = 4;
    slow.method = "POST";
    slow.path = "/v1/drill?sleep_ms={random:10-30}&who={tenant}";
    slow.headers = {{"X-Tenant", "{tenant}"}, {"X-Number", "{n}"}};
    slow.tenants = {{"acme", 3}, {"zeta.example", 1}};
    slow.urgency = 2;
    slow.body.size = 10 * 1024;
    slow.deadline = 1s;
    slow.patience = 300ms;
    slow.retry = {RetryMode::obedient, 5, 50ms};
    slow.read_rate = 1024;
    slow.write_rate = 2048;
    slow.new_connection = true;
    EXPECT_EQ(scenario.clients.at("slow"), slow);

    ASSERT_EQ(scenario.phases.size(), 2u);
    EXPECT_EQ(scenario.phases[0].rate, (Rate{100, 100}));
    EXPECT_EQ(scenario.phases[0].arrivals, Arrivals::constant);
    EXPECT_FALSE(scenario.phases[0].measured);
    EXPECT_EQ(scenario.phases[1].rate, (Rate{100, 2500.5}));
    EXPECT_EQ(scenario.phases[1].arrivals, Arrivals::poisson);
    EXPECT_EQ(scenario.phases[1].mix, (std::map<std::string, std::uint32_t>{{"slow", 1}}));
    EXPECT_TRUE(scenario.phases[1].measured);
}

TEST(Load, reads_what_it_writes) {
    const Scenario scenario = load_text(whole, "f").scenario;
    const Loaded again = load_text(to_yaml(scenario), "again");
    EXPECT_THAT(lines(again), IsEmpty());
    EXPECT_EQ(again.scenario, scenario);
}

TEST(Load, overrides_win_over_the_file) {
    const Loaded loaded = load_text(whole, "f",
                                    {*config::parse_set("phases.1.rate=7/s"),
                                     *config::parse_set("target=http://127.0.0.1:1234"),
                                     *config::parse_set("clients.slow.retry.mode=naive")});
    ASSERT_THAT(lines(loaded), IsEmpty());
    EXPECT_EQ(loaded.scenario.phases[1].rate, (Rate{7, 7}));
    EXPECT_EQ(loaded.scenario.target, "http://127.0.0.1:1234");
    EXPECT_EQ(loaded.scenario.clients.at("slow").retry.mode, RetryMode::naive);
    EXPECT_EQ(loaded.scenario.clients.at("slow").retry.attempts_max, 5u);
}

TEST(Load, an_override_that_is_wrong_is_named_by_its_key) {
    const Loaded loaded = load_text(whole, "f", {*config::parse_set("phases.1.rate=fast")});
    EXPECT_THAT(
        lines(loaded),
        ElementsAre(HasSubstr("--set phases.1.rate: phases.1.rate: \"fast\" is not a rate")));
}

TEST(Load, a_file_that_is_not_there_is_a_problem) {
    EXPECT_THAT(lines(load("/nowhere/at/all.yaml")),
                ElementsAre("/nowhere/at/all.yaml: cannot be read: No such file or directory"));
}

TEST(Load, files_are_found_beside_the_scenario) {
    const std::string directory = std::string{SPILLWAY_SOURCE_DIR} + "/tests/scenario/files/";
    const Loaded loaded = load(directory + "beside.yaml");
    ASSERT_THAT(lines(loaded), IsEmpty());
    const Body& body = loaded.scenario.clients.at("a").body;
    EXPECT_EQ(body.file, directory + "body.txt");
    EXPECT_EQ(body.size, std::filesystem::file_size(body.file));
    const Phase& phase = loaded.scenario.phases.at(0);
    EXPECT_EQ(phase.recorded, directory + "arrivals.txt");
    EXPECT_THAT(phase.times, ElementsAre(0s, 12ms, 12ms, 1'500'000'001ns));
    // Written with the files where they were found, it can be read from anywhere.
    EXPECT_EQ(load_text(to_yaml(loaded.scenario), "elsewhere/f").scenario, loaded.scenario);
}

TEST(Load, every_committed_scenario_is_right) {
    int found = 0;
    const std::filesystem::path scenarios{std::string{SPILLWAY_SOURCE_DIR} + "/loadtest/scenarios"};
    for (const auto& entry : std::filesystem::directory_iterator{scenarios}) {
        if (entry.path().extension() != ".yaml") continue;
        const Loaded loaded = load(entry.path().string());
        EXPECT_THAT(lines(loaded), IsEmpty());
        EXPECT_EQ(loaded.scenario.name, entry.path().stem().string());
        ++found;
    }
    EXPECT_GT(found, 0);
}

}  // namespace spillway::scenario
