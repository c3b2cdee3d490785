// A queue whose limit, capacity and order change while requests wait in it.

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

constexpr TimePoint t0{1s};

void reorder(AdmissionQueue& queue, const QueueOptions& options) {
    (void)queue.reorder(t0, std::make_unique<WaitRoom>(options));
}

/// One permit, which is out, and as many waiters as claims, the first of which came first.
struct Waiting {
    Waiting(const QueueOptions& options, const std::vector<Claim>& claims)
        : queue({.limit = 1}, options) {
        EXPECT_TRUE(queue.arrive(t0, {}).is_granted());
        for (const Claim& claim : claims) {
            const Arrival arrival = queue.arrive(t0, claim);
            EXPECT_TRUE(arrival.is_queued());
            tickets.push_back(arrival.ticket());
        }
    }

    /// Lets everybody in, one after the other; their places in the order of arrival.
    std::vector<std::size_t> drain() {
        std::vector<std::size_t> order;
        while (queue.waiting() > 0) {
            queue.release();
            const auto departure = queue.next(t0);
            if (!departure || !departure->is_granted()) break;
            order.push_back(static_cast<std::size_t>(std::ranges::find(tickets, departure->ticket) -
                                                     tickets.begin()));
        }
        return order;
    }

    AdmissionQueue queue;
    std::vector<Ticket> tickets;
};

using Order = std::vector<std::size_t>;

TEST(QueueReorder, waiters_keep_their_places_when_only_the_capacity_changes) {
    for (const std::uint32_t capacity : {1U, 3U, 64U}) {
        Waiting w({.capacity = 3}, {{}, {}, {}});
        reorder(w.queue, {.capacity = capacity});
        EXPECT_EQ(w.drain(), (Order{0, 1, 2})) << capacity;
    }
}

TEST(QueueReorder, a_capacity_below_the_depth_refuses_newcomers_and_evicts_nobody) {
    // Band 0 would take the place of a waiter in band 1, were the room merely full.
    const QueueOptions options{.capacity = 3, .bands = 2, .floor_permille = 0};
    Waiting w(options, {{.band = 1}, {.band = 1}, {.band = 1}});
    QueueOptions smaller = options;
    smaller.capacity = 2;
    reorder(w.queue, smaller);

    EXPECT_TRUE(w.queue.is_full({.band = 0}));
    const Arrival refused = w.queue.arrive(t0, {.band = 0});
    ASSERT_TRUE(refused.is_refused());
    EXPECT_EQ(refused.reason(), RejectReason::queue_full);
    EXPECT_EQ(w.queue.waiting(), 3U);

    // One has left: full, no longer above, and the policy of a full room holds again.
    EXPECT_TRUE(w.queue.cancel(w.tickets[0]));
    EXPECT_FALSE(w.queue.is_full({.band = 0}));
    const Arrival taken = w.queue.arrive(t0, {.band = 0});
    ASSERT_TRUE(taken.is_queued());
    EXPECT_EQ(taken.evicted(), w.tickets[2]);
}

TEST(QueueReorder, capacity_nothing_refuses_newcomers_while_the_waiters_are_served) {
    Waiting w({.capacity = 2}, {{}, {}});
    reorder(w.queue, {.capacity = 0});
    EXPECT_TRUE(w.queue.arrive(t0, {}).is_refused());
    EXPECT_EQ(w.drain(), (Order{0, 1}));
    EXPECT_TRUE(w.queue.is_full());
    EXPECT_TRUE(w.queue.arrive(t0, {}).is_refused());
    w.queue.release();
    EXPECT_TRUE(w.queue.arrive(t0, {}).is_granted());
}

TEST(QueueReorder, a_larger_capacity_has_room_at_once) {
    Waiting w({.capacity = 1}, {{}});
    EXPECT_TRUE(w.queue.arrive(t0, {}).is_refused());
    reorder(w.queue, {.capacity = 2});
    EXPECT_FALSE(w.queue.is_full());
    EXPECT_TRUE(w.queue.arrive(t0, {}).is_queued());
    EXPECT_TRUE(w.queue.arrive(t0, {}).is_refused());
}

