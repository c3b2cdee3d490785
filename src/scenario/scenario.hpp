#pragma once
// A scenario as a plain value: who calls, how, how often and for how long. The load generator sends
// it over HTTP, a simulator can run it in virtual time.
//
// Defaults here are the defaults of the keys; docs/load.md explains each (a test holds the two
// equal). An empty optional is the word `none` in the file, or a key that must not be left out.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scenario/model.hpp"
#include "spillway/core/time.hpp"

namespace spillway::scenario {

// Bounds that a consumer may size its tables by; the loader enforces them.
inline constexpr std::size_t kinds_max = 64;
inline constexpr std::size_t tenants_max = 1024;  // of one kind
inline constexpr std::size_t headers_max = 32;    // of one kind
inline constexpr std::size_t phases_max = 64;
inline constexpr std::uint32_t weight_max = 1'000'000;
inline constexpr std::uint32_t connections_max = 100'000;
inline constexpr std::uint64_t body_bytes_max = 64ULL << 20;
inline constexpr std::uint32_t burst_max = 1'000'000;
inline constexpr std::size_t recorded_max = 10'000'000;  // arrivals in one file

enum class RetryMode {
    none,
    naive,     // after `delay`, whatever the answer says
    backoff,   // after `delay`, then twice as long each time
    obedient,  // after the answer's Retry-After, or `delay` when it has none
};

enum class Arrivals {
    constant,  // evenly spaced
    poisson,   // independent of each other, as those of many callers are
};

/// Requests per second at the begin and at the end of a phase; linear between them.
struct Rate {
    double begin = 0;
    double end = 0;

    friend bool operator==(const Rate&, const Rate&) = default;
};

/// Bytes sent with each request. At most one of the two is set.
struct Body {
    std::string file;  // loaded: as it can be opened, found beside the scenario
    std::uint64_t size =
        0;  // that many bytes of filler; loaded: the size of `file`, if there is one

    friend bool operator==(const Body&, const Body&) = default;
};

/// What a refused or failed request does next.
struct Retry {
    RetryMode mode = RetryMode::none;
    std::uint32_t attempts_max = 3;  // of one request, the first included
    Millis delay{1000};

    friend bool operator==(const Retry&, const Retry&) = default;
};

/// One kind of request.
struct Client {
    std::uint32_t weight = 1;  // its share of the arrivals, in phases that do not say otherwise
    std::string method = "GET";
    std::string path;                              // with its query; a template (template.hpp)
    std::map<std::string, std::string> headers;    // values are templates
    std::map<std::string, std::uint32_t> tenants;  // name to weight; {tenant} in templates
    std::optional<std::uint32_t> urgency;  // `Priority: u=N` (RFC 9218), 0 is the most urgent
    Body body;
    std::optional<Millis> deadline;  // `Request-Timeout`
    std::optional<Millis> patience;  // closes the connection if no answer is complete by then
    Retry retry;
    std::uint64_t read_rate = 0;   // bytes per second of the answer; 0: as fast as they come
    std::uint64_t write_rate = 0;  // bytes per second of header and body; 0: as fast as they go
    bool new_connection = false;   // each request on a connection of its own
    std::uint32_t cost = 1;        // simulator: units of the limit that each takes
    double work = 1;               // simulator: times `service.time`

    friend bool operator==(const Client&, const Client&) = default;
};

/// A stretch of time with one way of arriving.
struct Phase {
    std::string name;
    Millis length{0};          // key: for
    std::optional<Rate> rate;  // either this or `recorded`
    std::string recorded;      // a file of times; loaded: as it can be opened
    std::vector<core::Duration>
        times;  // loaded from `recorded`: since the begin of the phase, in order
    Arrivals arrivals = Arrivals::constant;
    std::uint32_t burst = 1;                   // arrivals that come together
    std::map<std::string, std::uint32_t> mix;  // key: clients; instead of the kinds' own weights
    bool measured = true;  // false: a warm-up, its requests are not in the account

    friend bool operator==(const Phase&, const Phase&) = default;
};

struct Scenario {
    std::string name;
    std::string target = "http://127.0.0.1:8080";
    std::uint64_t seed = 1;
    Millis slo{1000};  // an answer later than this after its intended instant is late
    std::uint32_t connections = 256;  // held by the generator at once; without a free one: unsent
    Millis timeout{10000};            // without a complete answer by then a request has failed
    std::string metrics = "auto";     // URL; auto: /metrics of the target; none: not asked
    Millis metrics_every{250};
    std::map<std::string, Client> clients;  // kinds, in the order of their names
    std::vector<Phase> phases;
    Service service;  // what the clients call, and
    Limiter limiter;  // what stands before it: in the simulator only

    friend bool operator==(const Scenario&, const Scenario&) = default;
};

/// From the begin of the first phase to the end of the last.
[[nodiscard]] Millis length_of(const Scenario& scenario);

}  // namespace spillway::scenario
