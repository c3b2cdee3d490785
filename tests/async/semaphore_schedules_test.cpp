// All schedules of ten events up to a length of six, from an empty semaphore and from one with a
// holder and a waiter, against a model that is too simple to be wrong. Checked after every event:
// who was answered, with what and in which order, and every count.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "async/virtual_time.hpp"
#include "spillway/async/semaphore.hpp"

namespace spillway::async {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

enum class Event {
    arrive,        // with all the time in the world
    arrive_hasty,  // with one millisecond
    release,       // the oldest permit
    later,         // a millisecond passes, and nobody notices
    tick,          // the timer fires
    cancel_first,  // whoever has waited longest leaves
    cancel_last,   // whoever came last leaves, if still waiting
    limit_to_zero,
    limit_to_two,
    close,
};
constexpr std::size_t event_count = 10;
#ifdef __SANITIZE_THREAD__
constexpr std::size_t schedule_length = 5;  // there are no threads to watch here, and it is slow
#else
constexpr std::size_t schedule_length = 6;
#endif
constexpr std::uint32_t capacity = 2;

struct Answer {
    std::size_t id;
    error_code error;
    friend bool operator==(const Answer&, const Answer&) = default;
};

struct Waiting {
    std::size_t id;
    core::TimePoint deadline;
};

/// What should happen.
struct Model {
    std::uint32_t limit = 1;
    std::uint32_t held = 0;
    bool closed = false;
    std::deque<Waiting> queue;
    std::vector<Answer> answers;

    void arrive(std::size_t id, core::TimePoint deadline) {
        if (closed) {
            answers.push_back({id, AcquireError::closed});
        } else if (queue.empty() && held < limit) {
            ++held;
            answers.push_back({id, {}});
        } else if (queue.size() < capacity) {
            queue.push_back({id, deadline});
            expire(virtual_now());
        } else {
            answers.push_back({id, AcquireError::queue_full});
        }
    }
    void expire(core::TimePoint now) {
        while (true) {
            const auto due = std::min_element(
                queue.begin(), queue.end(),
                [](const Waiting& a, const Waiting& b) { return a.deadline < b.deadline; });
            if (due == queue.end() || due->deadline > now) return;
            answers.push_back({due->id, AcquireError::wait_timeout});
            queue.erase(due);
        }
    }
    void grant() {
        while (!queue.empty() && held < limit) {
            ++held;
            answers.push_back({queue.front().id, {}});
            queue.pop_front();
        }
    }
    void cancel(std::size_t id) {
        std::erase_if(queue, [&](const Waiting& w) {
            if (w.id != id) return false;
            answers.push_back({id, asio::error::operation_aborted});
            return true;
        });
    }
    [[nodiscard]] bool is_waiting(std::size_t id) const {
        return std::any_of(queue.begin(), queue.end(),
                           [&](const Waiting& w) { return w.id == id; });
    }
};

/// What does happen.
struct Real {
    explicit Real(asio::io_context& l) : loop(l) {}

    void arrive(core::TimePoint deadline) {
        const std::size_t id = signals.size();
        auto handler = [this, id](error_code error, SemaphorePermit permit) {
            answers.push_back({id, error});
            if (permit) permits.push_back(std::move(permit));
        };
        semaphore.async_acquire(deadline,
                                asio::bind_cancellation_slot(
                                    signals.emplace_back().slot(),
                                    asio::bind_executor(loop.get_executor(), std::move(handler))));
    }

    asio::io_context& loop;
    AsyncSemaphore semaphore{{.limit = 1, .queue = {.capacity = capacity}, .now = &virtual_now}};
    std::deque<asio::cancellation_signal> signals;
    std::deque<SemaphorePermit> permits;
    std::vector<Answer> answers;
};

class Schedule {
public:
    explicit Schedule(asio::io_context& loop) : real_(loop) { virtual_time = at_ms(0); }

    void happen(Event event) {
        switch (event) {
            case Event::arrive:
                return arrive(core::never);
            case Event::arrive_hasty:
                return arrive(core::after(virtual_now(), std::chrono::milliseconds(1)));
            case Event::release:
                return release();
            case Event::later:
                virtual_time = core::after(virtual_now(), std::chrono::milliseconds(1));
                return;
            case Event::tick:
                model_.expire(virtual_now());
                real_.semaphore.tick(virtual_now());
                return;
            case Event::cancel_first:
                if (!model_.queue.empty()) cancel(model_.queue.front().id);
                return;
            case Event::cancel_last:
                if (!real_.signals.empty()) cancel(real_.signals.size() - 1);
                return;
            case Event::limit_to_zero:
                return set_limit(0);
            case Event::limit_to_two:
                return set_limit(2);
            case Event::close:
                model_.closed = true;
                real_.semaphore.close();
                return;
        }
    }