TEST(QueueReorder, a_changed_discipline_orders_by_original_arrival) {
    const std::vector<Claim> claims{
        {.deadline = t0 + 3h}, {.deadline = t0 + 1h}, {.deadline = t0 + 2h}};
    Waiting w({.capacity = 4}, claims);
    reorder(w.queue, {.capacity = 4, .discipline = Discipline::deadline});
    // And again from there: what came first is known all the same.
    reorder(w.queue, {.capacity = 4, .discipline = Discipline::lifo});
    EXPECT_EQ(w.drain(), (Order{2, 1, 0}));

    Waiting by_deadline({.capacity = 4}, claims);
    reorder(by_deadline.queue, {.capacity = 4, .discipline = Discipline::deadline});
    EXPECT_EQ(by_deadline.drain(), (Order{1, 2, 0}));

    Waiting back({.capacity = 4, .discipline = Discipline::lifo}, claims);
    reorder(back.queue, {.capacity = 4});
    EXPECT_EQ(back.drain(), (Order{0, 1, 2}));
}

TEST(QueueReorder, bands_are_those_that_were_asked_for_however_many_there_were_meanwhile) {
    const QueueOptions banded{.capacity = 4, .bands = 4, .floor_permille = 0};
    Waiting w(banded, {{.band = 3}, {.band = 2}, {.band = 0}});
    reorder(w.queue, {.capacity = 4});  // one band: in the order of arrival
    reorder(w.queue, banded);
    EXPECT_EQ(w.drain(), (Order{2, 1, 0}));
}

TEST(QueueReorder, tenants_take_turns_once_the_queue_is_fair) {
    const std::vector<Claim> claims{
        {.tenant = 5}, {.tenant = 5}, {.tenant = 5}, {.tenant = 6}, {.tenant = 6}};
    Waiting w({.capacity = 8}, claims);
    reorder(w.queue, {.capacity = 8, .discipline = Discipline::fair, .queues = 8, .hand = 8});
    EXPECT_EQ(w.drain(), (Order{0, 3, 1, 4, 2}));
}

TEST(QueueReorder, deadlines_stay_and_a_ticket_ends_once) {
    Waiting w({.capacity = 4}, {{.deadline = t0 + 1s}, {.deadline = t0 + 2s}, {}});
    reorder(w.queue, {.capacity = 2, .discipline = Discipline::lifo});
    EXPECT_EQ(w.queue.next_deadline(), t0 + 1s);
    const auto expired = w.queue.next(t0 + 1s);
    ASSERT_TRUE(expired);
    EXPECT_EQ(expired->end, Departure::End::expired);
    EXPECT_EQ(expired->ticket, w.tickets[0]);
    EXPECT_FALSE(w.queue.cancel(w.tickets[0]));
    EXPECT_TRUE(w.queue.cancel(w.tickets[1]));
    EXPECT_EQ(w.queue.waiting(), 1U);
}

TEST(QueueReorder, a_ticket_that_has_ended_never_names_a_later_waiter) {
    // Places that are given up and come back begin where they have been, not anew.
    Waiting w({.capacity = 3}, {{}, {}, {}});
    for (const Ticket& ticket : w.tickets) EXPECT_TRUE(w.queue.cancel(ticket));
    reorder(w.queue, {.capacity = 1});
    reorder(w.queue, {.capacity = 3});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(w.queue.arrive(t0, {}).is_queued());
    for (const Ticket& ticket : w.tickets) EXPECT_FALSE(w.queue.cancel(ticket));
    EXPECT_EQ(w.queue.waiting(), 3U);
}

