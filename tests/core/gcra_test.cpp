#include "spillway/core/rate/gcra.hpp"

#include <gtest/gtest.h>

#include <random>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint t0{1h};

TEST(Gcra, lets_a_burst_pass_and_then_one_unit_per_interval) {
    Gcra bucket({.rate = 10, .period = 1s, .burst = 3});
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.allow(t0).allowed);

    const RateDecision refused = bucket.allow(t0);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, 100ms);
    EXPECT_FALSE(bucket.allow(t0 + 100ms - 1ns).allowed);
    EXPECT_TRUE(bucket.allow(t0 + 100ms).allowed);
    EXPECT_FALSE(bucket.allow(t0 + 100ms).allowed);
}

TEST(Gcra, an_idle_bucket_fills_to_its_burst_and_not_further) {
    Gcra bucket({.rate = 10, .period = 1s, .burst = 3});
    EXPECT_TRUE(bucket.allow(t0, 3).allowed);
    EXPECT_FALSE(bucket.allow(t0 + 24h, 4).allowed);
    EXPECT_TRUE(bucket.allow(t0 + 24h, 3).allowed);
    EXPECT_FALSE(bucket.allow(t0 + 24h, 1).allowed);
}

TEST(Gcra, a_cost_above_the_burst_is_never_allowed_and_says_so) {
    Gcra bucket({.rate = 10, .period = 1s, .burst = 3});
    const RateDecision refused = bucket.reserve(t0, 4, 1h);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, Duration::max());
    EXPECT_EQ(bucket.reserve(t0, UINT64_MAX, 1h).retry_after, Duration::max());
    EXPECT_TRUE(bucket.allow(t0, 3).allowed) << "the refusals took nothing";
}

TEST(Gcra, a_reservation_is_delayed_up_to_the_bound_and_refused_beyond) {
    Gcra bucket({.rate = 10, .period = 1s, .burst = 1});
    EXPECT_EQ(bucket.reserve(t0, 1, 200ms).delay, 0ns);
    EXPECT_EQ(bucket.reserve(t0, 1, 200ms).delay, 100ms);
    EXPECT_EQ(bucket.reserve(t0, 1, 200ms).delay, 200ms);

    const RateDecision refused = bucket.reserve(t0, 1, 200ms);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, 100ms);
    EXPECT_EQ(bucket.reserve(t0 + 100ms, 1, 200ms).delay, 200ms);
}

TEST(Gcra, a_cost_of_zero_looks_and_takes_nothing) {
    Gcra bucket({.rate = 1, .period = 1s, .burst = 1});
    EXPECT_TRUE(bucket.allow(t0, 0).allowed);
    EXPECT_EQ(bucket.full_at(), FullAt{});
    EXPECT_TRUE(bucket.reserve(t0, 1, 0s).allowed);
    EXPECT_TRUE(bucket.allow(t0, 0).allowed) << "empty is not below zero";
    EXPECT_TRUE(bucket.reserve(t0, 1, 1s).allowed);
    EXPECT_EQ(bucket.allow(t0, 0).retry_after, 1s) << "one unit is owed";
}

TEST(Gcra, tells_what_remains_and_when_there_is_more) {
    Gcra bucket({.rate = 4, .period = 1s, .burst = 5});
    const RateStanding full = bucket.standing(t0);
    EXPECT_EQ(full.remaining, 5U);
    EXPECT_EQ(full.next_after, 0ns);
    EXPECT_EQ(full.full_after, 0ns);

    EXPECT_TRUE(bucket.allow(t0, 3).allowed);
    const RateStanding later = bucket.standing(t0 + 100ms);
    EXPECT_EQ(later.remaining, 2U);
    EXPECT_EQ(later.next_after, 150ms);
    EXPECT_EQ(later.full_after, 650ms);
    EXPECT_EQ(bucket.standing(t0 + 250ms).remaining, 3U);
}

TEST(Gcra, what_is_owed_counts_until_the_next_whole_unit) {
    Gcra bucket({.rate = 1, .period = 1s, .burst = 2});
    EXPECT_TRUE(bucket.reserve(t0, 2, 0s).allowed);
    EXPECT_EQ(bucket.reserve(t0, 2, 2s).delay, 2s);
    const RateStanding standing = bucket.standing(t0 + 500ms);
    EXPECT_EQ(standing.remaining, 0U);
    EXPECT_EQ(standing.next_after, 2500ms);
    EXPECT_EQ(standing.full_after, 3500ms);
}

