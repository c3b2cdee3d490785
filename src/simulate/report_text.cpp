#include <array>
#include <iomanip>
#include <sstream>

#include "simulate/report.hpp"

namespace spillway::simulate {

namespace {

using core::Duration;

constexpr int name_width = 14;

double ms(Duration d) { return core::to_seconds(d) * 1000; }

/// Begins a line with its name.
std::ostream& line(std::ostream& out, std::string_view name) {
    return out << std::left << std::setw(name_width) << name << std::right;
}

void write_limiter(std::ostream& out, const scenario::Scenario& scenario) {
    const scenario::Limiter& limiter = scenario.limiter;
    line(out, "limiter") << limiter.limit.algorithm << ", queue of " << limiter.queue.capacity
                         << ' ' << limiter.queue.discipline << ", wait_timeout "
                         << limiter.queue.wait_timeout.count() << " ms\n";
}

void write_account(std::ostream& out, const Account& account) {
    line(out, "account") << "offered " << account.offered << " (retries " << account.retries
                         << ") = good " << account.good << " + late " << account.late
                         << " + timed_out " << account.timed_out << " + rejected "
                         << account.rejected_sum() << " + dropped " << account.dropped() << '\n';
    if (account.rejected_sum() == 0) return;
    line(out, "rejected");
    const char* comma = "";
    for (std::size_t i = 0; i < account.rejected.size(); ++i) {
        if (account.rejected[i] == 0) continue;
        out << comma << to_string(static_cast<core::RejectReason>(i)) << ' ' << account.rejected[i];
        comma = ", ";
    }
    out << '\n';
}

void write_goodput(std::ostream& out, const Result& result) {
    const double seconds = core::to_seconds(result.measured);
    line(out, "goodput") << std::setprecision(1) << result.good_work / seconds
                         << " units of work/s, " << 100 * result.goodput_share()
                         << " % of the optimum's " << result.optimum_work / seconds << "/s\n";
}

void write_latency(std::ostream& out, std::string_view name, const scenario::Histogram& times) {
    if (times.count() == 0) return;
    line(out, name);
    for (const double p : {0.5, 0.9, 0.99, 0.999}) out << std::setw(10) << ms(times.at(p));
    out << std::setw(10) << ms(times.max()) << '\n';
}

void write_limit(std::ostream& out, const LimitRange& limit) {
    line(out, "limit") << "min " << limit.min << ", mean " << limit.mean << ", max " << limit.max
                       << ", last " << limit.last << '\n';
}

void write_convergence(std::ostream& out, const Convergence& convergence) {
    line(out, "convergence");
    if (convergence.disturbances == 0) {
        out << "the phases are too short to tell\n";
        return;
    }
    out << "80 % of the optimum again after " << core::to_seconds(convergence.longest)
        << " s at most";
    if (convergence.unsettled > 0) {
        out << "; not after " << convergence.unsettled << " of " << convergence.disturbances
            << " disturbances";
    }
    out << '\n';
}

void write_group(std::ostream& out, const Group& group) {
    const Account& account = group.account;
    out << "  " << std::left << std::setw(name_width - 2) << group.name << std::right
        << std::setw(10) << account.offered << std::setw(10) << account.good << std::setw(10)
        << account.late << std::setw(10) << account.timed_out << std::setw(10)
        << account.rejected_sum() << std::setw(10) << account.dropped() << '\n';
}

void write_groups(std::ostream& out, const char* title, const std::vector<Group>& groups) {
    if (groups.size() < 2) return;
    constexpr std::size_t shown_max = 20;
    line(out, title);
    for (const char* name : {"offered", "good", "late", "timed_out", "rejected", "dropped"})
        out << std::setw(10) << name;
    out << '\n';
    for (std::size_t i = 0; i < groups.size() && i < shown_max; ++i) write_group(out, groups[i]);
    if (groups.size() > shown_max) out << "  and " << groups.size() - shown_max << " more\n";
}

}  // namespace

std::string to_text(const scenario::Scenario& scenario, const Result& result) {
    std::ostringstream out;
    out << std::fixed << std::setprecision(1);
    line(out, "scenario") << scenario.name << ", seed " << scenario.seed << ", "
                          << core::to_seconds(result.length) << " s\n";
    write_limiter(out, scenario);
    write_account(out, result.account);
    write_goodput(out, result);
    line(out, "ms");
    for (const char* name : {"p50", "p90", "p99", "p99.9", "max"}) out << std::setw(10) << name;
    out << '\n';
    write_latency(out, "  wait", result.wait);
    write_latency(out, "  service", result.service);
    write_latency(out, "  answer", result.total);
    write_latency(out, "  refusal", result.refused);
    write_limit(out, result.limit);
    write_convergence(out, result.convergence);
    write_groups(out, "clients", result.kinds);
    write_groups(out, "tenants", result.tenants);
    if (result.tenants.size() > 1) {
        line(out, "fairness") << std::setprecision(3) << "Jain's index " << result.jain
                              << " over max-min fair parts\n";
    }
    return out.str();
}

}  // namespace spillway::simulate