TEST(QueueReorder, who_is_kept_free_for_keeps_its_turn_in_the_same_order) {
    AdmissionQueue queue({.limit = 3}, {.capacity = 4, .discipline = Discipline::lifo});
    EXPECT_TRUE(queue.arrive(t0, {.cost = 2}).is_granted());
    const Ticket large = queue.arrive(t0, {.cost = 3}).ticket();
    EXPECT_FALSE(queue.next(t0));  // a unit is free, and kept for it
    const Ticket small = queue.arrive(t0, {.cost = 1}).ticket();
    reorder(queue, {.capacity = 9, .discipline = Discipline::lifo});
    queue.release(2);
    EXPECT_EQ(queue.next(t0)->ticket, large);
    queue.release(3);
    EXPECT_EQ(queue.next(t0)->ticket, small);
}

TEST(QueueReorder, shedding_goes_on_between_the_same_marks) {
    const QueueOptions options{.capacity = 8,
                               .watermarks = QueueOptions::Marks{.high = 3, .low = 1}};
    Waiting w(options, {{}, {}, {}, {}});
    EXPECT_TRUE(w.queue.cancel(w.tickets[0]));
    EXPECT_TRUE(w.queue.cancel(w.tickets[1]));
    EXPECT_EQ(w.queue.refusal(), RejectReason::shed);  // two: between the marks
    QueueOptions larger = options;
    larger.capacity = 16;
    reorder(w.queue, larger);
    EXPECT_EQ(w.queue.refusal(), RejectReason::shed);
    larger.watermarks = QueueOptions::Marks{.high = 4, .low = 1};
    reorder(w.queue, larger);
    EXPECT_EQ(w.queue.refusal(), std::nullopt);
}

TEST(QueueReorder, fewer_places_for_permits_are_reached_by_attrition_and_more_wake_waiters) {
    AdmissionQueue queue({.limit = 8, .places = 3}, {.capacity = 4});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.arrive(t0, {}).is_granted());
    EXPECT_TRUE(queue.arrive(t0, {}).is_queued());
    queue.set_places(1);
    for (int i = 0; i < 2; ++i) {
        queue.release();
        EXPECT_FALSE(queue.next(t0));
    }
    EXPECT_EQ(queue.in_flight(), 1U);
    queue.set_places(2);
    EXPECT_TRUE(queue.next(t0)->is_granted());
    EXPECT_FALSE(queue.next(t0));
}

// --- against the reference ----------------------------------------------------------------------

/// The queue and its naive twin, which both are told to be other ones now and then.
class Timeline {
public:
    using Pick = std::function<std::uint32_t(std::uint32_t)>;

    Timeline(std::vector<QueueOptions> phases, Pick pick)
        : phases_(std::move(phases)),
          pick_(std::move(pick)),
          queue_({.limit = limit_}, phases_.front()),
          naive_(limit_, phases_.front()) {}

    void step() {
        const auto waiters = static_cast<std::uint32_t>(naive_.line.size());
        const auto phases = static_cast<std::uint32_t>(phases_.size());
        const std::uint32_t releases = held_.empty() ? 0 : 1;
        std::uint32_t what = pick_(2 + releases + phases + waiters);
        if (what < 2) {
            arrive(what == 0 ? 1 : 3);
        } else if ((what -= 2) < releases) {
            release();
        } else if ((what -= releases) < phases) {
            change(what);
        } else {
            cancel(naive_.line[what - phases].id);
        }
        settle();
        require(queue_.in_flight() == naive_.holders && queue_.occupancy().units == naive_.units,
                "permits are conserved");
        require(queue_.waiting() == naive_.line.size(), "tickets are conserved");
        std::uint64_t asked = 0;
        TimePoint earliest = never;
        for (const auto& w : naive_.line) {
            asked += w.claim.cost;
            earliest = std::min(earliest, w.claim.deadline);
        }
        require(queue_.units_waiting() == asked, "what is asked for is known");
        require(queue_.next_deadline() == earliest, "deadlines are kept");
    }

