#pragma once
// The configuration as a plain value: what the YAML says, defaults filled in, `auto` kept.
//
// Defaults here are the defaults of the service; config/spillway.yaml is the same thing commented
// (a test holds the two equal). An empty optional is `auto`.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spillway/core/rate/pace.hpp"
#include "spillway/core/time.hpp"

namespace spillway::config {

using Millis = std::chrono::milliseconds;

struct Tls {
    std::string certificate;  // PEM files
    std::string key;
    std::uint32_t handshakes_max = 256;

    friend bool operator==(const Tls&, const Tls&) = default;
};

struct Server {
    std::vector<std::string> listen{"0.0.0.0:8080"};  // host:port or [v6]:port
    std::optional<std::uint32_t> shards;              // auto: CPUs this process may use
    std::uint32_t max_connections = 10000;
    std::uint32_t max_connections_per_ip = 0;  // 0: no cap
    std::uint64_t header_bytes_max = 16 * 1024;
    Millis header_timeout{5000};
    Millis body_timeout{30000};
    std::uint64_t body_rate_min = 1024;  // bytes per second, after a 5 s grace
    Millis idle_timeout{60000};
    Millis write_timeout{30000};
    std::uint64_t body_memory_max = 256ULL << 20;
    std::uint64_t response_memory_max = 256ULL << 20;
    std::vector<std::string> trusted_proxies;  // CIDRs
    bool half_close = false;
    std::optional<Tls> tls;  // none: off
    std::string handover;    // path of a Unix socket; "": none

    friend bool operator==(const Server&, const Server&) = default;
};

struct Control {
    std::string listen = "127.0.0.1:8081";                                  // "": off
    std::vector<std::string> public_pages{"healthz", "readyz", "metrics"};  // key: public
    std::uint32_t explain = 4096;  // requests kept by each shard; 0: none
    std::optional<Tls> tls;        // none: off
    std::vector<std::string> hosts{};
    std::string token_file{};  // "": none
    std::string token{};       // no key: what the file holds

    friend bool operator==(const Control&, const Control&) = default;
};

struct Drain {
    Millis lame_duck{0};
    Millis idle_grace{500};
    Millis timeout{30000};

    friend bool operator==(const Drain&, const Drain&) = default;
};

struct Pool {
    std::optional<std::uint32_t> workers;  // auto: CPUs
    std::optional<std::uint32_t> queue;    // auto: 2 x workers

    friend bool operator==(const Pool&, const Pool&) = default;
};

/// What is collected before an algorithm is asked.
struct LimitWindow {
    Millis min_window{100};
    Millis max_window{1000};
    std::optional<std::uint32_t> window_size;  // requests; auto: 20 for slo, else 10
    double percentile = 0.5;                   // of the window's latencies; 0: their mean

    friend bool operator==(const LimitWindow&, const LimitWindow&) = default;
};

/// Against what the references are known to suffer from; see core::LimitCures.
struct LimitCures {
    bool enabled = true;
    core::Duration rtt_resolution{0};  // 0: off
    double overload_share = 0.1;       // above 1: off
    double overload_ratio = 0.5;
    Millis healthy_max{0};            // 0: not known
    std::optional<double> drift_max;  // auto: 2, of vegas 0; 0: any
    Millis drift_span{600'000};
    std::optional<double> flat_max;  // auto: 0.35, of slo 0; 0: off
    double proportional_min = 0.8;   // 1: off
    double probe_keeps = 0.75;       // 0: as the reference

    friend bool operator==(const LimitCures&, const LimitCures&) = default;
};

/// Parameters belong to some of the algorithms (algorithm_keys()); auto: the algorithm's own.
struct Limit {
    std::string algorithm = "fixed";
    std::optional<std::uint32_t> value;    // auto: workers of the route's pool
    std::uint32_t min = 1;                 // this and all below: not for fixed
    std::optional<std::uint32_t> max;      // auto: the pool's workers + queue, divided
    std::optional<std::uint32_t> initial;  // auto: workers
    std::optional<Millis> target;
    std::string of = "service";  // slo: service or total
    std::optional<double> quantile;
    std::optional<double> margin;
    std::optional<double> growth;
    std::optional<double> shrink_min;
    std::optional<double> smoothing;
    std::optional<double> rtt_tolerance;
    std::optional<double> queue_size;
    std::optional<std::uint32_t> long_window;
    std::optional<double> backoff_ratio;
    std::optional<Millis> timeout;
    std::optional<double> alpha;
    std::optional<double> beta;
    std::optional<double> threshold;
    std::optional<double> probe_multiplier;
    std::optional<double> probe_jitter;
    std::optional<std::uint32_t> probe_countdown;  // 0: no probes
    std::optional<double> aggregate_percentile;    // percent
    std::optional<double> buffer_pct;
    std::optional<std::uint32_t> min_rtt_request_count;
    std::optional<Millis> min_rtt_interval;
    std::optional<Millis> update_interval;
    LimitWindow window;
    LimitCures cures;

    [[nodiscard]] bool is_adaptive() const { return algorithm != "fixed"; }

    friend bool operator==(const Limit&, const Limit&) = default;
};

/// Auto: from the service times that are measured.
struct Codel {
    std::optional<Millis> target{};
    std::optional<Millis> interval{};

