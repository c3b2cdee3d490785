#pragma once
// What the best policy could have done: one that knows the service and every arrival beforehand.
//
// In fluid, over short bins: each bin offers its first attempts' work, the service does at most its
// capacity (ServiceModel::capacity: the best number in service at a latency within the slo), oldest
// work first, and what has not been begun early enough to be done within the slo is lost. Work, not
// requests: a policy that chose the cheap ones would look better, and serve nobody better. Clients
// who try again come back with the same request, so with them nothing is lost for waiting.
//
// An upper bound: queues form within bins, times vary, nobody knows the next arrival, and what a
// warm-up leaves behind takes nothing away.

#include <vector>

#include "simulate/service_model.hpp"
#include "spillway/core/time.hpp"

namespace spillway::simulate {

/// Work offered in bins of equal width, from the begin.
struct Demand {
    core::Duration bin{0};
    std::vector<double> work;  // of phases that are measured
    bool comes_back = false;   // some clients try again
};

/// The work that is done in each bin. O(bins).
[[nodiscard]] std::vector<double> optimum_work(const Demand& demand, const ServiceModel& model,
                                               core::Duration slo);

/// Max-min fair parts of `all` for `demands`, weighted: nobody gets more than it asks for, and what
/// is left goes to the others. O(n^2).
[[nodiscard]] std::vector<double> max_min_parts(const std::vector<double>& demands,
                                                const std::vector<double>& weights, double all);

/// Jain's index of `served` over `fair`, of those with something to get: 1 when everybody has the
/// same share of it, 1/n when one has all.
[[nodiscard]] double jain_index(const std::vector<double>& served, const std::vector<double>& fair);

}  // namespace spillway::simulate
