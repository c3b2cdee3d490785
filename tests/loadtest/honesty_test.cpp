// Is what the generator says about a server true? The server here stalls by a programme and notes
// when it answered whom, so the latency of every request is known without the generator: from its
// intended instant, which is arithmetic, to the note. Percentiles must agree to 2 %.
//
// On a machine that does something else meanwhile the generator may be late to read an answer. By
// how much is known too: it sends every 2.5 ms throughout, so a pause of its thread is a delay in
// its own histogram. The bounds take that in, and nothing else; no wall-clock time is asserted.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cmath>
#include <vector>

#include "generator/engine.hpp"
#include "generator/latency.hpp"
#include "generator/target.hpp"
#include "loadtest/stalling_server.hpp"
#include "scenario/schedule.hpp"

namespace spillway::loadtest {
namespace {

using namespace std::chrono_literals;

constexpr double rate = 400;
constexpr auto length = 3s;
constexpr std::size_t requests = 1200;

scenario::Scenario stalled_scenario(const std::string& url) {
    scenario::Scenario scenario;
    scenario.target = url;
    scenario.metrics = "none";
    scenario.connections = requests;  // nobody waits for a connection, nothing is unsent
    scenario.slo = 100ms;
    scenario.timeout = 60s;
    scenario.clients["all"].path = "/{n}";
    scenario::Phase phase;
    phase.name = "all";
    phase.length = length;
    phase.rate = scenario::Rate{rate, rate};
    scenario.phases.push_back(phase);
    return scenario;
}

double quantile(const std::vector<double>& sorted, double fraction) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(sorted.size()) - 1e-6));
    return sorted[rank - 1];
}

TEST(Honesty, percentiles_of_a_stalling_server_are_exact_to_two_percent) {
    StallingServer server({{400ms, 1000ms}, {1500ms, 2500ms}}, requests);
    const auto scenario = stalled_scenario(server.url());
    const auto target = parse_target(scenario.target);
    std::string why;
    const auto endpoint = reach(*target, why);
    ASSERT_TRUE(endpoint) << why;
    boost::asio::io_context context{1};
    Engine engine(context, scenario, *endpoint, target->authority, {});
    engine.run();
    Result result;
    engine.report(result);
    const auto answered = server.stop();

    // Nothing is missing on either side.
    ASSERT_EQ(result.total.counts.offered, requests);
    ASSERT_EQ(result.total.admitted.count, requests);

    // The truth, without the generator: as soon as the server began to answer, and when it had.
    std::vector<double> earliest;
    std::vector<double> latest;
    scenario::Schedule schedule(scenario.phases, scenario.seed);
    for (const auto& one : answered) {
        const auto arrival = schedule.next();
        ASSERT_TRUE(arrival && one);
        const auto intended = engine.began() + arrival->at;
        earliest.push_back(to_ms(one->before - intended));
        latest.push_back(to_ms(one->after - intended));
    }
    std::sort(earliest.begin(), earliest.end());
    std::sort(latest.begin(), latest.end());
    const double pause_ms = result.generator.delay.max_ms + 2 * 1000 / rate;
    for (const double f : {0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0}) {
        const double said = to_ms(engine.ledger().admitted().at(f));
        EXPECT_GE(said, quantile(earliest, f) * 0.98) << f;
        EXPECT_LE(said, quantile(latest, f) * 1.02 + pause_ms) << f;
        RecordProperty("p" + std::to_string(static_cast<int>(f * 1000)),
                       std::to_string(said) + " ms, truth " + std::to_string(quantile(latest, f)));
    }
    // Stalls of 1.6 s in 3 s meet every second arrival, and the one that met the longest of them
    // first waited all of it.
    EXPECT_GE(quantile(earliest, 1.0), 900);
    EXPECT_GE(result.total.counts.late, requests * 2 / 5);
}

}  // namespace
}  // namespace spillway::loadtest
