// What the queue promises of a service under overload, in virtual time, with several seeds.

#include <gtest/gtest.h>
#include <malloc.h>

#include <random>
#include <vector>

#include "core/choices.hpp"
#include "core/queue_simulation.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using test::jain;
using test::Simulation;
using test::SimulationOptions;
using test::Source;

constexpr int seeds = test::is_slow_build ? 1 : 5;
constexpr double capacity = 200;  // requests a second: four at a time, 20 ms each

/// Nine tenants at their fair share, and a tenth at ten times of it.
std::vector<Source> noisy_neighbour(std::mt19937_64& names) {
    std::vector<Source> tenants(10, {.per_second = capacity / 10, .is_paced = true});
    tenants[0].per_second = capacity;
    for (Source& tenant : tenants) tenant.claim.tenant = names();
    return tenants;
}

void expect_fair(const Simulation& simulation) {
    EXPECT_TRUE(simulation.is_sound);
    std::vector<double> served;
    for (std::size_t i = 0; i < simulation.sources.size(); ++i) {
        const Source& tenant = simulation.sources[i];
        served.push_back(static_cast<double>(tenant.served));
        if (i == 0) continue;
        EXPECT_GE(tenant.served_part(), 0.99) << "tenant " << i;
    }
    EXPECT_GE(jain(served), 0.95);
    EXPECT_GE(simulation.use(), 0.98);
}

TEST(QueueProperties, a_tenant_at_ten_times_its_share_takes_nothing_from_nine_at_theirs) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 names(seed);
        Simulation simulation({.queue = {.capacity = 64, .discipline = Discipline::fair}},
                              noisy_neighbour(names), seed);
        simulation.run();
        expect_fair(simulation);
    }
}

TEST(QueueProperties, first_come_first_served_lets_that_tenant_take_from_all_others) {
    std::mt19937_64 names(1);
    Simulation simulation({.queue = {.capacity = 64}}, noisy_neighbour(names), 1);
    simulation.run();
    EXPECT_LT(simulation.sources[1].served_part(), 0.9);
}

TEST(QueueProperties, configured_tenants_get_what_their_shares_say_and_lend_what_they_leave) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(seed);
        SimulationOptions options{
            .queue = {.capacity = 64, .discipline = Discipline::fair, .shares = {3, 1, 4}}};
        // Two ask for all there is; the third, who could have half of it, for nothing.
        std::vector<Source> tenants(2, {.per_second = capacity});
        tenants[0].claim.share = 0;
        tenants[1].claim.share = 1;
        Simulation simulation(options, tenants, seed);
        simulation.run();
        EXPECT_TRUE(simulation.is_sound);
        EXPECT_GE(simulation.use(), 0.98);
        const auto three = static_cast<double>(simulation.sources[0].served);
        const auto one = static_cast<double>(simulation.sources[1].served);
        EXPECT_NEAR(three / one, 3, 0.15);
    }
}

TEST(QueueProperties, tenants_share_by_what_their_requests_cost) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(seed);
        std::vector<Source> tenants(2, {.per_second = 4 * capacity});
        tenants[0].claim = {.cost = 1, .tenant = 1};
        tenants[1].claim = {.cost = 4, .tenant = 2};
        Simulation simulation(
            {.limit = 8, .queue = {.capacity = 64, .discipline = Discipline::fair}}, tenants, seed);
        simulation.run();
        const auto cheap = static_cast<double>(simulation.sources[0].units);
        const auto dear = static_cast<double>(simulation.sources[1].units);
        EXPECT_NEAR(cheap / dear, 1, 0.05);
    }
}

TEST(QueueProperties, private_lines_of_sixteen_tenants_and_four_workers_go_round_robin) {
    QueueOptions queue{.capacity = 160, .discipline = Discipline::fair};
    queue.shares.assign(16, 1);
    std::vector<Source> tenants(16, {.per_second = capacity});
    for (std::uint16_t i = 0; i < 16; ++i) tenants[i].claim.share = i;
    Simulation simulation({.queue = queue}, tenants, 1);
    // Once all wait, nobody is served twice before everybody else was served once.
    std::vector<std::uint64_t> rounds(16);
    std::uint64_t spread = 0;
    simulation.on_serve = [&](std::size_t tenant) {
        ++rounds[tenant];
        const auto [least, most] = std::ranges::minmax(rounds);
        spread = std::max(spread, most - least);
    };
    simulation.run();
    EXPECT_LE(spread, 2U) << "one for the start, when the lines fill";
    EXPECT_GE(simulation.use(), 0.98);
}

