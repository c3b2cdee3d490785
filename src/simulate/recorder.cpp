#include "simulate/recorder.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "simulate/convergence.hpp"

namespace spillway::simulate {

using core::Duration;
using core::TimePoint;

namespace {

/// Bins as narrow as the shortest spikes that matter, and at most so many.
constexpr Duration bin_min = std::chrono::milliseconds{10};
constexpr std::int64_t bins_max = 100'000;

Duration bin_for(Duration length) { return std::max(bin_min, length / bins_max); }

bool has_retries(const scenario::Scenario& scenario) {
    return std::any_of(scenario.clients.begin(), scenario.clients.end(), [](const auto& client) {
        return client.second.retry.mode != scenario::RetryMode::none;
    });
}

}  // namespace

Recorder::Recorder(const scenario::Scenario& scenario, std::vector<std::string> tenants)
    : scenario_(scenario) {
    for (const auto& [name, client] : scenario.clients) {
        work_of_kind_.push_back(client.work * client.cost);
        result_.kinds.push_back({.name = name});
    }
    for (std::string& name : tenants) result_.tenants.push_back({.name = std::move(name)});
    for (const scenario::Phase& phase : scenario.phases) {
        is_measured_.push_back(phase.measured);
        if (phase.measured) result_.measured += phase.length;
    }
    result_.length = length_of(scenario);
    demand_.bin = bin_for(result_.length);
    demand_.comes_back = has_retries(scenario);
    result_.limit.min = UINT32_MAX;
}

std::size_t Recorder::bin_of(TimePoint now) {
    const auto bin = static_cast<std::size_t>(now.time_since_epoch() / demand_.bin);
    if (bin >= good_.size()) {
        good_.resize(bin + 1);
        demand_.work.resize(bin + 1);
    }
    return bin;
}

void Recorder::note_offered(TimePoint now, const Request& request) {
    ++result_.requests;
    const double work = work_of_kind_[request.kind];
    const bool is_first = request.attempts == 1;
    if (!is_measured_[request.phase]) return;
    const std::uint32_t retries = is_first ? 0 : 1;
    const auto count = [&](Account& account) {
        ++account.offered;
        account.retries += retries;
    };
    count(row_.account);
    count(result_.kinds[request.kind].account);
    Group* const tenant = result_.tenants.empty() ? nullptr : &result_.tenants[request.tenant];
    if (tenant != nullptr) count(tenant->account);
    if (!is_first) return;
    demand_.work[bin_of(now)] += work;
    result_.kinds[request.kind].offered_work += work;
    if (tenant != nullptr) tenant->offered_work += work;
}

void Recorder::note_ended(TimePoint now, const Request& request, End end,
                          core::RejectReason reason) {
    if (!is_measured_[request.phase]) return;
    Account ended;
    switch (end) {
        case End::answered:
            note_answer(now, request, ended);
            break;
        case End::timed_out:
            ended.timed_out = 1;
            break;
        case End::rejected:
            ended.rejected[static_cast<std::size_t>(reason)] = 1;
            result_.refused.record(now - request.arrived);
            break;
        case End::gone_waiting:
            ended.gone_waiting = 1;
            break;
        case End::gone_working:
            ended.gone_working = 1;
            break;
    }
    row_.account.add(ended);
    result_.kinds[request.kind].account.add(ended);
    if (!result_.tenants.empty()) result_.tenants[request.tenant].account.add(ended);
}

void Recorder::note_answer(TimePoint now, const Request& request, Account& account) {
    const Duration total = now - request.arrived;
    result_.wait.record(request.granted - request.entered);
    result_.service.record(now - request.granted);
    result_.total.record(total);
    row_total_.record(total);
    if (total > scenario_.slo) {
        account.late = 1;
        return;
    }
    account.good = 1;
    const double work = work_of_kind_[request.kind];
    good_[bin_of(now)] += work;
    result_.kinds[request.kind].good_work += work;
    if (!result_.tenants.empty()) result_.tenants[request.tenant].good_work += work;
}

void Recorder::note_limit(TimePoint now, std::uint32_t limit) {
    limit_area_ += core::to_seconds(now - limit_since_) * limit;
    limit_since_ = now;
    result_.limit.min = std::min(result_.limit.min, limit);
    result_.limit.max = std::max(result_.limit.max, limit);
    result_.limit.last = limit;
}

void Recorder::note_interval(TimePoint now, const Gauges& gauges, std::uint32_t phase) {
    row_.end = now.time_since_epoch();
    row_.phase = phase;
    row_.limit = gauges.limit;
    row_.in_flight = gauges.in_flight;
    row_.waiting = gauges.waiting;
    row_.p50 = row_total_.at(0.5);
    row_.p99 = row_total_.at(0.99);
    result_.account.add(row_.account);
    result_.rows.push_back(row_);
    row_ = {};
    row_total_.clear();
}

void Recorder::fill_rows(const std::vector<double>& optimum) {
    std::size_t bin = 0;
    for (Row& row : result_.rows) {
        for (; bin < optimum.size() && demand_.bin * static_cast<std::int64_t>(bin) < row.end;
             ++bin) {
            row.good_work += good_[bin];
            row.optimum_work += optimum[bin];
        }
        // What ends in the last instant, and what could have been done after it.
        for (; &row == &result_.rows.back() && bin < optimum.size(); ++bin) {
            row.good_work += good_[bin];
            row.optimum_work += optimum[bin];
        }
        result_.good_work += row.good_work;
        result_.optimum_work += row.optimum_work;
    }
}

void Recorder::judge_fairness() {
    std::vector<double> offered;
    std::vector<double> good;
    for (const Group& tenant : result_.tenants) {
        offered.push_back(tenant.offered_work);
        good.push_back(tenant.good_work);
    }
    const std::vector<double> shares(offered.size(), 1.0);
    const std::vector<double> fair = max_min_parts(offered, shares, result_.optimum_work);
    for (std::size_t i = 0; i < fair.size(); ++i) result_.tenants[i].fair_work = fair[i];
    result_.jain = jain_index(good, fair);
}

Result Recorder::finish(TimePoint now, const ServiceModel& model) && {
    static_cast<void>(bin_of(std::max(now, TimePoint{result_.length + scenario_.slo})));
    const std::vector<double> optimum = optimum_work(demand_, model, scenario_.slo);
    fill_rows(optimum);
    judge_fairness();
    result_.best_limit = model.best_units(Duration::zero(), scenario_.slo);
    result_.convergence = convergence_of(scenario_, model, demand_.bin, good_, optimum);
    const double length = core::to_seconds(limit_since_.time_since_epoch());
    result_.limit.mean = length > 0 ? limit_area_ / length : result_.limit.last;
    return std::move(result_);
}

}  // namespace spillway::simulate
