#include "generator/verdict.hpp"

#include <algorithm>
#include <string>

#include "generator/format.hpp"
#include "generator/latency.hpp"

namespace spillway::loadtest {

namespace {

std::uint64_t count_of(const std::vector<Labelled>& labels, std::string_view label) {
    for (const auto& one : labels)
        if (one.label == label) return one.count;
    return 0;
}

/// Of those that there are; 0 with neither.
double quicker_p99_ms(const Slice& slice) {
    double least = 0;
    for (const Latency* latency : {&slice.admitted, &slice.refused}) {
        if (latency->percentiles.empty()) continue;
        const double p99 = percentile_ms(*latency, 0.99);
        least = least > 0 ? std::min(least, p99) : p99;
    }
    return least;
}

}  // namespace

void judge(Result& result) {
    Generator& generator = result.generator;
    const double delay = percentile_ms(generator.delay, 0.99);
    if (result.mode == "open" && delay > delay_floor_ms &&
        delay > delay_share_of_latency * quicker_p99_ms(result.total)) {
        generator.is_bottleneck = true;
        generator.complaints.push_back("the generator sent late: 1 % of the requests more than " +
                                       format_ms(delay) + " after their instant");
    }
    if (generator.cpu_max > cpu_share_max) {
        generator.is_bottleneck = true;
        generator.complaints.push_back("the generator used " + format_percent(generator.cpu_max) +
                                       " of its core in its busiest second");
    }
    const std::uint64_t too_late = count_of(result.total.unsent_by, "too_late");
    if (too_late > 0) {
        generator.is_bottleneck = true;
        generator.complaints.push_back("the generator was so late for " + format_count(too_late) +
                                       " arrivals that it did not send them any more");
    }
    const std::uint64_t unsent = count_of(result.total.unsent_by, "no_connection") +
                                 count_of(result.total.unsent_by, "backlog_full");
    if (unsent > 0)
        generator.complaints.push_back(
            format_count(unsent) + " arrivals were not sent: all of " +
            format_count(generator.connections_max) +
            " connections were busy. More connections would load the server more");
    const std::uint64_t given_up =
        result.total.counts.left + count_of(result.total.failed_by, "timeout");
    if (given_up > 0)
        generator.complaints.push_back(
            format_count(given_up) +
            " requests were given up without an answer: no percentile has them in it");
    if (generator.retries_dropped > 0)
        generator.complaints.push_back(format_count(generator.retries_dropped) +
                                       " retries were due after the end and not made");
}

}  // namespace spillway::loadtest
