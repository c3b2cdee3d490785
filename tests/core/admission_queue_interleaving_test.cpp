// What the lock-free exits of other threads can do to an operation under the lock: every way in
// which they may fall between its steps, on the real AtomicWord, without a thread.
//
// A lock-free exit changes one word in one compare-and-swap, on a limit that it may have read just
// before it was changed, so all that another thread can notice
// of it is before or after; two of them need no finer interleaving. A locked operation is a
// sequence of reads and changes of that word, and between any two of them, and between the read and
// the swap inside each change, other threads may run any exits. That is where this test runs them.
// Memory order is not modelled here: that is for ThreadSanitizer.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/choices.hpp"
#include "spillway/core/admission_queue.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using test::Choices;

constexpr TimePoint t0{1h};

/// The other threads, which act wherever a locked operation looks away.
class Others {
public:
    virtual ~Others() = default;
    virtual void act() = 0;
};
Others* others = nullptr;

/// AtomicWord, interrupted at each of its steps.
class InterruptedWord {
public:
    explicit InterruptedWord(Room room) noexcept : word_(room), limit_before_(room.limit) {}

    /// A lock-free exit has read the limit just before it was changed.
    static inline bool reads_stale_limit = false;

    [[nodiscard]] Counts load() const noexcept {
        interrupt();
        return word_.load();
    }
    [[nodiscard]] Room room() const noexcept {
        interrupt();
        Room room = word_.room();
        if (reads_stale_limit) room.limit = limit_before_;
        return room;
    }
    void set_limit(std::uint32_t limit) noexcept {
        interrupt();
        limit_before_ = word_.room().limit;
        word_.set_limit(limit);
        interrupt();
    }
    template <class Transition>
    Counts update(Transition transition) noexcept {
        interrupt();
        return word_.update([&transition](Counts counts) {
            interrupt();  // after the read, before the swap
            return transition(counts);
        });
    }
    void store(Counts counts) noexcept {
        interrupt();
        word_.store(counts);
    }

private:
    static void interrupt() {
        if (others != nullptr) others->act();
    }
    AtomicWord word_;
    std::uint32_t limit_before_ = 0;
};

using Queue = BasicAdmissionQueue<InterruptedWord>;

class Interleaving : public Others {
public:
    Interleaving(Choices& choices, std::uint32_t limit, std::uint32_t capacity, int interruptions)
        : choices_(choices),
          queue_(limit, capacity),
          interruptions_(interruptions),
          limit_(limit),
          limit_before_(limit) {}

    void locked_operation() {
        const bool can_release = holders_ > 0;
        const bool can_cancel = !live_.empty();
        std::vector<int> moves{0, 1, 2};
        if (can_release) moves.push_back(3);
        if (can_cancel) moves.push_back(4);
        const int move = moves[choices_.pick(static_cast<std::uint32_t>(moves.size()))];
        others = this;
        switch (move) {
            case 0:
                arrive();
                break;
            case 1:
                set_limit(2);
                break;
            case 2:
                set_limit(1);
                break;
            case 3:
                --holders_, release();
                break;
            default:
                cancel();
                break;
        }
        others = nullptr;
        while (refused_releases_ > 0) --refused_releases_, release();
        check();
    }

    /// Everything comes back: each ticket must be granted on the way.
    void wind_down() {
        set_limit(1);
        while (holders_ > 0) --holders_, release();
        require(live_.empty(), "the last release leaves no waiter behind");
        require(queue_.occupancy() == Occupancy{.limit = 1}, "the queue is empty again");
    }

