#pragma once
// A system under a limit in virtual time: its mean latency is a closed formula of what is in
// flight, its completions are Poisson, its latencies lognormal. Coarser than a simulator of
// requests, and enough to see where a control law settles.

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>

#include "spillway/core/limit/limit_policy.hpp"

namespace spillway::core::testing {

/// Mean latency in seconds with n requests in flight.
using Latency = std::function<double(double n)>;

/// Constant up to the knee, then all that is added waits: throughput stays at knee / base.
inline Latency knee_at(double knee, double base_s) {
    return [=](double n) { return base_s * std::max(1.0, n / knee); };
}

/// Latency rises with concurrency from the first request on, and faster than linearly: throughput
/// has a peak, at sqrt((1 - serial) / crosstalk).
inline Latency contended(double base_s, double serial, double crosstalk) {
    return [=](double n) { return base_s * (1 + serial * (n - 1) + crosstalk * n * (n - 1)); };
}

class Plant {
public:
    Plant(LimitPolicy policy, Latency latency, std::uint64_t seed)
        : policy_(std::move(policy)), latency_(std::move(latency)), random_(seed) {}

    void run(Duration time) {
        const TimePoint end = now_ + time;
        while (now_ < end) step();
    }

    [[nodiscard]] LimitPolicy& policy() { return policy_; }
    [[nodiscard]] double limit() const { return policy_.limit(); }
    [[nodiscard]] TimePoint now() const { return now_; }

    Latency& latency() { return latency_; }
    /// Requests per second that are offered.
    double demand = std::numeric_limits<double>::infinity();
    /// Requests slower than this time out: they end then, as overloaded.
    double time_out_s = std::numeric_limits<double>::infinity();
    /// Spread of latencies: sigma of their logarithm.
    double sigma = 0.3;

private:
    static constexpr Duration tick = std::chrono::milliseconds{5};

    void step() {
        now_ += tick;
        const double n = in_flight();
        const double mean = latency_(n);
        const double per_second = n / std::min(mean, time_out_s);
        std::poisson_distribution<int> completions(per_second * to_seconds(tick));
        std::lognormal_distribution<double> spread(-sigma * sigma / 2, sigma);
        for (int i = completions(random_); i > 0; --i) {
            const double rtt_s = mean * spread(random_);
            const bool late = rtt_s > time_out_s;
            const auto rtt_ns = std::int64_t(std::min(rtt_s, time_out_s) * 1e9);
            part_.add(now_, {.rtt = Duration{rtt_ns},
                             .in_flight = std::uint32_t(std::ceil(n)),
                             .outcome = late ? Outcome::overloaded : Outcome::success});
        }
        if (now_ < policy_.next_update()) return;
        WindowSample sum;
        sum.merge(part_);
        part_.clear(policy_.epoch());
        policy_.update(now_, sum);
    }

    /// All the limit allows, or as many as the demand keeps busy (Little's law).
    double in_flight() const {
        double n = std::min(limit(), demand * latency_(1));
        for (int i = 0; i < 20 && std::isfinite(demand); ++i)
            n = std::min(limit(), demand * latency_(n));
        return std::max(n, 1.0);
    }

    LimitPolicy policy_;
    Latency latency_;
    std::mt19937_64 random_;
    WindowSample part_;
    TimePoint now_{std::chrono::seconds{1000}};
};

}  // namespace spillway::core::testing
