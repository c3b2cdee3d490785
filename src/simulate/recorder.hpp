#pragma once
// Keeps what happens in a simulation, and makes the result of it.

#include <cstdint>
#include <vector>

#include "scenario/scenario.hpp"
#include "simulate/optimum.hpp"
#include "simulate/requests.hpp"
#include "simulate/result.hpp"
#include "simulate/service_model.hpp"

namespace spillway::simulate {

/// What a limiter looks like at an instant.
struct Gauges {
    std::uint32_t limit = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t waiting = 0;
};

/// How a request ended, as its client saw it.
enum class End : std::uint8_t { answered, timed_out, rejected, gone_waiting, gone_working };

/// *Shard-local.* Each note is O(1).
class Recorder {
public:
    /// Keeps references to both, which outlive it and do not change. `tenants`: the names by the
    /// numbers that requests have for them.
    Recorder(const scenario::Scenario& scenario, std::vector<std::string> tenants);

    void note_offered(core::TimePoint now, const Request& request);
    void note_ended(core::TimePoint now, const Request& request, End end,
                    core::RejectReason reason = core::RejectReason::queue_full);
    /// The limit has held since the last call.
    void note_limit(core::TimePoint now, std::uint32_t limit);
    /// The end of an interval of the series.
    void note_interval(core::TimePoint now, const Gauges& gauges, std::uint32_t phase);

    [[nodiscard]] Result finish(core::TimePoint now, const ServiceModel& model) &&;

private:
    [[nodiscard]] std::size_t bin_of(core::TimePoint now);
    void note_answer(core::TimePoint now, const Request& request, Account& account);
    void fill_rows(const std::vector<double>& optimum);
    void judge_fairness();

    const scenario::Scenario& scenario_;
    std::vector<double> work_of_kind_;
    std::vector<bool> is_measured_;  // by phase
    Result result_;
    Demand demand_;
    std::vector<double> good_;  // work of good answers by bin
    Row row_;                   // of the current interval
    scenario::Histogram row_total_;
    core::TimePoint limit_since_{};
    double limit_area_ = 0;
};

}  // namespace spillway::simulate
