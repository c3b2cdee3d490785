// A shadow with the policy of the live limiter decides like it, request by request; and whatever it
// is, the live one decides as if it were alone.

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <tuple>

#include "core/choices.hpp"
#include "core/shadow_world.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using test::fixed_limit;
using test::Script;
using test::ShadowWorld;

/// Adds up; received = admitted + rejected + dropped + waiting, and every pair is compared once.
void expect_balanced(const ShadowState& state) {
    const ShadowAccount& account = state.account;
    EXPECT_EQ(account.pending(), state.occupancy.waiting);
    std::uint64_t compared = 0;
    for (const auto& row : account.compared)
        for (const std::uint64_t n : row) compared += n;
    EXPECT_LE(compared, account.received);
    if (state.occupancy.waiting == 0) {
        EXPECT_EQ(compared, account.received);
    }
}

std::uint64_t disagreements(const ShadowState& state) {
    std::uint64_t sum = 0;
    for (std::size_t live = 0; live < verdict_count; ++live)
        for (std::size_t shadow = 0; shadow < verdict_count; ++shadow)
            if (live != shadow) sum += state.account.compared[live][shadow];
    return sum;
}

TEST(ShadowAgreement, holds_for_every_short_schedule) {
    test::Choices choices;
    const std::uint32_t length = test::is_slow_build ? 3 : 4;
    do {
        ShadowOptions policy{.limit = fixed_limit(1 + choices.pick(2)),
                             .queue = {.capacity = choices.pick(3)},
                             .wait_timeout = 2ms,
                             .requests_max = 8};
        policy.queue.discipline = choices.pick(2) == 0 ? Discipline::fifo : Discipline::lifo;
        std::vector<Script> scripts;
        Duration at{};
        for (std::uint32_t i = 0; i < length; ++i) {
            at += choices.pick(2) * 1ms;
            Script script{.at = at, .service = (1 + choices.pick(3)) * 1ms};
            if (i > 0 && choices.pick(2) == 1) script.leaves_after = 1ms;
            scripts.push_back(script);
        }
        ShadowWorld world(policy, policy, scripts);
        world.run();
        const ShadowState state = world.shadow->state();
        ASSERT_EQ(disagreements(state), 0U) << "run " << choices.runs();
        ASSERT_EQ(state.account.estimated, 0U) << "run " << choices.runs();
        ASSERT_EQ(state.account.received, length);
        ASSERT_EQ(state.occupancy.in_flight, 0U);
        expect_balanced(state);
    } while (choices.advance());
    EXPECT_GT(choices.runs(), 10'000U);
}

struct Mix {
    const char* name;
    LimitPolicyOptions limit;
    QueueOptions queue;
};

LimitPolicyOptions adaptive(LimitKind kind) {
    return LimitPolicyOptions::service(kind, {.min = 2, .max = 40, .initial = 8});
}

std::vector<Mix> mixes() {
    QueueOptions bands{.capacity = 16, .bands = 4};
    QueueOptions fair{.capacity = 16, .discipline = Discipline::fair, .queues = 8, .hand = 2};
    QueueOptions codel{.capacity = 16, .codel = CodelTimes{.target = 20ms, .interval = 100ms}};
    QueueOptions marks{.capacity = 16, .watermarks = QueueOptions::Marks{.high = 12, .low = 4}};
    QueueOptions newest{.capacity = 16, .discipline = Discipline::adaptive_lifo};
    QueueOptions earliest{.capacity = 16, .discipline = Discipline::deadline};
    std::vector<Mix> mixes{
        {"fifo", fixed_limit(4), {.capacity = 16}}, {"no_queue", fixed_limit(4), {.capacity = 0}},
        {"bands", fixed_limit(4), bands},           {"fair", fixed_limit(4), fair},
        {"codel", fixed_limit(4), codel},           {"watermarks", fixed_limit(4), marks},
        {"adaptive_lifo", fixed_limit(4), newest},  {"deadline", fixed_limit(4), earliest}};
    for (const LimitKind kind : {LimitKind::aimd, LimitKind::vegas, LimitKind::gradient2,
                                 LimitKind::gradient, LimitKind::gradient_minrtt, LimitKind::slo}) {
        mixes.push_back({to_string(kind).data(), adaptive(kind), {.capacity = 16}});
    }
    return mixes;
}

/// Twice what a limit of 4 serves, of all bands, costs and tenants.
std::vector<Script> crowd(std::uint64_t seed, std::size_t size) {
    std::mt19937_64 dice(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    const auto exponential = [&](double mean_ms) {
        return Duration{static_cast<Duration::rep>(-std::log(1 - uniform(dice)) * mean_ms * 1e6)};
    };
    std::vector<Script> scripts;
    Duration at{};
    for (std::size_t i = 0; i < size; ++i) {
        at += exponential(2.5);
        Script script{.at = at, .service = 1ms + exponential(20)};
        script.claim.band = static_cast<std::uint8_t>(dice() % 4);
        script.claim.tenant = dice() % 20;
        script.claim.cost = dice() % 8 == 0 ? 3 : 1;
        if (dice() % 4 == 0) script.patience = exponential(80);
        if (dice() % 10 == 0) script.leaves_after = exponential(30);
        scripts.push_back(script);
    }
    return scripts;
}

class ShadowSimulation : public testing::TestWithParam<Mix> {
protected:
    static constexpr std::size_t size = test::is_slow_build ? 2'000 : 20'000;
    [[nodiscard]] ShadowOptions policy() const {
        return {.limit = GetParam().limit,
                .queue = GetParam().queue,
                .wait_timeout = 100ms,
                .requests_max = 200};
    }
};

TEST_P(ShadowSimulation, the_same_policy_agrees_on_every_request) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        ShadowWorld world(policy(), policy(), crowd(seed, size));
        world.run();
        const ShadowState state = world.shadow->state();
        EXPECT_EQ(disagreements(state), 0U) << "seed " << seed;
        EXPECT_EQ(state.account.estimated, 0U) << "seed " << seed;
        EXPECT_TRUE(world.is_limit_equal) << "seed " << seed;
        EXPECT_EQ(state.account.received, size);
        EXPECT_GT(state.account.admitted, size / 4) << "seed " << seed;
        EXPECT_GT(state.account.rejected_total(), 0U) << "seed " << seed;
        expect_balanced(state);
    }
}

