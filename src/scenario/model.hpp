#pragma once
// The two blocks of a scenario that only the simulator reads: the service that the clients call,
// and the limiter that stands before it. Over HTTP both are what they are.
//
// Names and defaults of `limiter` are those of the service's own configuration.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spillway/core/time.hpp"

namespace spillway::scenario {

using Millis = std::chrono::milliseconds;

inline constexpr std::size_t slowdowns_max = 64;
inline constexpr std::uint32_t units_max = 100'000;  // workers, limits, costs

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

/// `limiter.limit.max` where it is auto: what a pool of so many workers and its queue hold.
[[nodiscard]] constexpr std::uint32_t largest_limit(std::uint32_t workers) { return 3 * workers; }

struct Limit {
    std::string algorithm = "fixed";
    std::optional<std::uint32_t> value;    // fixed; auto: workers
    std::uint32_t min = 1;                 // the others
    std::optional<std::uint32_t> max;      // auto: three times the workers
    std::optional<std::uint32_t> initial;  // auto: workers
    Millis target{200};                    // slo
    double quantile = 0.9;                 // slo
    bool cures = true;  // false: with the faults that the references are known for

    friend bool operator==(const Limit&, const Limit&) = default;
};

struct Queue {
    std::uint32_t capacity = 64;
    Millis wait_timeout{200};
    std::string discipline = "fifo";

    friend bool operator==(const Queue&, const Queue&) = default;
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

enum class RatePer {
    none,    // no quota
    tenant,  // one for each
    all,     // one for all together
};

struct Quota {
    RatePer per = RatePer::none;
    std::uint32_t rate = 100;  // units of cost in each `period`
    Millis period{1000};
    std::uint32_t burst = 200;  // units that may come at once

    friend bool operator==(const Quota&, const Quota&) = default;
};

struct Limiter {
    Limit limit;
    Queue queue;
    Priority priority;
    Tenancy tenant;
    Quota rate;

    friend bool operator==(const Limiter&, const Limiter&) = default;
};

}  // namespace spillway::scenario
