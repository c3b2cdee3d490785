// Every schedule of arrivals, releases, timeouts, cancellations, limit changes and a close, up to a
// length, against a naive reference. Not a sample: all of them.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/choices.hpp"
#include "core/naive_admission.hpp"
#include "spillway/core/admission_queue.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using test::Choices;
using test::NaiveAdmission;

struct Start {
    std::uint32_t limit;
    std::uint32_t capacity;
    int length;
};

/// One run: the queue, its reference, and what the outside world has seen of each ticket.
class Timeline {
public:
    explicit Timeline(Start start)
        : queue_(start.limit, start.capacity),
          naive_{.limit = start.limit, .capacity = start.capacity} {}

    void step(Choices& choices) {
        options_.clear();
        options_ = {Move::arrive_short, Move::arrive_long, Move::acquire};
        if (naive_.in_flight > 0) options_.insert(options_.end(), {Move::release, Move::give_back});
        if (naive_.next_deadline() != never) options_.push_back(Move::expire);
        if (naive_.limit < 3) options_.push_back(Move::raise);
        if (naive_.limit > 0) options_.push_back(Move::lower);
        if (!naive_.closed) options_.push_back(Move::close);
        const auto moves = static_cast<std::uint32_t>(options_.size());
        const auto picked = choices.pick(moves + static_cast<std::uint32_t>(naive_.line.size()));
        if (picked < moves) {
            make(options_[picked]);
        } else {
            cancel(naive_.line[picked - moves].id);
        }
        check_invariants();
    }

    [[nodiscard]] const std::string& failure() const { return failure_; }
    [[nodiscard]] const std::string& schedule() const { return schedule_; }

private:
    enum class Move {
        arrive_short,
        arrive_long,
        acquire,
        release,
        give_back,
        expire,
        raise,
        lower,
        close
    };
    enum class Fate { waiting, granted, expired, cancelled };
    struct Seen {
        Ticket ticket;
        TimePoint deadline;
        Fate fate;
    };

    void make(Move move) {
        switch (move) {
            case Move::arrive_short:
                return arrive("arrive(1ms)", now_ + 1ms);
            case Move::arrive_long:
                return arrive("arrive(2ms)", now_ + 2ms);
            case Move::acquire:
                return acquire();
            case Move::release:
                return release();
            case Move::give_back:
                return give_back();
            case Move::expire:
                return expire();
            case Move::raise:
                return set_limit(naive_.limit + 1);
            case Move::lower:
                return set_limit(naive_.limit - 1);
            case Move::close:
                note("close"), queue_.close(), naive_.closed = true;
                return;
        }
    }

    void arrive(const char* what, TimePoint deadline) {
        note(what);
        using Verdict = NaiveAdmission::Verdict;
        const auto id = static_cast<std::uint32_t>(seen_.size());
        const Verdict expected = naive_.arrive(now_, deadline, id);
        const Arrival arrival = queue_.arrive(now_, {.deadline = deadline});
        require(arrival.is_granted() == (expected == Verdict::granted), "granted as the reference");
        require(arrival.is_queued() == (expected == Verdict::queued), "queued as the reference");
        require(arrival.in_flight() == naive_.in_flight, "in_flight told right");
        if (arrival.is_granted()) ++granted_;
        if (arrival.is_queued()) seen_.push_back({arrival.ticket(), deadline, Fate::waiting});
        if (arrival.is_refused()) {
            const auto reason =
                expected == Verdict::draining ? RejectReason::draining : RejectReason::queue_full;
            require(arrival.reason() == reason, "refused for the reference's reason");
        }
    }

    void acquire() {
        note("try_acquire");
        const bool expected =
            !naive_.closed && naive_.line.empty() && naive_.in_flight < naive_.limit;
        const auto in_flight = queue_.try_acquire();
        require(in_flight.has_value() == expected, "try_acquire as the reference");
        if (in_flight) ++granted_, ++naive_.in_flight;
    }

    void release() {
        note("release");
        ++returned_;
        const auto expected = naive_.release();
        queue_.release();
        settle(queue_.next(now_), expected);
        if (expected) require(!queue_.next(now_), "one permit lets in one");
    }

    void give_back() {
        note("try_release");
        const bool returned = queue_.try_release();
        require(returned == naive_.line.empty(), "try_release exactly while nobody waits");
        if (returned) ++returned_, --naive_.in_flight;
    }

    void expire() {
        now_ = naive_.next_deadline();
        note("expire");
        auto expected = naive_.expire(now_);
        while (const auto departure = queue_.next(now_)) {
            const auto id = find(departure->ticket);
            require(departure->end == Departure::End::expired, "nobody is let in");
            require(std::erase(expected, id) == 1, "expired as the reference");
            end(id, Fate::expired);
        }
        require(expected.empty(), "everything due has expired");
    }

