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

namespace {

std::optional<boost::json::value> parse(std::string_view text, std::string& why) {
    boost::json::error_code error;
    auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
    if (!error) return value;
    why = "it is not JSON: " + error.message();
    return std::nullopt;
}

std::optional<Result> result_of(const boost::json::value& value, std::string& why) {
    auto result = boost::json::try_value_to<Result>(value);
    if (result) return *std::move(result);
    why = "it is no result of a run: " + result.error().message();
    return std::nullopt;
}

}  // namespace

std::optional<Result> result_from_json(std::string_view text, std::string& why) {
    const auto value = parse(text, why);
    return value ? result_of(*value, why) : std::nullopt;
}

std::vector<Result> results_from_json(std::string_view text, std::string& why) {
    const auto value = parse(text, why);
    if (!value) return {};
    std::vector<boost::json::value> found{*value};
    if (value->is_object() && value->get_object().contains("open")) {
        const auto& both = value->get_object();
        found = {both.at("open"), both.contains("closed") ? both.at("closed") : nullptr};
    }
    std::vector<Result> results;
    for (const auto& one : found) {
        auto result = result_of(one, why);
        if (!result) return {};
        results.push_back(*std::move(result));
    }
    return results;
}

}  // namespace spillway::loadtest