    [[nodiscard]] const std::string& failure() const { return failure_; }
    [[nodiscard]] const std::string& schedule() const { return schedule_; }

private:
    /// One of: nothing, a thread that asks for a permit, one that gives a permit back, one that
    /// asks for one knowing only the limit before.
    void act() override {
        if (interruptions_ == 0) return;
        const bool can_release = holders_ > 0;
        const bool was_changed = limit_before_ != limit_;
        std::uint32_t what = choices_.pick(2U + (can_release ? 1U : 0U) + (was_changed ? 1U : 0U));
        if (!can_release && what == 2) what = 3;
        if (what == 0) return;
        --interruptions_;
        others = nullptr;  // other threads' exits are single steps
        if (what != 2) {
            schedule_ += what == 1 ? "[acquire] " : "[acquire by the old limit] ";
            const bool waiters = queue_.waiting() > 0;
            InterruptedWord::reads_stale_limit = what == 3;
            if (queue_.try_acquire()) {
                require(!waiters, "no newcomer overtakes a waiter");
                ++holders_;
            }
            InterruptedWord::reads_stale_limit = false;
        } else {
            schedule_ += "[release] ";
            --holders_;
            // Refused: that thread now waits for the lock, and releases when it has it.
            if (!queue_.try_release()) ++refused_releases_;
        }
        others = this;
    }

    void arrive() {
        schedule_ += "arrive; ";
        const Arrival arrival = queue_.arrive(t0, {.deadline = never});
        if (arrival.is_granted()) ++holders_;
        if (arrival.is_queued()) live_.push_back(arrival.ticket());
        settle();
    }

    void release() {
        schedule_ += "release; ";
        queue_.release();
        settle();
    }

    void set_limit(std::uint32_t limit) {
        schedule_ += "limit=" + std::to_string(limit) + "; ";
        limit_before_ = std::exchange(limit_, limit);
        queue_.set_limit(limit);
        settle();
        limit_before_ = limit_;  // by now everybody knows it
    }

    void settle() {
        while (const auto departure = queue_.next(t0)) granted(*departure);
    }

    void cancel() {
        schedule_ += "cancel; ";
        require(queue_.cancel(live_.back()), "a live ticket can be cancelled");
        live_.pop_back();
        settle();
    }

    void granted(Departure grant) {
        require(grant.is_granted(), "nobody is due");
        require(!live_.empty() && live_.front() == grant.ticket,
                "grants follow the order of arrival");
        if (!live_.empty()) live_.erase(live_.begin());
        ++holders_;
    }

    void check() {
        const Occupancy o = queue_.occupancy();
        require(o.in_flight == holders_, "permits are conserved");
        require(o.waiting == live_.size(), "tickets are conserved");
        require(o.waiting <= queue_.capacity(), "the queue is within its capacity");
        require(o.waiting == 0 || o.in_flight >= o.limit, "nobody waits beside a free permit");
    }

    void require(bool holds, const char* what) {
        if (!holds && failure_.empty()) failure_ = what;
    }

    Choices& choices_;
    Queue queue_;
    int interruptions_;
    std::uint32_t limit_;
    std::uint32_t limit_before_;
    std::vector<Ticket> live_;
    std::uint32_t holders_ = 0;
    std::uint32_t refused_releases_ = 0;
    std::string schedule_;
    std::string failure_;
};

TEST(AdmissionQueueInterleaving, exits_between_any_steps_of_locked_operations_break_no_invariant) {
    constexpr int operations = 5;
    constexpr int interruptions = test::is_slow_build ? 2 : 3;
    Choices choices;
    do {
        Interleaving run(choices, 1, 2, interruptions);
        for (int i = 0; i < operations; ++i) {
            run.locked_operation();
            ASSERT_EQ(run.failure(), "") << run.schedule();
        }
        run.wind_down();
        ASSERT_EQ(run.failure(), "") << run.schedule();
    } while (choices.advance());
    std::printf("%llu schedules of %d locked operations, at most %d exits between their steps\n",
                static_cast<unsigned long long>(choices.runs()), operations, interruptions);
}

TEST(AtomicWord, decides_again_on_what_it_finds_when_another_thread_was_faster) {
    AtomicWord word(Room{.limit = 1});
    int attempts = 0;
    const Counts after = word.update([&](Counts counts) {
        if (++attempts == 1) word.update([](Counts c) { return c.with_holder(1); });
        return counts.fits(1, word.room()) ? counts.with_holder(1) : counts.with_waiter();
    });
    EXPECT_EQ(attempts, 2);
    EXPECT_EQ(after, Counts().with_holder(1).with_waiter());
}

}  // namespace
}  // namespace spillway::core
