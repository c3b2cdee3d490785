#include "simulate/service_model.hpp"

#include <algorithm>
#include <cmath>

namespace spillway::simulate {

namespace {

constexpr std::uint64_t table_size = 4096;

/// Beyond this many times the workers nothing is gained: speed per unit falls from the knee on.
constexpr std::uint64_t tried_max = 2;

}  // namespace

ServiceModel::ServiceModel(const scenario::Service& service, std::uint64_t seed)
    : service_(service),
      random_(seed, scenario::Stream::service),
      mean_s_(core::to_seconds(service.time)),
      slowness_(table_size) {
    for (std::uint64_t n = 0; n < table_size; ++n) slowness_[n] = computed_slowness(n);
}

double ServiceModel::computed_slowness(std::uint64_t units) const noexcept {
    const auto n = static_cast<double>(units);
    const auto knee = static_cast<double>(service_.workers);
    double slowness = 1;
    if (n > knee) slowness = n / knee * (1 + service_.contention * (n - knee) / knee);
    if (service_.memory_max > 0) {
        const double used = n * static_cast<double>(service_.memory_each) /
                            static_cast<double>(service_.memory_max);
        if (used > 1) slowness *= 1 + service_.thrash * (used - 1);
    }
    return slowness;
}

double ServiceModel::slowness(std::uint64_t units) const noexcept {
    return units < table_size ? slowness_[units] : computed_slowness(units);
}

double ServiceModel::factor(core::Duration at) const noexcept {
    double factor = 1;
    for (const scenario::Slowdown& slowdown : service_.slowdowns) {
        const bool is_on = at >= slowdown.from && at < slowdown.from + slowdown.length;
        if (is_on) factor *= slowdown.factor;
    }
    return factor;
}

core::TimePoint ServiceModel::next_change(core::Duration at) const noexcept {
    core::TimePoint next = core::never;
    for (const scenario::Slowdown& slowdown : service_.slowdowns) {
        for (const core::Duration edge :
             {core::Duration{slowdown.from}, core::Duration{slowdown.from + slowdown.length}}) {
            if (edge > at) next = std::min(next, core::TimePoint{edge});
        }
    }
    return next;
}

double ServiceModel::draw(double work) noexcept {
    const double mean = mean_s_ * work;
    switch (service_.times) {
        case scenario::Times::constant:
            return mean;
        case scenario::Times::exponential:
            return mean * random_.exponential();
        case scenario::Times::lognormal:
            // Shifted so that the mean, not the median, is what the scenario says.
            return mean * std::exp(service_.sigma * (normal() - service_.sigma / 2));
    }
    return mean;
}

// George Marsaglia's polar method: two at a time.
double ServiceModel::normal() noexcept {
    if (has_spare_) {
        has_spare_ = false;
        return spare_normal_;
    }
    double x = 0;
    double y = 0;
    double square = 0;
    do {
        x = 2 * random_.uniform() - 1;
        y = 2 * random_.uniform() - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    const double scale = std::sqrt(-2 * std::log(square) / square);
    spare_normal_ = y * scale;
    has_spare_ = true;
    return x * scale;
}

std::uint64_t ServiceModel::best_units(core::Duration at, core::Duration slo) const noexcept {
    const double slow = factor(at);
    std::uint64_t best = 0;
    double most = 0;
    for (std::uint64_t n = 1; n <= tried_max * service_.workers; ++n) {
        const double latency = mean_s_ * slowness(n) * slow;
        if (latency > core::to_seconds(slo)) break;
        const double throughput = static_cast<double>(n) / latency;
        if (throughput <= most * (1 + 1e-12)) continue;
        most = throughput;
        best = n;
    }
    return best;
}

double ServiceModel::capacity(core::Duration at, core::Duration slo) const noexcept {
    const std::uint64_t n = best_units(at, slo);
    return n == 0 ? 0 : static_cast<double>(n) / (mean_s_ * slowness(n) * factor(at));
}

}  // namespace spillway::simulate