    void stop() {
        for (const Waiting& w : model_.queue)
            model_.answers.push_back({w.id, AcquireError::closed});
        model_.queue.clear();
        model_.closed = true;
        real_.semaphore.stop();
        model_.held = 0;
        real_.permits.clear();
        // Every late cancel finds nothing.
        for (auto& signal : real_.signals) signal.emit(asio::cancellation_type::total);
    }

    /// Runs the completions and compares.
    [[nodiscard]] bool agrees() {
        real_.loop.restart();
        real_.loop.poll();
        const core::Occupancy now = real_.semaphore.occupancy();
        return same_answers() && now.in_flight == model_.held &&
               real_.permits.size() == model_.held && now.waiting == model_.queue.size() &&
               now.limit == model_.limit && now.closed == model_.closed;
    }

    [[nodiscard]] bool all_answered_once() const {
        return model_.answers.size() == real_.signals.size();
    }

private:
    void arrive(core::TimePoint deadline) {
        model_.arrive(real_.signals.size(), deadline);
        real_.arrive(deadline);
    }
    void release() {
        if (model_.held == 0) return;
        if (!model_.queue.empty()) model_.expire(virtual_now());
        --model_.held;
        model_.grant();
        real_.permits.pop_front();
    }
    void cancel(std::size_t id) {
        if (model_.is_waiting(id)) {
            model_.cancel(id);
            model_.expire(virtual_now());
        }
        real_.signals[id].emit(asio::cancellation_type::total);
    }
    void set_limit(std::uint32_t limit) {
        model_.expire(virtual_now());
        model_.limit = limit;
        model_.grant();
        real_.semaphore.set_limit(limit);
    }
    // Those who end together without a permit may be told so in any order; permits go in order.
    [[nodiscard]] bool same_answers() {
        const auto normalize = [](std::vector<Answer>& answers) {
            const auto without_permit = [](const Answer& a) { return a.error.failed(); };
            for (auto i = answers.begin(); i != answers.end();) {
                i = std::find_if(i, answers.end(), without_permit);
                const auto end = std::find_if_not(i, answers.end(), without_permit);
                std::sort(i, end, [](const Answer& a, const Answer& b) { return a.id < b.id; });
                i = end;
            }
        };
        normalize(model_.answers);
        normalize(real_.answers);
        return model_.answers == real_.answers;
    }

    Model model_;
    Real real_;
};

std::string to_text(std::span<const Event> events) {
    constexpr std::array<const char*, event_count> names{
        "arrive",       "arrive_hasty", "release",       "later",        "tick",
        "cancel_first", "cancel_last",  "limit_to_zero", "limit_to_two", "close"};
    std::string text;
    for (const Event e : events) (text += names[static_cast<std::size_t>(e)]) += ' ';
    return text;
}

// The number of a schedule, written in base ten, is the schedule: so a failure can be run again.
void run_all(std::span<const Event> prefix) {
    std::size_t schedules = 1;
    for (std::size_t i = 0; i < schedule_length; ++i) schedules *= event_count;
    asio::io_context loop(1);
    for (std::size_t number = 0; number < schedules; ++number) {
        std::vector<Event> events(prefix.begin(), prefix.end());
        for (std::size_t i = 0, rest = number; i < schedule_length; ++i, rest /= event_count) {
            events.push_back(static_cast<Event>(rest % event_count));
        }
        Schedule schedule(loop);
        for (std::size_t i = 0; i < events.size(); ++i) {
            schedule.happen(events[i]);
            ASSERT_TRUE(schedule.agrees()) << to_text({events.data(), i + 1});
        }
        schedule.stop();
        ASSERT_TRUE(schedule.agrees()) << to_text(events) << "stop";
        ASSERT_TRUE(schedule.all_answered_once()) << to_text(events);
    }
}

TEST(SemaphoreSchedules, all_from_an_empty_semaphore_agree_with_the_model) { run_all({}); }

TEST(SemaphoreSchedules, all_from_a_holder_and_a_waiter_agree_with_the_model) {
    constexpr std::array prefix{Event::arrive, Event::arrive_hasty};
    run_all(prefix);
}

}  // namespace
}  // namespace spillway::async
