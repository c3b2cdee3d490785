// What must hold after every single event, in scenarios that are drawn at random.

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <random>
#include <sstream>

#include "config/limit_schema.hpp"
#include "simulate/helpers.hpp"

namespace spillway::simulate {

namespace {

/// Draws scenarios in which everything happens: bursts, pauses, slow stretches, impatient clients.
class Dice {
public:
    static constexpr std::uint32_t cost_max = 4;

    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    [[nodiscard]] std::uint64_t below(std::uint64_t n) { return engine_() % n; }
    template <std::size_t N>
    [[nodiscard]] const char* one_of(const std::array<const char*, N>& words) {
        return words[below(N)];
    }

    [[nodiscard]] std::string clients() {
        std::ostringstream out;
        out << "clients:\n";
        for (const char* name : {"a", "b", "c"}) {
            out << "  " << name << ": {path: /, weight: " << 1 + below(9);
            if (below(2) == 0) out << ", patience: " << 1 + below(400) << "ms";
            if (below(2) == 0) out << ", deadline: " << 1 + below(400) << "ms";
            if (below(2) == 0) out << ", urgency: " << below(8);
            if (below(2) == 0) out << ", tenants: {x: 1, y: 2, z" << name << ": 3}";
            if (below(2) == 0) out << ", cost: " << 1 + below(cost_max);
            if (below(2) == 0) out << ", work: " << 1 + below(5);
            out << ", retry: {mode: " << one_of<4>({"none", "naive", "backoff", "obedient"})
                << ", delay: " << below(200) << "ms}}\n";
        }
        return out.str();
    }

    [[nodiscard]] std::string phases() {
        std::ostringstream out;
        out << "phases:\n";
        for (int i = 0; i < 3; ++i) {
            out << "  - {name: p" << i << ", for: " << 1 + below(1000)
                << "ms, rate: " << below(3000) << ".." << below(3000)
                << "/s, burst: " << 1 + below(2) * below(50)
                << ", arrivals: " << one_of<2>({"constant", "poisson"}) << "}\n";
        }
        return out.str();
    }

    [[nodiscard]] std::string service() {
        std::ostringstream out;
        out << "service: {time: " << 1 + below(100)
            << "ms, times: " << one_of<3>({"constant", "exponential", "lognormal"})
            << ", workers: " << 1 + below(20) << ", contention: " << below(2)
            << ", memory_each: 1, memory_max: " << below(2) * (1 + below(40))
            << ", stops: " << one_of<2>({"true", "false"}) << ", slowdowns: [{from: " << below(1000)
            << "ms, for: 300ms, factor: " << 1 + below(5) << "}]}\n";
        return out.str();
    }

    [[nodiscard]] std::string limiter() {
        std::ostringstream out;
        const auto algorithms = config::algorithms();
        const std::string algorithm = algorithms[below(algorithms.size())];
        out << "limiter:\n  limit: {algorithm: " << algorithm;
        if (algorithm != "fixed" && below(3) == 0) out << ", cures: {enabled: false}";
        out << "}\n  priority: {bands: " << 1 + below(8) << ", floor: 0.0" << below(10) << "}\n"
            << "  tenant: {shares: {x: " << 1 + below(4) << "}, queues: " << 8 + below(8) << "}\n"
            << queue();
        if (below(3) == 0)
            out << "  rate: {per: " << one_of<2>({"all", "tenant"}) << ", rate: " << 1 + below(900)
                << ", burst: " << 1 + below(90) << ", delay_max: " << below(3) * below(300)
                << "ms}\n";
        return out.str();
    }

    [[nodiscard]] std::string queue() {
        std::ostringstream out;
        out << "  queue: {discipline: "
            << one_of<5>({"fifo", "lifo", "adaptive_lifo", "deadline", "fair"})
            << ", capacity: " << below(3) * below(40) << ", wait_timeout: " << 1 + below(300)
            << "ms";
        const std::uint64_t low = 1 + below(8);
        if (below(3) == 0)
            out << ", watermarks: {low: " << low << ", high: " << low + below(9) << "}";
        if (below(3) == 0) out << ", codel: " << one_of<2>({"{}", "{target: 2ms, interval: 20ms}"});
        out << "}\n";
        return out.str();
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace

class Invariants : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Invariants, hold_after_every_event) {
    Dice dice{GetParam()};
    const std::string text = dice.clients() + dice.phases() + dice.service() + dice.limiter();
    SCOPED_TRACE("seed " + std::to_string(GetParam()) + '\n' + text);
    const scenario::Scenario scenario = scenario_of(text);
    Simulation simulation{scenario};
    const Admission& admission = simulation.admission();
    std::uint32_t before = 0;
    core::TimePoint last{};
    while (simulation.step()) {
        // Whoever is in service holds a permit, and nobody else does.
        ASSERT_EQ(simulation.in_service().units(), admission.units());
        // Nothing is granted above the limit, but for one that costs more and is alone; a lowered
        // limit takes nothing away.
        const std::uint32_t alone = admission.in_flight() == 1 ? Dice::cost_max : 0;
        ASSERT_LE(admission.units(), std::max({admission.limit(), before, alone}));
        ASSERT_LE(admission.waiting(), admission.capacity());
        // Nobody waits beside units that are free, though it may be for more than there are.
        if (admission.waiting() > 0) {
            ASSERT_GT(admission.units() + Dice::cost_max, admission.limit());
        }
        ASSERT_GE(simulation.now(), last);
        before = admission.units();
        last = simulation.now();
    }
    EXPECT_EQ(admission.in_flight(), 0u);
    EXPECT_EQ(admission.waiting(), 0u);
    const Result result = simulation.run();
    EXPECT_TRUE(result.account.is_balanced());
    EXPECT_LE(result.optimum_work, 1e-6 + std::accumulate(result.kinds.begin(), result.kinds.end(),
                                                          0.0, [](double sum, const Group& kind) {
                                                              return sum + kind.offered_work;
                                                          }));
    Account sum;
    for (const Group& kind : result.kinds) {
        EXPECT_TRUE(kind.account.is_balanced()) << kind.name;
        sum.add(kind.account);
    }
    EXPECT_EQ(sum, result.account);
}

INSTANTIATE_TEST_SUITE_P(seeds, Invariants, ::testing::Range<std::uint64_t>(1, 201));

}  // namespace spillway::simulate