    void set_limit(std::uint32_t limit) {
        note("limit=" + std::to_string(limit));
        naive_.limit = limit;
        queue_.set_limit(limit);
        for (;;) {
            const auto expected = naive_.wake();
            const auto grant = queue_.next(now_);
            settle(grant, expected);
            if (!expected || !grant) return;
        }
    }

    void cancel(std::uint32_t id) {
        note("cancel(" + std::to_string(id) + ")");
        naive_.cancel(id);
        require(queue_.cancel(seen_[id].ticket), "a live ticket can be cancelled");
        end(id, Fate::cancelled);
        require(!queue_.next(now_), "one who leaves lets nobody in");
    }

    void settle(const std::optional<Departure>& grant, std::optional<std::uint32_t> expected) {
        require(grant.has_value() == expected.has_value(), "granted when the reference does");
        if (!grant) return;
        ++granted_;
        require(grant->is_granted(), "nobody is due");
        const auto id = find(grant->ticket);
        require(id == expected, "granted to the one that waited longest");
        require(grant->in_flight <= queue_.limit(), "no grant above the limit");
        require(seen_[id].deadline > now_, "no grant past the deadline");
        end(id, Fate::granted);
    }

    std::uint32_t find(Ticket ticket) {
        for (std::uint32_t id = 0; id < seen_.size(); ++id) {
            if (seen_[id].ticket == ticket) return id;
        }
        require(false, "the ticket is one that was handed out");
        return 0;
    }

    void end(std::uint32_t id, Fate fate) {
        require(seen_[id].fate == Fate::waiting, "a ticket ends once");
        seen_[id].fate = fate;
    }

    void check_invariants() {
        const Occupancy o = queue_.occupancy();
        require(o.in_flight == granted_ - returned_, "permits are conserved");
        require(o.in_flight == naive_.in_flight && o.waiting == naive_.line.size() &&
                    o.limit == naive_.limit && o.closed == naive_.closed,
                "the counts are the reference's");
        require(o.waiting <= queue_.capacity(), "the queue is within its capacity");
        require(o.waiting == 0 || o.in_flight >= o.limit, "nobody waits beside a free permit");
        require(queue_.next_deadline() == naive_.next_deadline(), "the next deadline is right");
        require(queue_.is_full() ==
                    ((o.waiting > 0 || o.in_flight >= o.limit) && o.waiting == naive_.capacity),
                "full exactly when a newcomer would be refused");
        for (const Seen& s : seen_) {
            if (s.fate != Fate::waiting)
                require(!queue_.cancel(s.ticket), "an ended ticket is dead");
        }
    }

    void note(std::string what) {
        schedule_ += what;
        schedule_ += "; ";
    }
    void require(bool holds, const char* what) {
        if (!holds && failure_.empty()) failure_ = what;
    }

    AdmissionQueue queue_;
    NaiveAdmission naive_;
    std::vector<Seen> seen_;
    std::vector<Move> options_;
    TimePoint now_{1h};
    std::uint32_t granted_ = 0;
    std::uint32_t returned_ = 0;
    std::string schedule_;
    std::string failure_;
};

class AllSchedules : public testing::TestWithParam<Start> {};

TEST_P(AllSchedules, keep_every_promise_of_the_queue) {
    const Start start = GetParam();
    const int length = start.length - (test::is_slow_build ? 2 : 0);
    Choices choices;
    do {
        Timeline timeline(start);
        for (int i = 0; i < length; ++i) {
            timeline.step(choices);
            ASSERT_EQ(timeline.failure(), "") << "limit " << start.limit << ", capacity "
                                              << start.capacity << ": " << timeline.schedule();
        }
    } while (choices.advance());
    RecordProperty("schedules", std::to_string(choices.runs()));
    std::printf("%llu schedules of length %d\n", static_cast<unsigned long long>(choices.runs()),
                length);
}

INSTANTIATE_TEST_SUITE_P(FromAnEmptyQueue, AllSchedules,
                         testing::Values(Start{.limit = 1, .capacity = 2, .length = 8},
                                         Start{.limit = 0, .capacity = 3, .length = 8},
                                         Start{.limit = 2, .capacity = 1, .length = 8},
                                         Start{.limit = 1, .capacity = 0, .length = 8}),
                         [](const auto& start) {
                             return "limit_" + std::to_string(start.param.limit) + "_capacity_" +
                                    std::to_string(start.param.capacity);
                         });

}  // namespace
}  // namespace spillway::core
