// Every discipline, with costs, bands and a room that is often full, against a naive reference: all
// short schedules, and long random ones.

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/choices.hpp"
#include "core/naive_disciplines.hpp"
#include "spillway/core/admission_queue.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using test::NaiveDisciplines;

constexpr std::uint32_t limit = 3;

class Timeline {
public:
    using Pick = std::function<std::uint32_t(std::uint32_t)>;

    Timeline(const QueueOptions& options, Pick pick)
        : options_(options),
          pick_(std::move(pick)),
          queue_({.limit = limit}, options),
          naive_(limit, options) {}

    void step() {
        const auto waiters = static_cast<std::uint32_t>(naive_.line.size());
        const std::uint32_t can_release = held_.empty() ? 0 : 2;
        const std::uint32_t what = pick_(3 + can_release + waiters);
        if (what < 3) {
            arrive(what == 2 ? 4 : what + 1);  // four is above the limit
        } else if (what < 3 + can_release) {
            release(what == 3 ? 0 : held_.size() - 1);
        } else {
            cancel(naive_.line[what - 3 - can_release].id);
        }
        settle();
        require(queue_.in_flight() == naive_.holders && queue_.occupancy().units == naive_.units,
                "permits are conserved");
        require(queue_.waiting() == naive_.line.size(), "tickets are conserved");
        require(queue_.waiting() <= options_.capacity, "the queue is within its capacity");
        require(naive_.units <= limit || naive_.holders == 1, "above the limit runs who is alone");
    }

    [[nodiscard]] const std::string& failure() const { return failure_; }
    [[nodiscard]] const std::string& schedule() const { return schedule_; }

private:
    void arrive(std::uint32_t cost) {
        now_ += 1us;
        Claim claim{.deadline = now_ + 1h, .cost = cost};
        if (options_.discipline == Discipline::deadline) {
            // All different, and not in the order of arrival.
            claim.deadline = now_ + (tickets_.size() % 2 == 0 ? 2h : 1h);
        }
        if (options_.bands > 1) {
            claim.band = static_cast<std::uint8_t>(pick_(options_.bands));
        }
        if (!options_.shares.empty()) {
            claim.share = static_cast<std::uint16_t>(
                pick_(static_cast<std::uint32_t>(options_.shares.size())));
        }
        const auto id = static_cast<std::uint32_t>(tickets_.size());
        schedule_ += "arrive " + std::to_string(id) + " cost " + std::to_string(cost) + " band " +
                     std::to_string(claim.band) + " share " + std::to_string(claim.share) + "; ";
        const bool would_be_full = queue_.is_full(claim);
        const auto expected = naive_.arrive(id, claim);
        const Arrival arrival = queue_.arrive(now_, claim);
        using Kind = NaiveDisciplines::Verdict::Kind;
        require(arrival.is_granted() == (expected.kind == Kind::granted), "granted as expected");
        require(arrival.is_queued() == (expected.kind == Kind::queued), "queued as expected");
        require(would_be_full == arrival.is_refused(), "full exactly when it is refused");
        require(arrival.evicted().has_value() == expected.evicted.has_value() &&
                    (!arrival.evicted() || find(*arrival.evicted()) == *expected.evicted),
                "evicted whom the reference evicts");
        if (arrival.is_granted()) held_.push_back(cost);
        tickets_.push_back(arrival.is_queued() ? arrival.ticket() : Ticket{});
    }

    void release(std::size_t which) {
        const std::uint32_t cost = held_[which];
        schedule_ += "release " + std::to_string(cost) + "; ";
        held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(which));
        naive_.release(cost);
        queue_.release(cost);
    }

    void cancel(std::uint32_t id) {
        schedule_ += "cancel " + std::to_string(id) + "; ";
        naive_.remove(id);
        require(queue_.cancel(tickets_[id]), "a live ticket can be cancelled");
    }

    void settle() {
        for (;;) {
            const auto expected = naive_.wake();
            const auto departure = queue_.next(now_);
            require(departure.has_value() == expected.has_value(),
                    "let in when the reference does");
            if (!departure || !expected) return;
            require(departure->is_granted(), "nobody is due");
            require(find(departure->ticket) == expected->id, "let in whom the reference lets in");
            require(departure->cost == expected->claim.cost, "with its own cost");
            held_.push_back(departure->cost);
        }
    }

    [[nodiscard]] std::uint32_t find(Ticket ticket) const {
        const auto found = std::ranges::find(tickets_, ticket);
        return static_cast<std::uint32_t>(found - tickets_.begin());
    }
    void require(bool holds, const char* what) {
        if (!holds && failure_.empty()) failure_ = what;
    }

    QueueOptions options_;
    Pick pick_;
    AdmissionQueue queue_;
    NaiveDisciplines naive_;
    TimePoint now_{1h};
    std::vector<Ticket> tickets_;
    std::vector<std::uint32_t> held_;  // costs
    std::string schedule_;
    std::string failure_;
};

struct Kind {
    const char* name;
    QueueOptions options;
};

class Disciplines : public testing::TestWithParam<Kind> {};

TEST_P(Disciplines, agree_with_the_reference_in_all_short_schedules) {
    const QueueOptions& options = GetParam().options;
    const bool is_wide = options.bands > 1 || !options.shares.empty();
    const int length = (is_wide ? 5 : 6) - (test::is_slow_build ? 1 : 0);
    test::Choices choices;
    do {
        Timeline timeline(options, [&](std::uint32_t n) { return choices.pick(n); });
        for (int i = 0; i < length; ++i) {
            timeline.step();
            ASSERT_EQ(timeline.failure(), "") << timeline.schedule();
        }
    } while (choices.advance());
    std::printf("%llu schedules of length %d\n", static_cast<unsigned long long>(choices.runs()),
                length);
}

TEST_P(Disciplines, agree_with_the_reference_in_long_random_schedules) {
    QueueOptions options = GetParam().options;
    options.capacity = 40;
    const int steps = test::is_slow_build ? 400 : 2000;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        std::mt19937_64 dice(seed);
        Timeline timeline(options,
                          [&](std::uint32_t n) { return static_cast<std::uint32_t>(dice() % n); });
        for (int i = 0; i < steps; ++i) {
            timeline.step();
            ASSERT_EQ(timeline.failure(), "") << "seed " << seed << ", step " << i;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, Disciplines,
    testing::Values(
        Kind{"fifo", {.capacity = 3}},
        Kind{"lifo", {.capacity = 3, .discipline = Discipline::lifo}},
        Kind{"deadline", {.capacity = 3, .discipline = Discipline::deadline}},
        Kind{"fair", {.capacity = 3, .discipline = Discipline::fair, .shares = {1, 2}}},
        Kind{"bands", {.capacity = 3, .bands = 2, .floor_permille = 300}},
        Kind{"strict_bands", {.capacity = 2, .bands = 3, .floor_permille = 0}},
        Kind{"lifo_in_bands",
             {.capacity = 3, .discipline = Discipline::lifo, .bands = 2, .floor_permille = 500}},
        Kind{"deadline_in_bands", {.capacity = 3, .discipline = Discipline::deadline, .bands = 2}},
        Kind{"fair_in_bands",
             {.capacity = 3, .discipline = Discipline::fair, .bands = 2, .shares = {1, 3}}}),
    [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace spillway::core
