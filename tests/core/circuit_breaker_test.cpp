#include "spillway/core/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "spillway/core/breaker_pass.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;
using State = CircuitBreaker::State;
using Verdict = CircuitBreaker::Verdict;

constexpr TimePoint t0{1h};

CircuitBreaker::Options after_two_failures() {
    CircuitBreaker::Options options;
    options.trip_consecutive_failures_gt = 1;
    options.trip_failure_ratio_ge.reset();
    options.half_open_max_requests = 2;
    options.open_timeout = 5s;
    return options;
}

void call(CircuitBreaker& breaker, TimePoint now, Outcome outcome) {
    BreakerPass pass(breaker, now);
    EXPECT_TRUE(pass.is_admitted());
    pass.finish(now, outcome);
}

void open(CircuitBreaker& breaker, TimePoint now) {
    call(breaker, now, Outcome::overloaded);
    call(breaker, now, Outcome::overloaded);
    EXPECT_EQ(breaker.state(now), State::open);
}

TEST(CircuitBreaker, opens_after_failures_in_a_row_and_tries_again_after_its_timeout) {
    CircuitBreaker breaker(after_two_failures(), t0);
    open(breaker, t0);
    EXPECT_EQ(breaker.try_pass(t0 + 1s).verdict, Verdict::open);
    EXPECT_EQ(breaker.open_until(), t0 + 5s);
    EXPECT_EQ(breaker.state(t0 + 5s), State::open);
    EXPECT_EQ(breaker.state(t0 + 5s + 1ns), State::half_open);
    EXPECT_EQ(breaker.open_until(), never);
}

TEST(CircuitBreaker, a_success_breaks_the_row) {
    CircuitBreaker breaker(after_two_failures(), t0);
    for (int i = 0; i < 5; ++i) {
        call(breaker, t0, Outcome::overloaded);
        call(breaker, t0, Outcome::success);
    }
    EXPECT_EQ(breaker.state(t0), State::closed);
}

TEST(CircuitBreaker, half_open_it_lets_as_many_try_as_it_takes_to_close) {
    CircuitBreaker breaker(after_two_failures(), t0);
    open(breaker, t0);
    const TimePoint later = t0 + 6s;
    BreakerPass first(breaker, later);
    BreakerPass second(breaker, later);
    EXPECT_EQ(breaker.try_pass(later).verdict, Verdict::half_open_full);
    first.finish(later, Outcome::success);
    EXPECT_EQ(breaker.state(later), State::half_open);
    second.finish(later, Outcome::success);
    EXPECT_EQ(breaker.state(later), State::closed);
}

TEST(CircuitBreaker, half_open_the_first_failure_opens_it_for_the_whole_timeout_again) {
    CircuitBreaker breaker(after_two_failures(), t0);
    open(breaker, t0);
    call(breaker, t0 + 6s, Outcome::overloaded);
    EXPECT_EQ(breaker.state(t0 + 6s), State::open);
    EXPECT_EQ(breaker.open_until(), t0 + 11s);
}

TEST(CircuitBreaker, results_of_an_earlier_epoch_change_nothing) {
    CircuitBreaker breaker(after_two_failures(), t0);
    BreakerPass stale_failure(breaker, t0);
    BreakerPass stale_success(breaker, t0);
    open(breaker, t0);
    const TimePoint later = t0 + 6s;
    EXPECT_EQ(breaker.state(later), State::half_open);
    stale_failure.finish(later, Outcome::overloaded);
    stale_success.finish(later, Outcome::success);
    EXPECT_EQ(breaker.state(later), State::half_open);
    EXPECT_EQ(breaker.counts(), CircuitBreaker::Counts{});
}

TEST(CircuitBreaker, a_trial_that_is_called_off_leaves_its_place_to_another) {
    CircuitBreaker breaker(after_two_failures(), t0);
    open(breaker, t0);
    const TimePoint later = t0 + 6s;
    {
        BreakerPass first(breaker, later);
        BreakerPass second(breaker, later);
        BreakerPass moved = std::move(first);
        EXPECT_TRUE(moved.is_admitted());
        EXPECT_EQ(breaker.try_pass(later).verdict, Verdict::half_open_full);
    }
    call(breaker, later, Outcome::success);
    call(breaker, later, Outcome::success);
    EXPECT_EQ(breaker.state(later), State::closed);
}

