#include "scenario/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace spillway::scenario {

namespace {

/// Seconds into the phase at which the area under its rate is `area`, or nothing when it never is.
std::optional<double> inverse_area(const Rate& rate, double length, double area) {
    if (rate.begin == rate.end) {
        if (rate.begin <= 0) return std::nullopt;
        return area / rate.begin;
    }
    const double slope = (rate.end - rate.begin) / length;
    const double square = rate.begin * rate.begin + 2 * slope * area;
    if (square < 0) return std::nullopt;  // a falling rate reaches 0 before the area does
    // The root in the form without cancellation, which also holds from a begin of 0.
    const double divisor = rate.begin + std::sqrt(square);
    return divisor > 0 ? 2 * area / divisor : 0;
}

double area_of(const Phase& phase) {
    const double length = core::to_seconds(phase.length);
    return (phase.rate->begin + phase.rate->end) / 2 * length;
}

}  // namespace

double expected_arrivals(const Phase& phase) {
    if (phase.rate) return area_of(phase);
    const auto end =
        std::lower_bound(phase.times.begin(), phase.times.end(), core::Duration{phase.length});
    return static_cast<double>(end - phase.times.begin());
}

Schedule::Schedule(const std::vector<Phase>& phases, std::uint64_t seed)
    : phases_(phases), random_(seed, Stream::arrivals) {}

std::optional<Arrival> Schedule::next() {
    for (; phase_ < phases_.size(); ++phase_) {
        const Phase& phase = phases_[phase_];
        if (const auto at = next_in(phase)) return Arrival{begin_ + *at, phase_};
        end(phase);
    }
    return std::nullopt;
}

std::optional<core::Duration> Schedule::next_in(const Phase& phase) {
    if (!phase.rate) {
        if (recorded_ == phase.times.size()) return std::nullopt;
        const core::Duration at = phase.times[recorded_];
        if (at >= phase.length) return std::nullopt;
        ++recorded_;
        return at;
    }
    const bool is_poisson = phase.arrivals == Arrivals::poisson;
    const double area = area_of_next(phase);
    const auto seconds = inverse_area(*phase.rate, core::to_seconds(phase.length), area);
    // Compared before it is converted: a small rate puts the instant beyond what 64 bits hold.
    if (!seconds || *seconds > core::to_seconds(phase.length)) return std::nullopt;
    const core::Duration at{std::llround(*seconds * 1e9)};
    if (at >= phase.length) return std::nullopt;
    if (is_poisson) area_ = area;
    count_ += 1;
    return at;
}

double Schedule::area_of_next(const Phase& phase) {
    const double burst = phase.burst;
    const double in_burst = std::fmod(count_, burst);
    if (phase.arrivals == Arrivals::constant) return first_ + count_ - in_burst;
    return in_burst > 0 ? area_ : area_ + burst * random_.exponential();
}

void Schedule::end(const Phase& phase) {
    const bool is_constant = phase.rate && phase.arrivals == Arrivals::constant;
    // What rounding leaves below nothing would be an arrival before the phase.
    first_ = is_constant ? std::max(0.0, first_ + count_ - area_of(phase)) : 0;
    count_ = area_ = 0;
    recorded_ = 0;
    begin_ += phase.length;
}

}  // namespace spillway::scenario
