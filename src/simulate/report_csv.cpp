#include <ostream>

#include "simulate/report.hpp"

namespace spillway::simulate {

namespace {

/// Phases are named by their users.
std::string quoted(const std::string& text) {
    std::string all = "\"";
    for (const char c : text) all.append(c == '"' ? "\"\"" : std::string(1, c));
    return all + '"';
}

}  // namespace

void write_csv(std::ostream& out, const scenario::Scenario& scenario, const Result& result) {
    out << "end_s,phase,offered,retries,good,late,timed_out,rejected,dropped,limit,in_flight,"
           "waiting,p50_ms,p99_ms,good_work,optimum_work\n";
    for (const Row& row : result.rows) {
        const Account& account = row.account;
        out << core::to_seconds(row.end) << ',' << quoted(scenario.phases[row.phase].name) << ','
            << account.offered << ',' << account.retries << ',' << account.good << ','
            << account.late << ',' << account.timed_out << ',' << account.rejected_sum() << ','
            << account.dropped() << ',' << row.limit << ',' << row.in_flight << ',' << row.waiting
            << ',' << core::to_seconds(row.p50) * 1000 << ',' << core::to_seconds(row.p99) * 1000
            << ',' << row.good_work << ',' << row.optimum_work << '\n';
    }
}

}  // namespace spillway::simulate
