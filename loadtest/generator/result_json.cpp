#include "generator/result_json.hpp"

#include <boost/describe/class.hpp>
#include <boost/json.hpp>

namespace spillway::loadtest {

// Boost.JSON converts described structs by itself: the format is the structs.
BOOST_DESCRIBE_STRUCT(Percentile, (), (fraction, ms))
BOOST_DESCRIBE_STRUCT(Latency, (), (count, min_ms, mean_ms, max_ms, percentiles, curve))
BOOST_DESCRIBE_STRUCT(Refusals, (), (status, reason, count))
BOOST_DESCRIBE_STRUCT(Errors, (), (status, count))
BOOST_DESCRIBE_STRUCT(Labelled, (), (label, count))
BOOST_DESCRIBE_STRUCT(Counts, (),
                      (offered, retries, good, late, rejected, errors, failed, left, unsent))
BOOST_DESCRIBE_STRUCT(Slice, (),
                      (name, begin_s, duration_s, measured, counts, rejected_by, errors_by,
                       failed_by, unsent_by, admitted, refused))
BOOST_DESCRIBE_STRUCT(LimiterSample, (), (limit, in_flight, queue_depth))
BOOST_DESCRIBE_STRUCT(Bin, (),
                      (counts, admitted_p50_ms, admitted_p99_ms, refused_p99_ms,
                       generator_delay_p99_ms, connections, limiters))
BOOST_DESCRIBE_STRUCT(TimeSeries, (), (bin_s, limiters, bins))
BOOST_DESCRIBE_STRUCT(Generator, (),
                      (delay, waits, cpu, cpu_max, connections_max, connections_opened,
                       connections_peak, bytes_sent, bytes_received, retries_dropped, is_bottleneck,
                       complaints))
BOOST_DESCRIBE_STRUCT(Check, (), (what, generator_min, generator_max, server, agrees))
BOOST_DESCRIBE_STRUCT(Reconciliation, (), (url, unavailable, checks))
BOOST_DESCRIBE_STRUCT(Result, (),
                      (scenario, target, mode, started_at, duration_s, planned_s, interrupted,
                       objective_ms, seed, total, phases, classes, series, generator, server))

std::string to_json(const Result& result) {
    return boost::json::serialize(boost::json::value_from(result)) + '\n';
}

std::string to_json(const Result& open, const Result& closed) {
    return boost::json::serialize(boost::json::value{{"open", boost::json::value_from(open)},
                                                     {"closed", boost::json::value_from(closed)}}) +
           '\n';
}

std::optional<Result> result_from_json(std::string_view text, std::string& why) {
    boost::json::error_code error;
    const auto value =
        boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
    if (error) {
        why = "it is not JSON: " + error.message();
        return std::nullopt;
    }
    auto result = boost::json::try_value_to<Result>(value);
    if (!result) {
        why = "it is no result of a run: " + result.error().message();
        return std::nullopt;
    }
    return *std::move(result);
}

}  // namespace spillway::loadtest
