#include "simulate/convergence.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace spillway::simulate {

using core::Duration;

namespace {

constexpr double requests_per_window = 100;

/// Windows that must be good together: one alone may be luck.
constexpr std::size_t lasting = 5;

/// A stretch of measured time in which nothing changes but what the clients' rate does.
struct Stretch {
    Duration begin;
    Duration end;
};

std::vector<Stretch> stretches_of(const scenario::Scenario& scenario, const ServiceModel& model) {
    std::vector<Stretch> stretches;
    Duration begin{0};
    for (const scenario::Phase& phase : scenario.phases) {
        const Duration end = begin + phase.length;
        for (Duration from = begin; phase.measured && from < end;) {
            const core::TimePoint change = model.next_change(from);
            const Duration to = std::min(end, change.time_since_epoch());
            stretches.push_back({from, to});
            from = to;
        }
        begin = end;
    }
    return stretches;
}

double sum(const std::vector<double>& values, std::size_t begin, std::size_t end) {
    const auto at = [&](std::size_t i) {
        return values.begin() + static_cast<std::ptrdiff_t>(std::min(i, values.size()));
    };
    return std::accumulate(at(begin), at(end), 0.0);
}

}  // namespace

Convergence convergence_of(const scenario::Scenario& scenario, const ServiceModel& model,
                           Duration bin, const std::vector<double>& good,
                           const std::vector<double>& optimum) {
    Convergence found;
    for (const Stretch& stretch : stretches_of(scenario, model)) {
        const double rate = model.capacity(stretch.begin, scenario.slo);
        const double seconds = rate > 0 ? std::max(1.0, requests_per_window / rate) : 1.0;
        const auto window = std::max<std::size_t>(
            1, static_cast<std::size_t>(std::llround(seconds / core::to_seconds(bin))));
        const auto first = static_cast<std::size_t>(stretch.begin / bin);
        const auto last = static_cast<std::size_t>(stretch.end / bin);
        if (last < first + 2 * window) continue;  // too short to tell
        ++found.disturbances;
        std::size_t at = first;
        const auto is_back = [&](std::size_t begin, std::size_t end) {
            return sum(good, begin, end) >= converged_share * sum(optimum, begin, end);
        };
        while (at + window <= last &&
               !(is_back(at, std::min(at + lasting * window, last)) && is_back(at, last))) {
            at += window;
        }
        if (at + window > last) {
            ++found.unsettled;
        } else {
            found.longest = std::max(found.longest, bin * static_cast<std::int64_t>(at - first));
        }
    }
    return found;
}

}  // namespace spillway::simulate
