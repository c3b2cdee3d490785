#pragma once
// The same bucket told in tokens, with a rate and a burst that may change while it is in use.

#include <cstdint>

#include "spillway/core/rate/gcra.hpp"

namespace spillway::core {

/// *Pure*, not thread-safe; a regular value. Every operation is O(1). Full at first. Reservations
/// may drive the number of tokens below zero.
class TokenBucket {
public:
    /// `options` must be valid.
    explicit TokenBucket(const RateOptions& options) noexcept : options_(options), rule_(options) {}

    /// Takes `n` tokens if they are there.
    [[nodiscard]] RateDecision allow(TimePoint now, std::uint64_t n = 1) noexcept {
        return reserve(now, n, Duration::zero());
    }

    /// Takes `n` tokens that will be there within `delay_max`.
    [[nodiscard]] RateDecision reserve(TimePoint now, std::uint64_t n,
                                       Duration delay_max) noexcept {
        const RateDecision decision = rule_.take(full_at_, now, n, delay_max);
        full_at_ = decision.full_at;
        return decision;
    }

    void cancel(TimePoint now, const RateReservation& reservation) noexcept {
        full_at_ = rule_.cancel(full_at_, now, reservation);
    }

    /// Tokens at `now`, fractions included; for people, not for decisions.
    [[nodiscard]] double tokens(TimePoint now) const noexcept;

    /// Credits what has accrued, then goes on with `options`, which must be valid. Tokens stay, up
    /// to the new burst; what is owed is owed in tokens.
    void reconfigure(TimePoint now, const RateOptions& options) noexcept;

    [[nodiscard]] RateStanding standing(TimePoint now) const noexcept {
        return rule_.standing(full_at_, now);
    }
    [[nodiscard]] const RateOptions& options() const noexcept { return options_; }

private:
    RateOptions options_;
    GcraRule rule_;
    FullAt full_at_;
};

}  // namespace spillway::core
