#pragma once
// What a simulation has found.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenario/histogram.hpp"
#include "simulate/account.hpp"
#include "spillway/core/time.hpp"

namespace spillway::simulate {

/// A kind of clients, or a tenant.
struct Group {
    std::string name{};
    Account account{};
    double offered_work = 0;  // units of work of first attempts
    double good_work = 0;     // of good answers
    double fair_work = 0;     // its max-min fair part of the optimum
};

/// One interval of the time series; counts are of the interval, gauges of its end.
struct Row {
    core::Duration end{0};
    std::uint32_t phase = 0;
    Account account;
    std::uint32_t limit = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t waiting = 0;
    core::Duration p50{0};  // of answers, from the intended instant
    core::Duration p99{0};
    double good_work = 0;
    double optimum_work = 0;
};

struct LimitRange {
    std::uint32_t min = 0;
    double mean = 0;  // over time
    std::uint32_t max = 0;
    std::uint32_t last = 0;
};

/// How long goodput took to come back to 80 % of the optimum, and to stay.
struct Convergence {
    core::Duration longest{0};  // of the disturbances that it did come back from
    std::uint32_t disturbances = 0;
    std::uint32_t unsettled = 0;  // those from which it did not
};

struct Result {
    core::Duration length{0};  // of all phases
    core::Duration measured{0};
    Account account;              // of the measured phases, as everything below
    scenario::Histogram wait;     // of those that had a permit
    scenario::Histogram service;  // from permit to answer
    scenario::Histogram total;    // from the intended instant to the answer
    scenario::Histogram refused;  // from the intended instant to the refusal
    double good_work = 0;
    double optimum_work = 0;
    std::vector<Group> kinds;
    std::vector<Group> tenants;
    double jain = 1;
    LimitRange limit;
    std::uint64_t best_limit = 0;  // units in service at which most is done, at the begin
    Convergence convergence;
    std::vector<Row> rows;
    std::uint64_t requests = 0;  // simulated in all, those of unmeasured phases included

    /// Good work as a share of the optimum; 1 when nothing was offered.
    [[nodiscard]] double goodput_share() const noexcept {
        return optimum_work > 0 ? good_work / optimum_work : 1;
    }
};

}  // namespace spillway::simulate