TEST(CircuitBreaker, a_refused_pass_gives_nothing_back) {
    CircuitBreaker breaker(after_two_failures(), t0);
    open(breaker, t0);
    const auto before = breaker.counts();
    {
        const BreakerPass refused(breaker, t0 + 1s);
        EXPECT_EQ(refused.verdict(), Verdict::open);
    }
    EXPECT_EQ(breaker.counts(), before);
}

TEST(CircuitBreaker, a_slow_success_is_a_failure) {
    auto options = after_two_failures();
    options.slow_after = 1s;
    CircuitBreaker breaker(options, t0);
    for (int i = 0; i < 2; ++i) {
        BreakerPass in_time(breaker, t0);
        in_time.finish(t0 + 1s - 1ns, Outcome::success);
    }
    EXPECT_EQ(breaker.counts().successes, 2U);
    for (int i = 0; i < 2; ++i) {
        BreakerPass slow(breaker, t0 + 1s);
        slow.finish(t0 + 2s, Outcome::success);
    }
    EXPECT_EQ(breaker.state(t0 + 2s), State::open);
}

TEST(CircuitBreaker, a_ratio_trips_only_with_enough_requests_and_only_on_a_failure) {
    CircuitBreaker::Options options;
    options.trip_failure_ratio_ge = 0.5;
    options.trip_min_requests = 4;
    CircuitBreaker breaker(options, t0);
    call(breaker, t0, Outcome::overloaded);
    call(breaker, t0, Outcome::overloaded);
    call(breaker, t0, Outcome::overloaded);
    call(breaker, t0, Outcome::success);
    EXPECT_EQ(breaker.state(t0), State::closed);
    call(breaker, t0, Outcome::overloaded);
    EXPECT_EQ(breaker.state(t0), State::open);
}

TEST(CircuitBreaker, failures_fade_bucket_by_bucket) {
    CircuitBreaker::Options options;
    options.interval = 3s;
    options.bucket_period = 1s;
    CircuitBreaker breaker(options, t0);
    for (int second = 0; second < 3; ++second) {
        call(breaker, t0 + second * 1s, Outcome::overloaded);
    }
    EXPECT_EQ(breaker.counts().failures, 3U);
    (void)breaker.state(t0 + 3s);
    EXPECT_EQ(breaker.counts().failures, 2U);
    (void)breaker.state(t0 + 5s);
    EXPECT_EQ(breaker.counts().failures, 0U);
    EXPECT_EQ(breaker.counts().requests, 0U);
}

TEST(CircuitBreaker, without_buckets_the_interval_ends_all_at_once) {
    CircuitBreaker::Options options;
    options.interval = 3s;
    options.bucket_period = 0s;
    CircuitBreaker breaker(options, t0);
    call(breaker, t0 + 3s, Outcome::overloaded);
    EXPECT_EQ(breaker.counts().failures, 1U);
    (void)breaker.state(t0 + 3s + 1ns);
    EXPECT_EQ(breaker.counts().failures, 0U);
}

TEST(CircuitBreaker, options_that_make_no_breaker_are_named_all_at_once) {
    EXPECT_TRUE(CircuitBreaker::Options{}.validate().empty());
    CircuitBreaker::Options options;
    options.half_open_max_requests = 0;
    options.open_timeout = 0s;
    options.trip_failure_ratio_ge = 1.5;
    EXPECT_EQ(options.validate().size(), 3U);
    options = {};
    options.trip_failure_ratio_ge.reset();
    EXPECT_EQ(options.validate().size(), 1U);
    options = {};
    options.interval = 24h;
    options.bucket_period = 1s;
    EXPECT_EQ(options.validate().size(), 1U);
}

// Keeps every request of the epoch, and counts them anew for every question.
class NaiveBreaker {
public:
    NaiveBreaker(CircuitBreaker::Options options, TimePoint start)
        : options_(options), began_(start) {}

    bool begin(TimePoint now, int id) {
        advance(now);
        if (state_ == State::open) return false;
        if (state_ == State::half_open && count(now, {Outcome::success, Outcome::overloaded},
                                                true) >= options_.half_open_max_requests) {
            return false;
        }
        requests_[id] = {bucket(now), false, Outcome::ignored};
        return true;
    }

