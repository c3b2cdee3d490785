#include "scenario/schema.hpp"

#include <chrono>
#include <limits>

#include "config/section.hpp"
#include "config/words.hpp"
#include "scenario/model_schema.hpp"
#include "scenario/rules.hpp"

namespace spillway::config {

using scenario::Arrivals;
using scenario::Body;
using scenario::Client;
using scenario::Phase;
using scenario::Retry;
using scenario::RetryMode;
using scenario::Scenario;

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::uint64_t GiB = 1ULL << 30;

Rule<std::uint32_t> weight() { return count(0, scenario::weight_max); }

Rule<std::string> file_name() {
    return text("a file, relative to the scenario's", [](std::string_view name) {
        return name.find('\0') == std::string_view::npos ? "" : "is not a file name";
    });
}

}  // namespace

template <>
const Table<Body>& table<Body>() {
    static const Table<Body> body{{key("file", &Body::file, file_name()),
                                   key("size", &Body::size, size(0, scenario::body_bytes_max))}};
    return body;
}

template <>
const Table<Retry>& table<Retry>() {
    static const Table<Retry> retry{
        {key("mode", &Retry::mode,
             scenario::word_for<RetryMode>({{"none", RetryMode::none},
                                            {"naive", RetryMode::naive},
                                            {"backoff", RetryMode::backoff},
                                            {"obedient", RetryMode::obedient}})),
         key("attempts_max", &Retry::attempts_max, count(1, 100)),
         key("delay", &Retry::delay, duration(milliseconds{0}, hours{1}))}};
    return retry;
}

template <>
const Table<Client>& table<Client>() {
    static const Table<Client> client{
        {key("weight", &Client::weight, weight()),
         key("method", &Client::method, one_of(methods())),
         required(key("path", &Client::path, scenario::request_path())),
         named_values("headers", &Client::headers, scenario::header_value(),
                      scenario::check_header_names),
         named_values("tenants", &Client::tenants, weight(), scenario::check_tenant_names),
         key("urgency", &Client::urgency, scenario::or_none(count(0, 7))),
         section("body", &Client::body),
         key("deadline", &Client::deadline, scenario::or_none(scenario::some_time())),
         key("patience", &Client::patience, scenario::or_none(scenario::some_time())),
         section("retry", &Client::retry), key("read_rate", &Client::read_rate, size(0, GiB)),
         key("write_rate", &Client::write_rate, size(0, GiB)),
         key("new_connection", &Client::new_connection, flag()),
         key("cost", &Client::cost, count(1, scenario::units_max)),
         key("work", &Client::work, scenario::decimal(0.001, 10'000))}};
    return client;
}

template <>
const Table<Phase>& table<Phase>() {
    static const Table<Phase> phase{
        {required(key("name", &Phase::name, scenario::title())),
         required(key("for", &Phase::length, scenario::some_time())),
         key("rate", &Phase::rate, scenario::rate()),
         key("recorded", &Phase::recorded, file_name()),
         key("arrivals", &Phase::arrivals,
             scenario::word_for<Arrivals>(
                 {{"constant", Arrivals::constant}, {"poisson", Arrivals::poisson}})),
         key("burst", &Phase::burst, count(1, scenario::burst_max)),
         named_values("clients", &Phase::mix, weight(),
                      [](const Value&, const std::string&, Problems&) {}),
         key("measured", &Phase::measured, flag())}};
    return phase;
}

template <>
const Table<Scenario>& table<Scenario>() {
    static const Table<Scenario> scenario{
        {required(key("name", &Scenario::name, scenario::title())),
         key("target", &Scenario::target, scenario::target()),
         key("seed", &Scenario::seed, long_count(0, std::numeric_limits<std::uint64_t>::max())),
         key("slo", &Scenario::slo, scenario::some_time()),
         key("connections", &Scenario::connections, count(1, scenario::connections_max)),
         key("timeout", &Scenario::timeout, scenario::some_time()),
         key("metrics", &Scenario::metrics, scenario::metrics_url()),
         key("metrics_every", &Scenario::metrics_every,
             duration(milliseconds{10}, milliseconds{60'000})),
         required(named_sections("clients", &Scenario::clients)),
         required(section_list("phases", &Scenario::phases, scenario::phases_max)),
         section("service", &Scenario::service), section("limiter", &Scenario::limiter)}};
    return scenario;
}

}  // namespace spillway::config

namespace spillway::scenario {

void read_scenario(const config::Value& tree, Scenario& scenario, config::Problems& problems) {
    config::read_section(tree, "", scenario, problems);
}

config::Value write_scenario(const Scenario& scenario) { return config::write_section(scenario); }

std::vector<config::KeyInfo> all_keys() {
    std::vector<config::KeyInfo> keys;
    config::describe_section<Scenario>("", keys);
    return keys;
}

}  // namespace spillway::scenario
