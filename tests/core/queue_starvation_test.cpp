// Nobody who has asked is passed over for ever: what others are granted while one waits is bounded,
// whatever they send.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <vector>

#include "core/choices.hpp"
#include "spillway/core/admission_queue.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t cost_max = 4;
constexpr int steps = test::is_slow_build ? 20'000 : 100'000;
constexpr std::uint64_t seeds = test::is_slow_build ? 2 : 10;

/// Groups (bands, or tenants with lines of their own) that wait in one queue, and what each of the
/// others was granted since a group's first waiter became that.
class Watch {
public:
    Watch(std::size_t groups, std::uint32_t places)
        : group_of_(places), cost_of_(places), waiting_(groups), passed_(groups) {
        for (auto& passed : passed_) passed.assign(groups, 0);
    }

    void note_waiting(const Ticket& ticket, std::size_t group, std::uint32_t cost) {
        group_of_[ticket.index] = group;
        cost_of_[ticket.index] = cost;
        if (waiting_[group]++ > 0) return;
        begin(group);
    }
    void note_evicted(const Ticket& ticket) { --waiting_[group_of_[ticket.index]]; }
    /// Returns the group.
    std::size_t note_granted(const Ticket& ticket) {
        const std::size_t group = group_of_[ticket.index];
        const std::uint32_t cost = cost_of_[ticket.index];
        --waiting_[group];
        begin(group);
        for (std::size_t i = 0; i < passed_.size(); ++i) {
            if (i != group && waiting_[i] > 0) passed_[i][group] += cost;
        }
        return group;
    }

    [[nodiscard]] bool waits(std::size_t group) const { return waiting_[group] > 0; }
    /// Units that `other` got while the first of `group` waited.
    [[nodiscard]] std::uint64_t passed(std::size_t group, std::size_t other) const {
        return passed_[group][other];
    }
    [[nodiscard]] std::uint64_t passed(std::size_t group) const {
        std::uint64_t sum = 0;
        for (const std::uint64_t units : passed_[group]) sum += units;
        return sum;
    }

private:
    void begin(std::size_t group) { std::ranges::fill(passed_[group], 0); }

    std::vector<std::size_t> group_of_;
    std::vector<std::uint32_t> cost_of_;
    std::vector<std::uint32_t> waiting_;
    std::vector<std::vector<std::uint64_t>> passed_;
};

/// Twice as much as can be served, from groups of which now these and now those are busy.
/// `check` is called after every grant.
template <class Check>
void flood(const QueueOptions& options, std::size_t groups, bool are_bands, std::uint64_t seed,
           Check check) {
    std::mt19937_64 dice(seed);
    AdmissionQueue queue({.limit = 6}, options);
    Watch watch(groups, options.capacity);
    std::deque<std::uint32_t> held;
    TimePoint now{1h};
    std::size_t favourite = 0;
    for (int step = 0; step < steps; ++step) {
        now += 1ms;
        if (dice() % 500 == 0) favourite = dice() % groups;
        if (dice() % 3 != 0 || held.empty()) {
            const std::size_t group = dice() % 2 == 0 ? favourite : dice() % groups;
            const auto cost = static_cast<std::uint32_t>(1 + dice() % cost_max);
            Claim claim{.cost = cost};
            if (are_bands) claim.band = static_cast<std::uint8_t>(group);
            if (!are_bands) claim.share = static_cast<std::uint16_t>(group);
            const Arrival arrival = queue.arrive(now, claim);
            if (arrival.evicted()) watch.note_evicted(*arrival.evicted());
            if (arrival.is_granted()) held.push_back(cost);
            if (!arrival.is_granted() && !arrival.is_refused())
                watch.note_waiting(arrival.ticket(), group, cost);
        } else {
            queue.release(held.front());
            held.pop_front();
        }
        while (const auto departure = queue.next(now)) {
            ASSERT_TRUE(departure->is_granted());
            held.push_back(departure->cost);
            (void)watch.note_granted(departure->ticket);
            check(watch);
            if (::testing::Test::HasFatalFailure()) return;
        }
    }
}

TEST(Starvation, who_is_first_in_its_band_waits_for_one_and_its_dearest_cost_by_the_floor_at_most) {
    constexpr std::size_t bands = 4;
    for (const std::uint32_t floor_permille : {50U, 200U}) {
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            SCOPED_TRACE("seed " + std::to_string(seed));
            std::uint64_t worst = 0;
            // And one request of each other band, whose turn may have come as well.
            const std::uint64_t bound =
                (1 + cost_max) * 1000 / floor_permille + (bands - 1) * cost_max;
            flood({.capacity = 64, .bands = bands, .floor_permille = floor_permille}, bands, true,
                  seed, [&](const Watch& watch) {
                      for (std::size_t band = 1; band < bands; ++band) {
                          if (!watch.waits(band)) continue;
                          ASSERT_LE(watch.passed(band), bound) << "band " << band;
                          worst = std::max(worst, watch.passed(band));
                      }
                  });
            EXPECT_GT(worst, 1000 / floor_permille) << "nobody was passed over";
        }
    }
}

TEST(Starvation, who_is_first_of_its_tenant_waits_for_little_more_of_each_other_than_its_own_part) {
    const std::vector<std::uint32_t> weights{1, 1, 2, 5, 1, 3};
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        flood({.capacity = 128, .discipline = Discipline::fair, .shares = weights}, weights.size(),
              false, seed, [&](const Watch& watch) {
                  for (std::size_t one = 0; one < weights.size(); ++one) {
                      for (std::size_t other = 0; other < weights.size(); ++other) {
                          if (one == other || !watch.waits(one)) continue;
                          ASSERT_LE(watch.passed(one, other) * weights[one],
                                    cost_max * (weights[other] + weights[one]))
                              << one << " waits for " << other;
                      }
                  }
              });
    }
}

}  // namespace
}  // namespace spillway::core
