#pragma once
// Who may pass now, who later, who not: the generic cell rate algorithm, which is the token bucket
// with all of its state in one instant.
//
// The state is `full at` (in the trade: theoretical arrival time, TAT): when the bucket would be
// full again if nobody came. A cost of c units moves it c * T further, from now if it has passed:
//
//     next = max(full_at, now) + c * T           allowed if next - burst * T <= now
//
// Tokens in the bucket are burst - (full_at - now) / T, so nothing has to be refilled, an idle
// bucket needs no timer, and one compare-and-swap decides and counts in one step. A window counter
// was rejected: it lets twice the burst pass at its edge. A pair of tokens and time was rejected:
// two words that must change together. Source: ITU-T I.371; used this way by redis-cell and
// redis_rate.

#include <algorithm>
#include <atomic>
#include <compare>
#include <cstdint>

#include "spillway/core/rate/pace.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// The instant at which a bucket is full, in ticks of its rule's pace. What lies in the past is all
/// the same state: full. So is the default.
struct FullAt {
    Pace::Ticks ticks = INT64_MIN;

    friend constexpr auto operator<=>(const FullAt&, const FullAt&) noexcept = default;
};

/// The verdict on one request.
struct RateDecision {
    bool allowed = false;
    /// Allowed: how long after now the request may begin; zero unless it was reserved.
    Duration delay = Duration::zero();
    /// Refused: the same request would be allowed after exactly this long, if nobody else came, and
    /// not a nanosecond before. `Duration::max()`: never, for it costs more than the burst.
    Duration retry_after = Duration::zero();
    /// The state after it; as before when refused.
    FullAt full_at{};
};

/// What a client may be told about its bucket.
struct RateStanding {
    std::uint64_t remaining = 0;             // whole units that would be allowed at once
    Duration next_after = Duration::zero();  // until `remaining` is one higher; zero when full
    Duration full_after = Duration::zero();  // until the bucket is full
};

/// What it takes to give a reserved place back.
struct RateReservation {
    FullAt full_at;          // of the decision that granted it
    std::uint64_t cost = 0;  // units
    TimePoint begins;        // now + delay of that decision
};

/// The transitions. *Pure*, immutable; a regular value. Every operation is O(1) and exact, as far
/// as Pace is. `now` may go back: such a request finds the bucket as it will be, and gains nothing.
class GcraRule {
public:
    /// `options` must be valid.
    explicit GcraRule(const RateOptions& options) noexcept
        : pace_(options),
          burst_(options.burst),
          burst_ticks_(static_cast<Pace::Ticks>(options.burst) * pace_.per_unit()) {}

    /// Takes `cost` units if they are there now, or will be within `delay_max`. A cost of 0 takes
    /// nothing and is allowed unless reservations have taken more than there is.
    [[nodiscard]] RateDecision take(FullAt state, TimePoint now, std::uint64_t cost,
                                    Duration delay_max = Duration::zero()) const noexcept {
        const Pace::Ticks at = pace_.ticks(now);
        if (cost > burst_) return {.retry_after = Duration::max(), .full_at = state};
        const Pace::Ticks next =
            std::max(state.ticks, at) + static_cast<Pace::Ticks>(cost) * pace_.per_unit();
        const FullAt after{cost == 0 ? state.ticks : next};
        if (next - burst_ticks_ <= at) return {.allowed = true, .full_at = after};
        return take_later(state, after, now, next, delay_max);
    }

    [[nodiscard]] RateStanding standing(FullAt state, TimePoint now) const noexcept;

    /// The state after the request of `reservation` was called off: as if it had not come, if it
    /// was the last one and has not begun. Else its units stay spent. One instant cannot remember a
    /// gap: whoever is given the units of one that others wait behind may begin together with them.
    /// To give back at least what exceeds the others' share was tried; among all schedules of six
    /// steps there are some that then begin more than the rate allows.
    [[nodiscard]] FullAt cancel(FullAt state, TimePoint now,
                                const RateReservation& reservation) const noexcept;

    /// This rule's state for a bucket that holds as many tokens as `state` has under `before`, at
    /// most this burst. Rounds in nobody's favour but the quota's.
    [[nodiscard]] FullAt carried(FullAt state, TimePoint now,
                                 const GcraRule& before) const noexcept;

