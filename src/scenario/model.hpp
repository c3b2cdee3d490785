#pragma once
// The two blocks of a scenario that only the simulator reads: the service that the clients call,
// and the limiter that stands before it. Over HTTP both are what they are.
//
// What of `limiter` is not about messages is the service's own configuration, in its own types.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "spillway/core/time.hpp"

namespace spillway::scenario {

using Millis = std::chrono::milliseconds;

inline constexpr std::size_t slowdowns_max = 64;
inline constexpr std::uint32_t units_max = 100'000;  // workers, costs

/// How single service times differ from their mean.
enum class Times {
    constant,
    exponential,
    lognormal,
};

/// A stretch of time in which everything that the service calls takes longer.
struct Slowdown {
    Millis from{0};    // since the begin of the first phase
    Millis length{0};  // key: for
    double factor = 1;

    friend bool operator==(const Slowdown&, const Slowdown&) = default;
};

/// Up to `workers` units run at full speed; more share what there is.
struct Service {
    core::Duration time = std::chrono::milliseconds{100};  // mean, of work 1
    Times times = Times::constant;
    double sigma = 0.5;             // of lognormal: the standard deviation of the logarithm
    std::uint32_t workers = 16;     // the knee
    double contention = 0;          // how much more than its share each unit beyond costs
    std::uint64_t memory_each = 0;  // bytes that a unit holds while it runs
    std::uint64_t memory_max = 0;   // 0: no end of it
    double thrash = 10;             // slowness for each memory_max beyond the first
    bool stops = true;              // work that nobody waits for any more ends at once
    std::vector<Slowdown> slowdowns;

    friend bool operator==(const Service&, const Service&) = default;
};

struct Priority {
    std::uint32_t bands = 1;  // of `urgency`
    double floor = 0.05;      // share of the grants that each band gets at least

    friend bool operator==(const Priority&, const Priority&) = default;
};

struct Tenancy {
    std::uint32_t queues = 64;  // for all tenants without a share
    std::uint32_t hand = 4;     // queues that one tenant may be in
    std::map<std::string, std::uint32_t> shares;

    friend bool operator==(const Tenancy&, const Tenancy&) = default;
};

/// The pool that a limit's bounds are resolved against where they are auto: a queue twice as long
/// as there are workers, as the service's own.
[[nodiscard]] inline config::Pool pool_of(const Service& service) {
    return config::resolve_pool({.workers = service.workers, .queue = {}}, {});
}

struct Limiter {
    config::Limit limit;
    config::Queue queue;
    Priority priority;
    Tenancy tenant;
    std::optional<config::Rate> rate;

    friend bool operator==(const Limiter&, const Limiter&) = default;
};

}  // namespace spillway::scenario