TEST_P(ShadowSimulation, whatever_it_would_do_the_live_limiter_does_what_it_does) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        const auto scripts = crowd(seed, size / 5);
        ShadowWorld alone(policy(), std::nullopt, scripts);
        alone.run();
        for (const Mix& other : mixes()) {
            ShadowOptions candidate = policy();
            candidate.limit = other.limit;
            candidate.queue = other.queue;
            ShadowWorld watched(policy(), candidate, scripts);
            watched.run();
            ASSERT_EQ(watched.fates(), alone.fates()) << other.name << ", seed " << seed;
            const ShadowState state = watched.shadow->state();
            EXPECT_EQ(state.account.received, scripts.size());
            EXPECT_EQ(state.occupancy.in_flight, 0U) << other.name << ", seed " << seed;
            expect_balanced(state);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(policies, ShadowSimulation, testing::ValuesIn(mixes()),
                         [](const auto& mix) { return std::string(mix.param.name); });

/// What the other policy would have done is known here: it is played alone. What the shadow says
/// differs from it only by the lengths that it has to guess.
TEST(ShadowForecast, of_half_and_of_twice_the_limit_is_what_these_limits_do) {
    for (const std::uint32_t limit : {2U, 8U}) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            const ShadowOptions live{.limit = fixed_limit(4),
                                     .queue = {.capacity = 16},
                                     .wait_timeout = 100ms,
                                     .requests_max = 200};
            ShadowOptions candidate = live;
            candidate.limit = fixed_limit(limit);
            const auto scripts = crowd(seed, 20'000);
            ShadowWorld watched(live, candidate, scripts);
            watched.run();
            ShadowWorld really(candidate, std::nullopt, scripts);
            really.run();
            std::uint64_t served = 0;
            for (const auto& fate : really.fates())
                served += fate.kind == test::Fate::Kind::served ? 1 : 0;
            const auto forecast = watched.shadow->state().account.admitted;
            EXPECT_NEAR(static_cast<double>(forecast), static_cast<double>(served),
                        0.02 * static_cast<double>(served))
                << "limit " << limit << ", seed " << seed;
        }
    }
}

}  // namespace
}  // namespace spillway::core
