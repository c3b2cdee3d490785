#pragma once
// When requests are to be sent: an open loop knows its instants beforehand, whatever the answers.
//
// A phase with a rate r(t) has the area A(t) under it, in requests. Constant arrivals are due where
// A is a whole number, Poisson arrivals where it is a sum of exponential steps; one inverse of A
// serves steps, ramps and both ways of arriving. So n requests a second for t seconds are exactly
// n t, and the fraction that a constant phase ends with is the next one's begin. A burst of b is
// due where its first arrival would be, and the next one b later.

#include <cstddef>
#include <optional>
#include <vector>

#include "scenario/random.hpp"
#include "scenario/scenario.hpp"

namespace spillway::scenario {

struct Arrival {
    core::Duration at;  // since the begin of the first phase; never before the one returned last
    std::size_t phase;  // index

    friend bool operator==(const Arrival&, const Arrival&) = default;
};

/// Pure and deterministic by seed; O(1) time and memory for each arrival. Not thread-safe.
class Schedule {
public:
    /// Keeps a reference to `phases`, which outlive it and do not change.
    Schedule(const std::vector<Phase>& phases, std::uint64_t seed);

    /// The next intended instant, or nothing when the last phase is over.
    [[nodiscard]] std::optional<Arrival> next();

private:
    [[nodiscard]] std::optional<core::Duration> next_in(const Phase& phase);
    [[nodiscard]] double area_of_next(const Phase& phase);
    void end(const Phase& phase);

    const std::vector<Phase>& phases_;
    Random random_;
    std::size_t phase_ = 0;     // index of the current one
    core::Duration begin_{0};   // of the current phase
    std::size_t recorded_ = 0;  // recorded times of the phase that have been returned
    double first_ = 0;          // area at which the phase's first constant arrival is due
    double count_ = 0;          // arrivals of the phase that have been returned
    double area_ = 0;           // area at the last Poisson arrival
};

/// How many requests a phase offers: exactly (constant, recorded), or on average (Poisson).
[[nodiscard]] double expected_arrivals(const Phase& phase);

}  // namespace spillway::scenario