TEST(QueueProperties, a_high_band_is_served_while_more_than_half_of_all_is_shed) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(seed);
        std::vector<Source> bands(2);
        bands[0] = {.per_second = 0.4 * capacity, .claim = {.band = 0}};
        bands[1] = {.per_second = 4 * capacity, .claim = {.band = 1}};
        Simulation simulation({.queue = {.capacity = 64, .bands = 2}}, bands, seed);
        simulation.run();
        EXPECT_TRUE(simulation.is_sound);
        EXPECT_GE(simulation.sources[0].served_part(), 0.994);
        EXPECT_GE(simulation.use(), 0.98);
        const auto served = simulation.sources[0].served + simulation.sources[1].served;
        const auto offered = simulation.sources[0].offered + simulation.sources[1].offered;
        EXPECT_LT(2 * served, offered);
    }
}

TEST(QueueProperties, low_bands_get_their_floors_while_a_higher_one_asks_for_all_there_is) {
    for (const Discipline discipline : {Discipline::fifo, Discipline::lifo, Discipline::deadline,
                                        Discipline::adaptive_lifo, Discipline::fair}) {
        SCOPED_TRACE(static_cast<int>(discipline));
        std::vector<Source> bands(3);
        for (std::uint8_t b = 0; b < 3; ++b) {
            bands[b] = {.per_second = 2 * capacity, .claim = {.band = b, .tenant = b + 1U}};
        }
        Simulation simulation(
            {.queue = {.capacity = 64, .discipline = discipline, .bands = 3, .floor_permille = 50}},
            bands, 1);
        simulation.run();
        const auto all = static_cast<double>(simulation.served_units());
        for (const std::size_t low : {1U, 2U}) {
            EXPECT_GE(static_cast<double>(simulation.sources[low].units), 0.049 * all) << low;
        }
        EXPECT_GE(static_cast<double>(simulation.sources[0].units), 0.89 * all);
    }
}

TEST(QueueProperties, adaptive_lifo_lets_in_whoever_has_n_before_it_within_k_times_n_plus_one) {
    // Nobody gives up, twice as many come as can be served, and the room refuses the rest.
    constexpr std::uint32_t k = 4;
    const QueueOptions options{.capacity = 32,
                               .discipline = Discipline::adaptive_lifo,
                               .standing = {.target = 5ms, .interval = 50ms},
                               .oldest_every = k};
    AdmissionQueue queue({.limit = 1}, options);
    ASSERT_TRUE(queue.try_acquire());
    std::vector<std::uint64_t> let_in_by(options.capacity, 0);
    std::uint64_t grants = 0;
    std::uint64_t newest_first = 0;
    Ticket newest;
    TimePoint now{1h};
    for (int i = 0; i < 100'000; ++i) {
        now += 5ms;
        if (!queue.is_full()) {
            const std::uint32_t before = queue.waiting();
            const Ticket ticket = queue.arrive(now, {}).ticket();
            let_in_by[ticket.index] = grants + std::uint64_t{k} * (before + 1);
            newest = ticket;
        }
        if (i % 2 == 0) continue;
        queue.release();
        const auto departure = queue.next(now);
        ASSERT_TRUE(departure && departure->is_granted());
        ++grants;
        ASSERT_LE(grants, let_in_by[departure->ticket.index]) << "at step " << i;
        let_in_by[departure->ticket.index] = UINT64_MAX;
        if (departure->ticket == newest) ++newest_first;
    }
    EXPECT_GT(grants, 49'000U);
    EXPECT_GT(newest_first, 20'000U) << "or it was first come first served";
}

TEST(QueueProperties, a_large_request_is_let_in_though_small_ones_never_cease_to_come) {
    for (const Discipline discipline : {Discipline::fifo, Discipline::lifo, Discipline::fair}) {
        SCOPED_TRACE(static_cast<int>(discipline));
        std::vector<Source> sources(2);
        sources[0] = {.per_second = 2 * capacity, .claim = {.cost = 1, .tenant = 1}};
        sources[1] = {.per_second = 2, .claim = {.cost = 9, .tenant = 2}, .is_paced = true};
        Simulation simulation({.queue = {.capacity = 16, .discipline = discipline}}, sources, 1);
        simulation.run();
        EXPECT_TRUE(simulation.is_sound);
        EXPECT_GT(simulation.sources[1].served_part(), discipline == Discipline::fair ? 0.99 : 0.2);
    }
}

TEST(QueueProperties, ten_million_names_take_no_more_memory_than_one) {
    constexpr int names = test::is_slow_build ? 100'000 : 10'000'000;
    AdmissionQueue queue({.limit = 4}, {.capacity = 64, .discipline = Discipline::fair});
    std::mt19937_64 hash(1);
    const auto allocated = mallinfo2().uordblks;
    TimePoint now{1h};
    std::uint32_t held = 0;
    for (int i = 0; i < names; ++i) {
        now += 1us;
        if (queue.arrive(now, {.tenant = hash()}).is_granted()) ++held;
        if (i % 4 == 0 && held > 0) queue.release(), --held;
        while (queue.next(now)) ++held;
    }
    EXPECT_EQ(mallinfo2().uordblks, allocated);
    EXPECT_EQ(queue.waiting(), 64U);
}

}  // namespace
}  // namespace spillway::core