    [[nodiscard]] const std::string& failure() const { return failure_; }
    [[nodiscard]] const std::string& schedule() const { return schedule_; }

private:
    void arrive(std::uint32_t cost) {
        now_ += 1us;
        // Deadlines all differ, and are not in the order of arrival.
        Claim claim{.deadline = now_ + (tickets_.size() % 2 == 0 ? 2h : 1h), .cost = cost};
        claim.band = static_cast<std::uint8_t>(pick_(phases_.front().bands));
        claim.share = static_cast<std::uint16_t>(tickets_.size() % 2);
        const auto id = static_cast<std::uint32_t>(tickets_.size());
        schedule_ += "arrive " + std::to_string(id) + " cost " + std::to_string(cost) + " band " +
                     std::to_string(claim.band) + "; ";
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

    void release() {
        schedule_ += "release; ";
        naive_.release(held_.back());
        queue_.release(held_.back());
        held_.pop_back();
    }

    void change(std::uint32_t phase) {
        schedule_ += "phase " + std::to_string(phase) + "; ";
        naive_.reorder(phases_[phase]);
        (void)queue_.reorder(now_, std::make_unique<WaitRoom>(phases_[phase]));
        limit_ = 2 + phase;
        naive_.set_limit(limit_);
        queue_.set_limit(limit_);
    }

    void cancel(std::uint32_t id) {
        schedule_ += "cancel " + std::to_string(id) + "; ";
        naive_.remove(id);
        require(queue_.cancel(tickets_[id]), "a live ticket can be cancelled");
        require(!queue_.cancel(tickets_[id]), "once");
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
            held_.push_back(departure->cost);
        }
    }

    [[nodiscard]] std::uint32_t find(Ticket ticket) const {
        return static_cast<std::uint32_t>(std::ranges::find(tickets_, ticket) - tickets_.begin());
    }
    void require(bool holds, const char* what) {
        if (!holds && failure_.empty()) failure_ = what;
    }

    std::vector<QueueOptions> phases_;
    Pick pick_;
    std::uint32_t limit_ = 2;
    AdmissionQueue queue_;
    NaiveDisciplines naive_;
    TimePoint now_ = t0;
    std::vector<Ticket> tickets_;  // by id
    std::vector<std::uint32_t> held_;
    std::string schedule_;
    std::string failure_;
};

QueueOptions phase(Discipline discipline, std::uint32_t capacity, std::uint32_t bands) {
    return {.capacity = capacity,
            .discipline = discipline,
            .bands = bands,
            .floor_permille = 100,
            .queues = 1,
            .hand = 1,
            .shares = {1, 2}};
}

class Phases : public testing::TestWithParam<std::vector<QueueOptions>> {};

TEST_P(Phases, all_short_schedules_agree_with_the_reference) {
    test::Choices choices;
    const int length = test::is_slow_build ? 5 : 6;
    do {
        Timeline timeline(GetParam(),
                          [&choices](std::uint32_t options) { return choices.pick(options); });
        for (int i = 0; i < length && timeline.failure().empty(); ++i) timeline.step();
        ASSERT_EQ(timeline.failure(), "") << timeline.schedule();
    } while (choices.advance());
}

TEST_P(Phases, long_random_schedules_agree_with_the_reference) {
    for (std::uint32_t seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        Timeline timeline(GetParam(),
                          [&random](std::uint32_t options) { return random() % options; });
        for (int i = 0; i < 120 && timeline.failure().empty(); ++i) timeline.step();
        ASSERT_EQ(timeline.failure(), "") << "seed " << seed << ": " << timeline.schedule();
    }
}

INSTANTIATE_TEST_SUITE_P(
    QueueReorder, Phases,
    testing::Values(std::vector{phase(Discipline::fifo, 3, 1), phase(Discipline::lifo, 1, 1)},
                    std::vector{phase(Discipline::fifo, 2, 2), phase(Discipline::deadline, 4, 2)},
                    std::vector{phase(Discipline::fair, 4, 1), phase(Discipline::fifo, 1, 1)},
                    std::vector{phase(Discipline::lifo, 2, 2), phase(Discipline::fair, 3, 2)},
                    std::vector{phase(Discipline::fair, 3, 1), phase(Discipline::fair, 2, 1)}));

}  // namespace
}  // namespace spillway::core
