#pragma once
// How long goodput takes to come back after a disturbance: the begin of a measured phase, the begin
// and the end of a slowdown.

#include <vector>

#include "scenario/scenario.hpp"
#include "simulate/result.hpp"
#include "simulate/service_model.hpp"
#include "spillway/core/time.hpp"

namespace spillway::simulate {

/// Goodput has come back when it is at least this share of the optimum.
inline constexpr double converged_share = 0.8;

/// `good` and `optimum`: work by bins of width `bin`. A disturbance is over from the first second
/// on (longer where a hundred requests take longer) from which goodput is at least
/// `converged_share` of the optimum both over the next five seconds and over all that is left until
/// the next disturbance. O(bins).
[[nodiscard]] Convergence convergence_of(const scenario::Scenario& scenario,
                                         const ServiceModel& model, core::Duration bin,
                                         const std::vector<double>& good,
                                         const std::vector<double>& optimum);

}  // namespace spillway::simulate