    void finish(TimePoint now, int id, Outcome outcome) {
        advance(now);
        const auto found = requests_.find(id);
        if (found == requests_.end()) return;
        found->second.is_done = true;
        found->second.outcome = outcome;
        const std::size_t failures = count(now, {Outcome::overloaded}, false);
        if (state_ == State::half_open) {
            if (failures > 0) return enter(State::open, now);
            if (count(now, {Outcome::success}, false) >= options_.half_open_max_requests) {
                enter(State::closed, now);
            }
        } else if (outcome == Outcome::overloaded && is_counted(now, found->second)) {
            const std::size_t all =
                count(now, {Outcome::success, Outcome::overloaded, Outcome::ignored}, true);
            if (all >= options_.trip_min_requests &&
                static_cast<double>(failures) / static_cast<double>(all) >=
                    *options_.trip_failure_ratio_ge) {
                enter(State::open, now);
            }
        }
    }

    State state(TimePoint now) {
        advance(now);
        return state_;
    }

private:
    struct Request {
        std::int64_t bucket;
        bool is_done;
        Outcome outcome;
    };

    void advance(TimePoint now) {
        if (state_ == State::open && now > began_ + options_.open_timeout) {
            enter(State::half_open, now);
        }
    }
    void enter(State state, TimePoint now) {
        state_ = state;
        began_ = now;
        requests_.clear();
    }
    [[nodiscard]] std::int64_t bucket(TimePoint now) const {
        return state_ == State::closed ? (now - began_) / options_.bucket_period : 0;
    }
    [[nodiscard]] bool is_counted(TimePoint now, const Request& r) const {
        return bucket(now) - r.bucket < options_.interval / options_.bucket_period;
    }
    [[nodiscard]] std::size_t count(TimePoint now, std::vector<Outcome> outcomes,
                                    bool with_pending) const {
        std::size_t n = 0;
        for (const auto& [id, r] : requests_) {
            if (!is_counted(now, r)) continue;
            const bool fits =
                std::find(outcomes.begin(), outcomes.end(), r.outcome) != outcomes.end();
            n += r.is_done ? fits : with_pending;
        }
        return n;
    }

    CircuitBreaker::Options options_;
    TimePoint began_;
    State state_ = State::closed;
    std::map<int, Request> requests_;
};

TEST(CircuitBreakerProperty, decides_as_one_that_remembers_every_request) {
    constexpr std::uint64_t seed = 11;
    std::mt19937_64 random(seed);
    int trips = 0;
    for (int round = 0; round < 200; ++round) {
        CircuitBreaker::Options options;
        options.half_open_max_requests = 1 + static_cast<std::uint32_t>(random() % 3);
        options.open_timeout = 2s;
        options.bucket_period = 500ms;
        options.interval = options.bucket_period * (2 + static_cast<int>(random() % 5));
        options.trip_min_requests = 3;
        CircuitBreaker breaker(options, t0);
        NaiveBreaker naive(options, t0);
        std::map<int, CircuitBreaker::Pass> passes;
        TimePoint now = t0;
        State last = State::closed;
        for (int step = 0; step < 300; ++step) {
            now += Duration{static_cast<std::int64_t>(random() % 300'000'000)};
            if (random() % 2 == 0) {
                const auto admission = breaker.try_pass(now);
                const bool admitted = admission.verdict == Verdict::admitted;
                ASSERT_EQ(admitted, naive.begin(now, step))
                    << "seed " << seed << " round " << round << " step " << step;
                if (admitted) passes[step] = admission.pass;
            } else if (!passes.empty()) {
                auto any = passes.begin();
                std::advance(any, random() % passes.size());
                const auto outcome = static_cast<Outcome>(random() % 3);
                breaker.finish(now, any->second, outcome);
                naive.finish(now, any->first, outcome);
                passes.erase(any);
            }
            const State state = breaker.state(now);
            ASSERT_EQ(state, naive.state(now))
                << "seed " << seed << " round " << round << " step " << step;
            trips += state == State::open && last != State::open;
            last = state;
        }
    }
    EXPECT_GT(trips, 200);
}

}  // namespace
}  // namespace spillway::core
