#pragma once
// Everything that a run found out, as plain values: what the summary, the JSON file and the report
// are made from.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spillway::loadtest {

struct Percentile {
    double fraction = 0;  // 0.99: the 99th
    double ms = 0;
};

struct Latency {
    std::uint64_t count = 0;
    double min_ms = 0;
    double mean_ms = 0;
    double max_ms = 0;
    std::vector<Percentile> percentiles;  // 50, 75, 90, 95, 99, 99.9, 99.99; empty without samples
    std::vector<Percentile> curve;        // closer and closer to 1, for drawing; at most 128
};

struct Refusals {
    unsigned status = 0;
    std::string reason;  // "": none given
    std::uint64_t count = 0;
};

struct Errors {
    unsigned status = 0;
    std::uint64_t count = 0;
};

/// How many for which cause.
struct Labelled {
    std::string label;
    std::uint64_t count = 0;
};

/// offered = good + late + rejected + errors + failed + left + unsent, always.
struct Counts {
    std::uint64_t offered = 0;
    std::uint64_t retries = 0;  // of the offered
    std::uint64_t good = 0;
    std::uint64_t late = 0;
    std::uint64_t rejected = 0;
    std::uint64_t errors = 0;
    std::uint64_t failed = 0;
    std::uint64_t left = 0;
    std::uint64_t unsent = 0;
};

/// The account of the whole run, of one phase or of one class of requests.
struct Slice {
    std::string name;
    double begin_s = 0;     // of the instants at which its arrivals were intended
    double duration_s = 0;  // of its phases, as planned, or up to an interruption; a class has
                            // those in which it calls
    bool measured = true;   // false: a warm-up phase, not in the total
    Counts counts;
    std::vector<Refusals> rejected_by;
    std::vector<Errors> errors_by;
    std::vector<Labelled> failed_by;  // refused, reset, timeout, malformed
    std::vector<Labelled> unsent_by;  // no_connection, backlog_full, over, too_late
    Latency admitted;                 // answers 2xx
    Latency refused;                  // refusals

    [[nodiscard]] double goodput_per_s() const {
        return duration_s > 0 ? static_cast<double>(counts.good) / duration_s : 0;
    }
};

/// What a limiter of the server said of itself, last seen in a bin.
struct LimiterSample {
    double limit = 0;
    double in_flight = 0;
    double queue_depth = 0;
};

/// One stretch of time. Offered counts by the intended instant, all else when it ended: a request
/// may be offered in one bin and end in another.
struct Bin {
    Counts counts;
    double admitted_p50_ms = 0;  // 0: none ended here
    double admitted_p99_ms = 0;
    double refused_p99_ms = 0;
    double generator_delay_p99_ms = 0;
    std::uint64_t connections = 0;        // open at the bin's end
    std::vector<LimiterSample> limiters;  // as in TimeSeries::limiters; empty: not scraped in it
};

struct TimeSeries {
    double bin_s = 0;
    std::vector<std::string> limiters;  // names
    std::vector<Bin> bins;              // at most 1200
};

/// How well the generator did its own part.
struct Generator {
    Latency delay;       // from the intended instant to when the arrival was taken up
    Latency waits;       // of arrivals that had to wait for a connection
    double cpu = 0;      // of one core, 0..1, user and system, over the run
    double cpu_max = 0;  // in the busiest second
    std::uint64_t connections_max = 0;
    std::uint64_t connections_opened = 0;
    std::uint64_t connections_peak = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t retries_dropped = 0;  // wanted, but too many were waiting already
    bool is_bottleneck = false;
    std::vector<std::string> complaints;  // what was not as asked for, and why
};

/// One comparison of the generator's account with the server's counters.
struct Check {
    std::string what;
    double generator_min = 0;  // the server's figure should be in this range
    double generator_max = 0;
    double server = 0;
    bool agrees = true;
};

struct Reconciliation {
    std::string url;          // of the metrics; empty: not asked for
    std::string unavailable;  // why there was nothing to compare with; empty: there was
    std::vector<Check> checks;
    [[nodiscard]] bool agrees() const {
        for (const auto& check : checks)
            if (!check.agrees) return false;
        return true;
    }
};

struct Result {
    std::string scenario;    // its name, or "quick"
    std::string target;      // URL
    std::string mode;        // "open" or "closed"
    std::string started_at;  // UTC, ISO 8601
    double duration_s = 0;   // from the first intended instant to the last ending
    double planned_s = 0;
    bool interrupted = false;
    double objective_ms = 0;
    std::uint64_t seed = 0;
    Slice total;
    std::vector<Slice> phases;
    std::vector<Slice> classes;
    TimeSeries series;
    Generator generator;
    Reconciliation server;
};

}  // namespace spillway::loadtest
