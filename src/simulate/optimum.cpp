#include "simulate/optimum.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "spillway/core/assert.hpp"

namespace spillway::simulate {

namespace {

/// Capacity by bin; the search behind it is done once for each factor in a row.
class Capacities {
public:
    Capacities(const ServiceModel& model, core::Duration bin, core::Duration slo)
        : model_(model), bin_(bin), slo_(slo) {}

    /// Work that can be done in the bin.
    [[nodiscard]] double at(std::size_t index) {
        const core::Duration begin = bin_ * static_cast<std::int64_t>(index);
        if (core::TimePoint{begin} >= until_) {
            until_ = model_.next_change(begin);
            per_bin_ = model_.capacity(begin, slo_) * core::to_seconds(bin_);
        }
        return per_bin_;
    }

private:
    const ServiceModel& model_;
    core::Duration bin_;
    core::Duration slo_;
    core::TimePoint until_{};
    double per_bin_ = 0;
};

}  // namespace

std::vector<double> optimum_work(const Demand& demand, const ServiceModel& model,
                                 core::Duration slo) {
    const std::size_t bins = demand.work.size();
    // Work waits at most as many bins as the slo has; in the last of them it can still be begun.
    const auto kept = demand.comes_back ? bins : static_cast<std::size_t>(slo / demand.bin);
    std::vector<double> left = demand.work;
    std::vector<double> done(bins);
    Capacities capacities{model, demand.bin, slo};
    std::size_t oldest = 0;
    for (std::size_t now = 0; now < bins; ++now) {
        double room = capacities.at(now);
        if (now > kept) oldest = std::max(oldest, now - kept);
        while (oldest <= now && room > 0) {
            const double taken = std::min(left[oldest], room);
            done[now] += taken;
            left[oldest] -= taken;
            room -= taken;
            if (left[oldest] > 0) break;
            ++oldest;
        }
    }
    return done;
}

std::vector<double> max_min_parts(const std::vector<double>& demands,
                                  const std::vector<double>& weights, double all) {
    SPILLWAY_ASSERT(demands.size() == weights.size());
    std::vector<double> parts(demands.size());
    std::vector<bool> is_full(demands.size());
    while (all > 1e-9) {
        double hungry = 0;
        for (std::size_t i = 0; i < demands.size(); ++i) {
            if (!is_full[i]) hungry += weights[i];
        }
        if (hungry <= 0) break;
        // Those who want less than their part get it all; if there are none, all get their part.
        bool somebody_is_full = false;
        const double per_weight = all / hungry;
        for (std::size_t i = 0; i < demands.size(); ++i) {
            if (is_full[i] || demands[i] > per_weight * weights[i]) continue;
            parts[i] = demands[i];
            all -= demands[i];
            is_full[i] = somebody_is_full = true;
        }
        if (somebody_is_full) continue;
        for (std::size_t i = 0; i < demands.size(); ++i) {
            if (!is_full[i]) parts[i] = per_weight * weights[i];
        }
        break;
    }
    return parts;
}

double jain_index(const std::vector<double>& served, const std::vector<double>& fair) {
    SPILLWAY_ASSERT(served.size() == fair.size());
    double sum = 0;
    double squares = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < served.size(); ++i) {
        if (fair[i] <= 0) continue;
        const double share = served[i] / fair[i];
        sum += share;
        squares += share * share;
        ++count;
    }
    if (count == 0 || squares <= 0) return 1;
    return sum * sum / (static_cast<double>(count) * squares);
}

}  // namespace spillway::simulate
