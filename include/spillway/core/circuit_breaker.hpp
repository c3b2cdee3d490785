#pragma once
// Whether to call somebody who keeps failing.
//
//     closed      everybody passes, results are counted; too many failures: open
//     open        nobody passes, for `open_timeout`; then half-open
//     half-open   a few passes as a trial: one failure opens again, all successes close
//
// Failures are counted over a rolling interval of buckets, so that old ones fade instead of
// vanishing all at once at the end of a window. A pass carries the epoch in which it was given:
// results that arrive after the state has changed say nothing about the present one and are
// ignored. A success that took too long is a failure: the caller waited, and its permit with it.
// Rules of counting and trial as in sony/gobreaker v2; slow calls as in resilience4j, but in one
// rule.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "spillway/core/reason.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*, not thread-safe; allocates at construction only. `now` must not go back. O(1), but for
/// the first call after a pause: O(buckets).
class CircuitBreaker {
public:
    enum class State : std::uint8_t { closed, half_open, open };

    /// What asking for a pass came to.
    enum class Verdict : std::uint8_t {
        admitted,
        open,            // not before open_until()
        half_open_full,  // all trials are under way
    };

    static constexpr std::size_t buckets_max = 10'000;

    struct Options {
        std::uint32_t half_open_max_requests = 3;  // trials, and successes it takes; at least 1
        Duration open_timeout = std::chrono::seconds{5};  // > 0
        Duration interval = std::chrono::seconds{10};  // that failures count for; 0: until a change
        Duration bucket_period = std::chrono::seconds{1};  // 0: the interval ends all at once
        /// Either rule trips the breaker, each after a failure.
        std::optional<std::uint32_t> trip_consecutive_failures_gt;
        std::optional<double> trip_failure_ratio_ge = 0.5;  // of all requests, in [0, 1]
        std::uint32_t trip_min_requests = 20;               // below this no ratio trips
        Duration slow_after = Duration::zero();  // a success as long as this is a failure; 0: none

        /// Everything that is wrong with them; empty: nothing.
        [[nodiscard]] std::vector<std::string_view> validate() const;
    };

    /// What was counted in this epoch within the interval.
    struct Counts {
        std::uint32_t requests = 0;  // at admission
        std::uint32_t successes = 0;
        std::uint32_t failures = 0;    // slow ones included
        std::uint32_t exclusions = 0;  // neither
        std::uint32_t consecutive_successes = 0;
        std::uint32_t consecutive_failures = 0;

        friend bool operator==(const Counts&, const Counts&) noexcept = default;
    };

    /// Whose result it is. A copy is worth nothing more: finish each once.
    struct Pass {
        std::uint64_t epoch = 0;
        std::uint64_t bucket = 0;
        TimePoint began;
    };
    struct Admission {
        Verdict verdict = Verdict::open;
        Pass pass;  // if admitted
    };

    /// `options` must be valid. Closed at first.
    CircuitBreaker(const Options& options, TimePoint start);

    /// Asks to call. If admitted, finish() the pass exactly once; BreakerPass sees to that.
    [[nodiscard]] Admission try_pass(TimePoint now) noexcept;

    /// How it went: overloaded means failed, ignored means neither (cancelled, or the caller's own
    /// fault).
    void finish(TimePoint now, const Pass& pass, Outcome outcome) noexcept;

    /// The pass was lost without a result or a time: ignored, as of the last instant seen.
    void abandon(const Pass& pass) noexcept { finish(latest_, pass, Outcome::ignored); }

    /// The state at `now`; an open breaker whose time is up becomes half-open by being asked.
    [[nodiscard]] State state(TimePoint now) noexcept {
        advance(now);
        return state_;
    }
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
    /// Changes with every change of state: a shell that compares it need not poll state().
    [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
    /// When trials begin, for Retry-After; `never` unless open.
    [[nodiscard]] TimePoint open_until() const noexcept {
        return state_ == State::open ? after(began_, options_.open_timeout) : never;
    }

private:
    void advance(TimePoint now) noexcept;
    void begin_epoch(TimePoint now, State state) noexcept;
    void roll_to(std::uint64_t bucket) noexcept;
    void forget(const Counts& oldest) noexcept;
    void count_success(Counts& bucket) noexcept;
    void count_failure(Counts& bucket) noexcept;
    [[nodiscard]] bool trips() const noexcept;

    Options options_;
    std::vector<Counts> buckets_;  // a ring; bucket_ % size is the current one
    Counts counts_;                // sum of the buckets
    std::uint64_t bucket_ = 0;     // number of the current one since began_
    std::uint64_t epoch_ = 0;
    TimePoint began_;   // the epoch
    TimePoint latest_;  // `now` of the last call
    State state_ = State::closed;
};

[[nodiscard]] constexpr std::string_view to_string(CircuitBreaker::State state) noexcept {
    switch (state) {
        case CircuitBreaker::State::closed:
            return "closed";
        case CircuitBreaker::State::half_open:
            return "half-open";
        case CircuitBreaker::State::open:
            break;
    }
    return "open";
}

}  // namespace spillway::core