    /// The bucket is full: its state says no more than a new one's.
    [[nodiscard]] bool is_full(FullAt state, TimePoint now) const noexcept {
        return state.ticks <= pace_.ticks(now);
    }

    [[nodiscard]] const Pace& pace() const noexcept { return pace_; }
    [[nodiscard]] std::uint64_t burst() const noexcept { return burst_; }
    [[nodiscard]] Pace::Ticks burst_ticks() const noexcept { return burst_ticks_; }

    friend bool operator==(const GcraRule&, const GcraRule&) noexcept = default;

private:
    [[nodiscard]] RateDecision take_later(FullAt state, FullAt after, TimePoint now,
                                          Pace::Ticks next, Duration delay_max) const noexcept;

    Pace pace_;
    std::uint64_t burst_;
    Pace::Ticks burst_ticks_;
};

/// *Shard-local*: the state of tests and simulator.
class PlainFullAt {
public:
    PlainFullAt() noexcept = default;
    explicit PlainFullAt(FullAt value) noexcept : value_(value) {}

    [[nodiscard]] FullAt load() const noexcept { return value_; }
    [[nodiscard]] bool exchange_if(FullAt& seen, FullAt next) noexcept {
        if (seen != value_) {
            seen = value_;
            return false;
        }
        value_ = next;
        return true;
    }

private:
    FullAt value_;
};

/// *Thread-safe*, lock-free. Relaxed: the instant orders nothing but itself.
class AtomicFullAt {
public:
    AtomicFullAt() noexcept = default;
    explicit AtomicFullAt(FullAt value) noexcept : value_(value) {}

    [[nodiscard]] FullAt load() const noexcept { return value_.load(std::memory_order_relaxed); }
    [[nodiscard]] bool exchange_if(FullAt& seen, FullAt next) noexcept {
        return value_.compare_exchange_weak(seen, next, std::memory_order_relaxed);
    }

private:
    std::atomic<FullAt> value_{};
    static_assert(std::atomic<FullAt>::is_always_lock_free);
};

/// One bucket. Thread-safe and lock-free if its Cell is; allow() that refuses writes nothing.
template <class Cell>
class BasicGcra {
public:
    explicit BasicGcra(const RateOptions& options) noexcept : rule_(options) {}
    /// With the tokens of `from` under a new rate. Requests that `from` decides meanwhile may be
    /// missing here.
    BasicGcra(const BasicGcra& from, TimePoint now, const RateOptions& options) noexcept
        : rule_(options), cell_(rule_.carried(from.full_at(), now, from.rule_)) {}

    /// Takes `cost` units now, or refuses.
    [[nodiscard]] RateDecision allow(TimePoint now, std::uint64_t cost = 1) noexcept {
        return reserve(now, cost, Duration::zero());
    }

    /// Takes `cost` units, to be used after `decision.delay`, at most `delay_max`; or refuses.
    [[nodiscard]] RateDecision reserve(TimePoint now, std::uint64_t cost,
                                       Duration delay_max) noexcept {
        FullAt seen = cell_.load();
        for (;;) {
            const RateDecision decision = rule_.take(seen, now, cost, delay_max);
            if (decision.full_at == seen || cell_.exchange_if(seen, decision.full_at)) {
                return decision;
            }
        }
    }

    /// What reserve() would say.
    [[nodiscard]] RateDecision peek(TimePoint now, std::uint64_t cost = 1,
                                    Duration delay_max = Duration::zero()) const noexcept {
        return rule_.take(cell_.load(), now, cost, delay_max);
    }

    /// See GcraRule::cancel.
    void cancel(TimePoint now, const RateReservation& reservation) noexcept {
        FullAt seen = cell_.load();
        for (;;) {
            const FullAt next = rule_.cancel(seen, now, reservation);
            if (next == seen || cell_.exchange_if(seen, next)) return;
        }
    }

    [[nodiscard]] RateStanding standing(TimePoint now) const noexcept {
        return rule_.standing(cell_.load(), now);
    }
    [[nodiscard]] FullAt full_at() const noexcept { return cell_.load(); }
    [[nodiscard]] const GcraRule& rule() const noexcept { return rule_; }

private:
    GcraRule rule_;
    Cell cell_;
};

using Gcra = BasicGcra<PlainFullAt>;
using AtomicGcra = BasicGcra<AtomicFullAt>;

}  // namespace spillway::core
