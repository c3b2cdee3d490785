#pragma once
// All the books of a run: what is entered once is in the account of the whole, of its phase and of
// its kind, in the wire tally of its kind, and in the time series.

#include <cstdint>
#include <string_view>
#include <vector>

#include "generator/account.hpp"
#include "generator/result.hpp"
#include "generator/series.hpp"
#include "generator/wire_tally.hpp"
#include "scenario/scenario.hpp"
#include "spillway/core/time.hpp"

namespace spillway::loadtest {

/// One arrival, from its intended instant to its ending.
struct Request {
    core::TimePoint intended;
    std::uint64_t number = 0;  // {n} in templates
    std::string_view tenant;   // lives in the scenario
    std::uint32_t attempt = 1;
    std::uint16_t phase = 0;
    std::uint16_t kind = 0;  // index in the order of Scenario::clients
};

/// *Shard-local*, no clock, no socket. What is entered must balance: each request offered once and
/// ended once (asserted). About 150 KiB for each phase and kind.
class Ledger {
public:
    /// The scenario outlives this. `length` is how long the run can take at most.
    Ledger(const scenario::Scenario& scenario, core::TimePoint begin, core::Duration length);

    void offer(const Request& request);
    /// `latency` is the request's own: from the intended instant, or in a closed loop from the
    /// send.
    Ending answered(const Request& request, const Answer& answer, core::Duration latency,
                    core::TimePoint now);
    /// `was_sent`: a byte of it at least.
    void failed(const Request& request, Failure why, bool was_sent, core::TimePoint now);
    void left(const Request& request, bool was_sent, core::TimePoint now);
    void unsent(const Request& request, Unsent why, core::TimePoint now);

    /// From the intended instant to when the arrival was taken up: given a connection, or told to
    /// wait for one.
    void delayed(core::Duration delay, core::TimePoint now);
    /// As long an arrival had to wait for a connection.
    void waited(core::Duration wait) { waits_.record(wait); }

    [[nodiscard]] Series& series() noexcept { return series_; }
    /// Of everything, warm-ups included.
    [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
    /// Latencies of the answers 2xx of measured phases.
    [[nodiscard]] const Histogram& admitted() const noexcept { return total_.admitted(); }
    /// Of the answers 2xx since the last call: for the progress line.
    [[nodiscard]] core::Duration take_recent_p99();
    [[nodiscard]] const std::vector<WireTally>& wire() const noexcept { return wire_; }

    /// Accounts, series, and the generator's delay and waits. `length` is up to the end or an
    /// interruption of the arrivals.
    void report(Result& result, core::Duration length);

private:
    template <class Entry>
    void enter(const Request& request, Entry entry);
    void closed(Ending ending, core::Duration latency, core::TimePoint now);

    const scenario::Scenario& scenario_;
    Series series_;
    Account total_;  // measured phases
    std::vector<Account> phases_;
    std::vector<Account> kinds_;   // measured phases
    std::vector<WireTally> wire_;  // by kind
    Histogram delay_;
    Histogram waits_;
    Histogram recent_;
    Counts counts_;
};

}  // namespace spillway::loadtest
