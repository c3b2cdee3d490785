#pragma once
// First come first served while that serves anybody, last come first served when it no longer does.
//
// In a queue that stands, the first one has waited the longest and is the least likely to be worth
// serving: served in order, everybody gets an answer just before it is too late, or just after. The
// last one has all its time left. So under standing overload the newest goes first, which
// sacrifices the old ones that would be lost anyway. Standing is told from a burst as CoDel does
// it: the oldest has waited longer than the target through a whole interval.
//
// Newest first alone starves: a request that came in the wrong instant would wait until it expires
// though the queue moves. Every k-th grant goes to the oldest all the same. So who has n older ones
// before it is let in within k (n + 1) grants, or expires.
//
// Source: "Fail at Scale" (B. Maurer, ACM Queue 13(8), 2015).

#include <algorithm>
#include <cstdint>

#include "spillway/core/assert.hpp"
#include "spillway/core/codel.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*; a regular value. O(1).
class AdaptiveOrder {
public:
    AdaptiveOrder(CodelTimes standing, std::uint32_t oldest_every) noexcept
        : codel_(standing, TimePoint{}), oldest_every_(oldest_every) {
        SPILLWAY_ASSERT(oldest_every >= 1);
    }

    /// Whether the next one is the oldest, else the newest.
    [[nodiscard]] bool oldest_is_next() const noexcept {
        return !codel_.overloaded() || since_oldest_ + 1 >= oldest_every_;
    }

    /// Somebody is let in, while the oldest has waited for `wait`.
    void note_grant(TimePoint now, Duration wait) noexcept {
        since_oldest_ = oldest_is_next() ? 0 : since_oldest_ + 1;
        (void)codel_.refuses(now, wait);  // not for its verdict on one, but for what it learns
    }
    /// Somebody came and found nobody waiting: what was is over.
    void note_empty(TimePoint now) noexcept {
        const CodelTimes standing = codel_.times();
        codel_ = SloughCodel(standing, after(now, standing.interval));
        since_oldest_ = 0;
    }

    /// Later decisions use these; what has been observed stays.
    void set_standing(CodelTimes standing) noexcept { codel_.set_times(standing); }
    /// Goes on from what `other` has observed.
    void carry(const AdaptiveOrder& other) noexcept {
        const CodelTimes standing = codel_.times();
        codel_ = other.codel_;
        codel_.set_times(standing);
        since_oldest_ = std::min(other.since_oldest_, oldest_every_ - 1);
    }
    [[nodiscard]] CodelTimes standing() const noexcept { return codel_.times(); }
    [[nodiscard]] bool stands() const noexcept { return codel_.overloaded(); }

private:
    SloughCodel codel_;
    std::uint32_t oldest_every_;
    std::uint32_t since_oldest_ = 0;  // grants in a row that went to the newest
};

}  // namespace spillway::core