    friend bool operator==(const Codel&, const Codel&) = default;
};

/// Waiters.
struct Watermarks {
    std::uint32_t high = 0;
    std::uint32_t low = 0;

    friend bool operator==(const Watermarks&, const Watermarks&) = default;
};

struct Queue {
    std::uint32_t capacity = 64;  // 0: no waiting, refuse at once
    Millis wait_timeout{200};
    std::string discipline = "fifo";
    std::optional<Codel> codel;            // none: off
    std::optional<Watermarks> watermarks;  // likewise

    friend bool operator==(const Queue&, const Queue&) = default;
};

struct Priority {
    std::string from = "route";  // route, rfc9218 or header:NAME
    std::uint32_t bands = 8;
    double floor = 0.05;  // share of the grants that each band but the first gets at least

    friend bool operator==(const Priority&, const Priority&) = default;
};

struct Tenant {
    std::string key = "ip";     // ip or header:NAME
    std::uint32_t queues = 64;  // for all tenants without a share
    std::uint32_t hand = 4;     // queues that one tenant may be in
    std::map<std::string, std::uint32_t> shares;

    friend bool operator==(const Tenant&, const Tenant&) = default;
};

/// A quota: how often callers may ask.
struct Rate {
    std::string per = "tenant";  // or all
    std::uint32_t rate = 0;      // requests per period
    Millis period{1000};
    std::optional<std::uint32_t> burst;  // requests at once; auto: rate
    Millis delay_max{0};                 // held back for so long, instead of refused

    friend bool operator==(const Rate&, const Rate&) = default;
};

/// A candidate policy, played beside the live one; none: as the live one.
struct Shadow {
    std::optional<Limit> limit;
    std::optional<Queue> queue;

    friend bool operator==(const Shadow&, const Shadow&) = default;
};

struct Limiter {
    Limit limit;
    Queue queue;
    Priority priority;
    Tenant tenant;
    std::optional<Rate> rate;      // none: off
    std::optional<Shadow> shadow;  // likewise
    std::uint32_t status = 503;    // or 429

    friend bool operator==(const Limiter&, const Limiter&) = default;
};

/// What a request of a route costs.
struct Cost {
    enum class Per { request, byte, pixel };
    Per per = Per::request;
    std::uint64_t number = 1;  // units; with the others: bytes or pixels for each unit

    friend bool operator==(const Cost&, const Cost&) = default;
};

struct Route {
    std::string path;
    std::vector<std::string> methods;
    std::string handler;
    std::string limiter;
    std::string pool;  // "": none (a handler that runs on the loop)
    std::uint32_t uploads_max = 1024;
    std::uint64_t body_bytes_max = 10ULL << 20;
    Millis deadline{5000};
    std::uint32_t priority = 3;  // 0: the most urgent
    Cost cost;
    std::optional<Rate> rate;  // none: off

    friend bool operator==(const Route&, const Route&) = default;
};

struct Resize {
    std::uint64_t pixels_max = 50'000'000;
    std::uint64_t output_pixels_max = 50'000'000;

    friend bool operator==(const Resize&, const Resize&) = default;
};

struct Log {
    std::string level = "info";     // trace|debug|info|warn|error|off
    std::string format = "text";    // text|json
    std::string access = "errors";  // all|errors|off
    std::uint32_t queue = 8192;

    friend bool operator==(const Log&, const Log&) = default;
};

struct Config {
    Server server;
    Control control;
    Drain drain;
    std::map<std::string, Pool> pools;
    std::map<std::string, Limiter> limiters;
    std::vector<Route> routes;
    Resize resize;
    Log log;

    /// The defaults of the service: pools cpu and drill, limiters and routes resize and drill.
    [[nodiscard]] static Config defaults();

    friend bool operator==(const Config&, const Config&) = default;
};

/// What `auto` is resolved against.
struct Machine {
    std::uint32_t cpus = 1;          // CPUs this process may use (affinity and cgroup quota)
    std::uint64_t memory_bytes = 0;  // memory limit (cgroup), 0: none known
};

/// The pool with its `auto` replaced: workers = CPUs, queue = 2 x workers.
[[nodiscard]] Pool resolve_pool(const Pool& pool, const Machine& machine);

/// What a quota amounts to, `auto` replaced.
[[nodiscard]] core::RateOptions resolve_rate(const Rate& rate);

/// The limit with the `auto` of its bounds replaced: value and initial = workers, max = an equal
/// part of workers + queue for each of the pool's limiters. `pool` is resolved.
[[nodiscard]] Limit resolve_limit(const Limit& limit, const Pool& pool, std::size_t limiters);

/// What a resolved limit may grow to.
[[nodiscard]] std::uint32_t largest(const Limit& resolved);

/// A copy in which no `auto` is left but for parameters of algorithms, and no limiter or pool that
/// no route uses exists.
[[nodiscard]] Config resolve(const Config& config, const Machine& machine);

/// Some request of the limiter may cost more than one unit, so that its limit says nothing about
/// how many requests are in work.
[[nodiscard]] bool is_weighted(const Config& config, const std::string& limiter);

/// How many requests of the limiter may be in work, whatever they cost: an equal part of what the
/// limits of its pool leave of workers + queue. Pre: `config` is resolved, the limiter weighted.
[[nodiscard]] std::uint32_t places(const Config& config, const std::string& limiter);

}  // namespace spillway::config