TEST(Gcra, a_clock_that_goes_back_gains_nobody_anything) {
    Gcra bucket({.rate = 10, .period = 1s, .burst = 1});
    EXPECT_TRUE(bucket.allow(t0).allowed);
    EXPECT_FALSE(bucket.allow(t0 - 1h).allowed);
    EXPECT_EQ(bucket.allow(t0 - 1h).retry_after, 1h + 100ms);
    EXPECT_TRUE(bucket.allow(t0 + 100ms).allowed);
}

TEST(Gcra, instants_before_the_epoch_and_beyond_the_horizon_do_not_overflow) {
    for (const std::uint64_t rate : {1ULL, 7ULL, 16ULL, 17ULL, 999'999'937ULL, 1'000'000'000ULL}) {
        Gcra bucket({.rate = rate, .period = 1s, .burst = 1});
        EXPECT_TRUE(bucket.allow(TimePoint{-1h}).allowed);
        EXPECT_TRUE(bucket.allow(TimePoint{0h}).allowed);
        EXPECT_TRUE(bucket.allow(TimePoint{Pace::horizon}).allowed);
        EXPECT_FALSE(bucket.allow(never).allowed) << "later than the horizon is the horizon";
    }
    // The longest spans there may be, at the end of time.
    const RateOptions slow{.rate = 1, .period = Pace::span_max, .burst = 1};
    ASSERT_TRUE(slow.validate().empty());
    Gcra bucket(slow);
    const TimePoint end{Pace::horizon};
    EXPECT_TRUE(bucket.reserve(end, 1, Duration::max()).allowed);
    EXPECT_EQ(bucket.reserve(end, 1, Duration::max()).delay, Pace::span_max);
    EXPECT_FALSE(bucket.reserve(end, 1, Duration::max()).allowed) << "beyond every span";
}

TEST(Gcra, options_that_cannot_be_computed_with_are_named_all_at_once) {
    EXPECT_TRUE(RateOptions{}.validate().empty());
    const RateOptions nothing{.rate = 0, .period = 0s, .burst = 0};
    EXPECT_EQ(nothing.validate().size(), 3U);
    const RateOptions too_fast{.rate = 1'000'000'001, .period = 1s, .burst = 1};
    EXPECT_EQ(too_fast.validate().size(), 1U);
    const RateOptions too_long{.rate = 1, .period = 1s, .burst = 72'057'595};  // 2^56 ns are less
    EXPECT_EQ(too_long.validate().size(), 1U);
    const RateOptions huge{.rate = 1, .period = 1s, .burst = UINT64_MAX};
    EXPECT_EQ(huge.validate().size(), 1U);
}

// The rule told in tokens with exact integers: a token is `period` parts, a nanosecond brings
// `rate`.
class NaiveBucket {
public:
    __extension__ using Wide = __int128;

    explicit NaiveBucket(const RateOptions& o)
        : rate_(o.rate), per_token_(o.period.count()), cap_(o.burst * per_token_), parts_(cap_) {}

    void advance(TimePoint now) {
        parts_ = std::min(cap_, parts_ + (now - last_).count() * rate_);
        last_ = now;
    }
    [[nodiscard]] bool has(std::uint64_t cost) const { return parts_ >= cost * per_token_; }
    void take(std::uint64_t cost) { parts_ -= cost * per_token_; }
    [[nodiscard]] std::uint64_t whole() const {
        return static_cast<std::uint64_t>(std::max<Wide>(parts_, 0) / per_token_);
    }
    /// Until `cost` is there, in whole nanoseconds.
    [[nodiscard]] Duration wait(std::uint64_t cost) const {
        const Wide missing = cost * per_token_ - parts_;
        return Duration{
            static_cast<std::int64_t>(missing <= 0 ? 0 : (missing + rate_ - 1) / rate_)};
    }
    /// Parts owed beyond what a nanosecond brings: more than rounding `now` can explain.
    [[nodiscard]] bool is_overdrawn() const { return parts_ < -rate_; }

private:
    Wide rate_;
    Wide per_token_;
    Wide cap_;
    Wide parts_;
    TimePoint last_ = t0;
};

RateOptions random_options(std::mt19937_64& random) {
    const auto below = [&](std::uint64_t n) { return random() % n; };
    constexpr std::array<Duration, 6> periods{1ms, 1s, 7s, 1min, 1h, Duration{999'999'937}};
    RateOptions options;
    options.period = periods[below(periods.size())];
    options.rate = std::min<std::uint64_t>(1 + below(1ULL << (1 + below(24))),
                                           static_cast<std::uint64_t>(options.period.count()));
    options.burst = 1 + below(1ULL << (1 + below(12)));
    return options;
}

TEST(GcraProperty, decides_as_exact_token_arithmetic_does_for_any_rate) {
    constexpr std::uint64_t seed = 20'261'121;
    std::mt19937_64 random(seed);
    int exact = 0;
    for (int round = 0; round < 400; ++round) {
        const RateOptions options = random_options(random);
        ASSERT_TRUE(options.validate().empty());
        SCOPED_TRACE(testing::Message()
                     << "seed " << seed << " round " << round << ": " << options.rate << " per "
                     << options.period.count() << " ns, burst " << options.burst);
        Gcra bucket(options);
        NaiveBucket model(options);
        const bool is_exact = bucket.rule().pace().is_exact();
        exact += is_exact;
        const auto unit = static_cast<std::uint64_t>(options.period.count()) / options.rate + 1;
        TimePoint now = t0;
        for (int step = 0; step < 300; ++step) {
            const std::uint64_t cost = random() % std::min<std::uint64_t>(options.burst + 1, 6);
            // Half of the steps come exactly when their cost can be paid, where errors would show.
            now += random() % 2 == 0 ? model.wait(cost)
                                     : Duration{static_cast<std::int64_t>(random() % (2 * unit))};
            model.advance(now);
            const RateDecision decision = bucket.allow(now, cost);
            if (is_exact) {
                ASSERT_EQ(decision.allowed, model.has(cost)) << "step " << step;
            } else if (!decision.allowed) {
                ASSERT_FALSE(model.has(cost)) << "step " << step;
            }
            if (decision.allowed) {
                model.take(cost);
                ASSERT_FALSE(model.is_overdrawn()) << "step " << step;
            } else if (is_exact) {
                ASSERT_EQ(decision.retry_after, model.wait(cost)) << "step " << step;
            }
            if (is_exact) {
                ASSERT_EQ(bucket.standing(now).remaining, model.whole());
            }
        }
    }
    EXPECT_GT(exact, 40);
    EXPECT_LT(exact, 360);
}

TEST(GcraProperty, retry_after_is_exact_to_the_nanosecond_for_any_rate) {
    constexpr std::uint64_t seed = 4;
    std::mt19937_64 random(seed);
    int refusals = 0;
    for (int round = 0; round < 2000; ++round) {
        const RateOptions options = random_options(random);
        Gcra bucket(options);
        TimePoint now = t0 + Duration{static_cast<std::int64_t>(random() % 1'000'000'000'000)};
        (void)bucket.allow(now, options.burst);
        for (int step = 0; step < 20; ++step) {
            const std::uint64_t cost = 1 + random() % options.burst;
            const Duration delay_max{static_cast<std::int64_t>(random() % 1'000'000)};
            Gcra early = bucket;
            Gcra late = bucket;
            const RateDecision refused = bucket.reserve(now, cost, delay_max);
            if (refused.allowed) continue;
            ++refusals;
            const TimePoint at = now + refused.retry_after;
            ASSERT_FALSE(early.reserve(at - 1ns, cost, delay_max).allowed)
                << "seed " << seed << " round " << round;
            ASSERT_TRUE(late.reserve(at, cost, delay_max).allowed)
                << "seed " << seed << " round " << round;
            now += refused.retry_after / 3;
        }
    }
    EXPECT_GT(refusals, 1000);
}

TEST(GcraProperty, a_rate_that_no_nanosecond_divides_does_not_drift) {
    // 999,999,937 is a prime: T is no fraction that any clock knows.
    const RateOptions options{.rate = 999'999'937, .period = 1000s, .burst = 1};
    Gcra bucket(options);
    TimePoint now = t0;
    constexpr std::int64_t units = 1'000'000;
    for (std::int64_t i = 0; i < units; ++i) {
        const RateDecision decision = bucket.reserve(now, 1, 1h);
        ASSERT_TRUE(decision.allowed);
        now += decision.delay;
    }
    // One at once, each further one T later, rounded up but once.
    __extension__ using Wide = __int128;
    const auto due = static_cast<std::int64_t>(
        (Wide{units - 1} * options.period.count() + options.rate - 1) / options.rate);
    EXPECT_NEAR(static_cast<double>((now - t0).count()), static_cast<double>(due), 1.0);
}

}  // namespace
}  // namespace spillway::core
