// What is wrong with a configuration: YAML in, the one line out that an operator gets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "config/helpers.hpp"

namespace spillway::config {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::StartsWith;

struct Case {
    std::string yaml;
    std::string problem;

    friend void PrintTo(const Case& c, std::ostream* out) { *out << c.yaml; }
};

class OneProblem : public ::testing::TestWithParam<Case> {};

TEST_P(OneProblem, is_reported_with_its_place) {
    EXPECT_THAT(lines(load_yaml(GetParam().yaml)), ElementsAre(StartsWith(GetParam().problem)))
        << GetParam().yaml;
}

INSTANTIATE_TEST_SUITE_P(
    document, OneProblem,
    ::testing::Values(
        Case{"a: [1\n", "f:2:1: not valid YAML: "}, Case{"a: b: c\n", "f:1:5: not valid YAML: "},
        Case{"a: *x\n", "f:1:4: not valid YAML: "},
        Case{"[server]\n", "f:1:1: expected a map of sections at the top, got a list (allowed: "},
        Case{"server\n", "f:1:1: expected a map of sections at the top, got a single value"},
        Case{"log: {}\n---\nlog: {}\n", "f:2:1: a second document, or something left over"},
        Case{"log: {}}\n", "f:1:8: not valid YAML: illegal flow end"},
        Case{", a\n", "f:1:1: a second document, or something left over after the end"},
        Case{"log:\n  level: info\n  level: warn\n",
             "f:3:3: log.level: duplicate key (first in line 2)"},
        Case{"log: {}\nlog: {}\n", "f:2:1: log: duplicate key (first in line 1)"},
        Case{"? [a, b]\n: 1\n", "f:1:3: a key must be a plain word"},
        Case{"log: {level: !!str info}\n", "f:1:14: log.level: tags are not used here"},
        Case{"log: &a {level: *a}\n",
             "f:1:1: is too large or refers to itself (allowed: 20000 values, 32 levels)"}));

INSTANTIATE_TEST_SUITE_P(
    keys, OneProblem,
    ::testing::Values(
        Case{"sever: {}\n",
             "f:1:1: sever: unknown key, did you mean server? (allowed: server, control, "},
        Case{"server:\n  lisen: [\"0.0.0.0:1\"]\n",
             "f:2:3: server.lisen: unknown key, did you mean listen? (allowed: listen, shards, "},
        Case{"server: {colour: red}\n", "f:1:10: server.colour: unknown key (allowed: listen, "},
        Case{"pools: {cpu: {worker: 2}}\n",
             "f:1:15: pools.cpu.worker: unknown key, did you mean workers? (allowed: workers, "
             "queue)"},
        Case{"routes:\n  - {path: /a, methods: [GET], handler: drill, limiter: drill, "
             "pool: drill, deadlin: 1s}\n",
             "f:2:77: routes.0.deadlin: unknown key, did you mean deadline?"},
        Case{"log: {<<: {level: info}}\n", "f:1:7: log.<<: unknown key"},
        Case{"log: info\n", "f:1:6: log: expected a map, got a single value (allowed: level, "},
        Case{"pools: [cpu]\n",
             "f:1:8: pools: expected a map, got a list (allowed: a map under each name)"},
        Case{"routes: {path: /a}\n",
             "f:1:9: routes: expected a list, got a map (allowed: a list of 0..256 maps)"},
        Case{"routes:\n", "f:1:1: routes: is empty (allowed: "},
        Case{"routes: [{path: /a, methods: [GET], limiter: drill, pool: drill}]\n",
             "f:1:10: routes.0.handler: is missing (it has no default)"},
        Case{"pools: {2nd: {}}\n", "f:1:9: pools.2nd: is not a name (allowed: up to 256 names"},
        Case{"limiters: {a.b: {}}\n", "f:1:12: limiters.a.b: is not a name"}));

INSTANTIATE_TEST_SUITE_P(
    values, OneProblem,
    ::testing::Values(
        Case{"server: {shards: 0}\n",
             "f:1:18: server.shards: \"0\" is out of range (allowed: 1..256 or auto)"},
        Case{"server: {shards: many}\n",
             "f:1:18: server.shards: \"many\" is not a whole number (allowed: 1..256 or auto)"},
        Case{"server: {shards: \"4\"}\n",
             "f:1:18: server.shards: \"4\" is text, not a number: leave the quotes out (allowed: "},
        Case{"server: {shards: -1}\n", "f:1:18: server.shards: \"-1\" is not a whole number"},
        Case{"server: {shards: 1.5}\n", "f:1:18: server.shards: \"1.5\" is not a whole number"},
        Case{"server: {shards: [1]}\n",
             "f:1:18: server.shards: expected a whole number, got a list (allowed: "},
        Case{
            "server: {max_connections: auto}\n",
            "f:1:27: server.max_connections: \"auto\" is not a whole number (allowed: 1..1000000)"},
        Case{"server:\n  max_connections:\n  shards: 1\n",
             "f:2:3: server.max_connections: is empty (allowed: 1..1000000)"},
        Case{"server: {max_connections: 99999999999999999999}\n",
             "f:1:27: server.max_connections: \"99999999999999999999\" is not a whole number"},
        Case{"server: {header_bytes_max: 1023}\n",
             "f:1:28: server.header_bytes_max: \"1023\" is out of range (allowed: 1KiB..1MiB)"},
        Case{"server: {header_bytes_max: 16KB}\n",
             "f:1:28: server.header_bytes_max: \"16KB\" is not a size such as 16KiB, 10MiB or 4096 "
             "(allowed: 1KiB..1MiB)"},
        Case{"server: {idle_timeout: 60}\n",
             "f:1:24: server.idle_timeout: \"60\" is not a duration such as 200ms, 5s, 1m or 0s "
             "(allowed: 1ms..24h)"},
        Case{"server: {idle_timeout: 0s}\n",
             "f:1:24: server.idle_timeout: \"0s\" is out of range (allowed: 1ms..24h)"},
        Case{"drain: {timeout: 25h}\n",
             "f:1:18: drain.timeout: \"25h\" is out of range (allowed: 0s..24h)"},
        Case{"server: {half_close: yes}\n",
             "f:1:22: server.half_close: expected true or false, got \"yes\" (allowed: true, "},
        Case{"server: {handover: spillway.sock}\n",
             "f:1:20: server.handover: \"spillway.sock\" is not absolute (allowed: an absolute"},
        Case{"server: {half_close: \"true\"}\n", "f:1:22: server.half_close: expected true or"},
        Case{"log: {level: inof}\n",
             "f:1:14: log.level: \"inof\" is not known, did you mean info? (allowed: trace, debug, "
             "info, warn, error, off)"},
        Case{"log: {format: xml}\n", "f:1:15: log.format: \"xml\" is not known (allowed: text, "},
        Case{"log: {queue: 0}\n", "f:1:14: log.queue: \"0\" is out of range (allowed: 1..1000000)"},
        Case{"limiters: {resize: {status: 500}}\n",
             "f:1:29: limiters.resize.status: \"500\" is not allowed (allowed: 503, 429)"},
        Case{"limiters: {resize: {queue: {wait_timeout: 0s}}}\n",
             "f:1:43: limiters.resize.queue.wait_timeout: \"0s\" is out of range (allowed: "
             "1ms..24h)"},
        Case{"pools: {cpu: {queue: 0}}\n",
             "f:1:22: pools.cpu.queue: \"0\" is out of range (allowed: 1..1000000 or auto)"},
        Case{"resize: {pixels_max: 5e7}\n", "f:1:22: resize.pixels_max: \"5e7\" is not a whole"}));

INSTANTIATE_TEST_SUITE_P(
    addresses, OneProblem,
    ::testing::Values(
        Case{
            "server: {listen: \"0.0.0.0:80\"}\n",
            "f:1:18: server.listen: expected a list, got a single value (allowed: list of 1..16: "},
        Case{"server: {listen: []}\n", "f:1:18: server.listen: has 0 entries (allowed: list of 1"},
        Case{"server: {listen: [\"0.0.0.0\"]}\n",
             "f:1:19: server.listen.0: \"0.0.0.0\" is not an address with a port (allowed: "
             "host:port or [v6]:port, port 0..65535)"},
        Case{"server: {listen: [\"0.0.0.0:65536\"]}\n", "f:1:19: server.listen.0: "},
        Case{"server: {listen: [\"1.2.3:80\"]}\n", "f:1:19: server.listen.0: "},
        Case{"server: {listen: [\"::1:80\"]}\n", "f:1:19: server.listen.0: "},
        Case{"server: {listen: [\"a:1\", \"b:1\", \"a:1\"]}\n",
             "f:1:33: server.listen.2: a:1 is listed twice (allowed: once)"},
        Case{"server: {listen: [\"[::1]:80\", \"[0::1]:80\"]}\n",
             "f:1:31: server.listen.1: [0::1]:80 is the address of server.listen.0 too (allowed: "
             "another port, or 0 for any free one)"},
        Case{"control: {listen: \"127.0.0.1:8080\"}\n",
             "f:1:19: control.listen: 127.0.0.1:8080 is the address of server.listen.0 too"},
        Case{"server: {listen: [\"127.0.0.1:8081\"]}\n",
             "f:1:19: server.listen.0: 127.0.0.1:8081 is the address of control.listen too"},
        Case{"control: {listen: 8081}\n", "f:1:19: control.listen: \"8081\" is not an address"},
        Case{"control: {public: [healthz, dashboard]}\n",
             "f:1:29: control.public.1: \"dashboard\" is not known (allowed: healthz, readyz, "},
        Case{"server: {trusted_proxies: [\"10.0.0.1\"]}\n",
             "f:1:28: server.trusted_proxies.0: \"10.0.0.1\" is not a CIDR block (allowed: "
             "ADDRESS/BITS, such as 10.0.0.0/8 or fd00::/8)"},
        Case{"server: {trusted_proxies: [\"10.0.0.0/33\"]}\n",
             "f:1:28: server.trusted_proxies.0: "},
        Case{"server: {trusted_proxies: [\"10.0/8\"]}\n", "f:1:28: server.trusted_proxies.0: "}));

INSTANTIATE_TEST_SUITE_P(
    limits, OneProblem,
    ::testing::Values(
        Case{"limiters: {resize: {limit: {algorithm: vega}}}\n",
             "f:1:40: limiters.resize.limit.algorithm: \"vega\" is not known, did you mean vegas? "
             "(allowed: fixed, aimd, vegas, gradient2, gradient, gradient_minrtt, slo)"},
        Case{"limiters: {resize: {limit: {algorithm: vegas, alhpa: 3}}}\n",
             "f:1:47: limiters.resize.limit.alhpa: unknown key, did you mean alpha? (allowed: "},
        Case{"limiters: {resize: {limit: {max: 20}}}\n",
             "f:1:34: limiters.resize.limit.max: is not a parameter of fixed (allowed: value)"},
        Case{"limiters: {resize: {limit: {algorithm: slo, value: 4}}}\n",
             "f:1:52: limiters.resize.limit.value: is not a parameter of slo (allowed: min, max, "
             "initial, target, of, quantile, margin, growth, shrink_min, window, cures)"},
        Case{"limiters: {resize: {limit: {algorithm: aimd, cures: {enabled: false}, smoothing: "
             "0.5}}}\n",
             "f:1:82: limiters.resize.limit.smoothing: is not a parameter of aimd (allowed: min, "
             "max, initial, backoff_ratio, timeout, window, cures)"},
        Case{"limiters: {resize: {limit: {window: {window_size: 5}}}}\n",
             "f:1:37: limiters.resize.limit.window: is not a parameter of fixed"},
        Case{"limiters: {resize: {limit: {algorithm: aimd, backoff_ratio: 1.5}}}\n",
             "f:1:61: limiters.resize.limit.backoff_ratio: \"1.5\" is out of range (allowed: "
             "0.01..1 or auto)"},
        Case{"limiters: {resize: {limit: {algorithm: gradient2, smoothing: x}}}\n",
             "f:1:62: limiters.resize.limit.smoothing: \"x\" is not a number (allowed: "},
        Case{"limiters: {resize: {limit: {algorithm: slo, target: 100}}}\n",
             "f:1:53: limiters.resize.limit.target: \"100\" is not a duration such as"},
        Case{"limiters: {resize: {limit: {algorithm: vegas, min: 9, max: 5}}}\n",
             "f:1:52: limiters.resize.limit.min: min 9 is above max 5 (allowed: min at most max)"},
        Case{"limiters: {resize: {limit: {algorithm: vegas, min: 20}}}\n",
             "f:1:52: limiters.resize.limit.min: min 20 is above max 12 (allowed: "},
        Case{
            "limiters: {resize: {limit: {algorithm: vegas, initial: 13}}}\n",
            "f:1:56: limiters.resize.limit.initial: initial 13 is not within min and max (allowed: "
            "1..12)"},
        Case{
            "limiters: {resize: {limit: {algorithm: vegas, max: 13}}}\n",
            "f:1:52: limiters.resize.limit.max: the limits on pool cpu sum to 13 (resize 13), more "
            "than it takes (allowed: at most workers 4 + queue 8 = 12)"},
        Case{"limiters: {resize: {limit: {algorithm: vegas, window: {min_window: 2s}}}}\n",
             "f:1:68: limiters.resize.limit.window.min_window: is above max_window (allowed: "},
        Case{"limiters: {resize: {limit: {algorithm: slo, window: {percentile: 0.9}}}}\n",
             "f:1:66: limiters.resize.limit.window.percentile: is not looked at by slo (allowed: "
             "quantile instead)"}));

INSTANTIATE_TEST_SUITE_P(
    quotas, OneProblem,
    ::testing::Values(
        Case{"limiters: {resize: {rate: {rate: 5, per: caller}}}\n",
             "f:1:42: limiters.resize.rate.per: \"caller\" is not known (allowed: tenant, all)"},
        Case{"limiters: {resize: {rate: {rate: 1.5}}}\n",
             "f:1:34: limiters.resize.rate.rate: \"1.5\" is not a whole number (allowed: "
             "1..1000000000)"},
        Case{"limiters: {resize: {rate: {burst: 5}}}\n",
             "f:1:27: limiters.resize.rate.rate: is missing (it has no default)"},
        Case{"limiters: {resize: {rate: {rate: 5, burst: 0}}}\n",
             "f:1:44: limiters.resize.rate.burst: \"0\" is out of range (allowed: 1..1000000000 or "
             "auto)"},
        Case{"limiters: {resize: {rate: {rate: 5, period: 0s}}}\n",
             "f:1:45: limiters.resize.rate.period: \"0s\" is out of range (allowed: 1ms..24h)"},
        Case{"limiters: {resize: {rate: {rate: 5, delay_max: 2h}}}\n",
             "f:1:48: limiters.resize.rate.delay_max: \"2h\" is out of range (allowed: 0s..1h)"},
        Case{"limiters: {resize: {rate: {rate: 1000000000, period: 1ms}}}\n",
             "f:1:34: limiters.resize.rate.rate: is out of range (allowed: rate must be at most "
             "one unit a nanosecond)"},
        Case{"limiters: {resize: {rate: {rate: 1, period: 1h, burst: 30000}}}\n",
             "f:1:56: limiters.resize.rate.burst: is out of range (allowed: burst must be at most "
             "what the rate gives in 2 years)"},
        Case{"limiters: {resize: {rate: 100}}\n",
             "f:1:27: limiters.resize.rate: expected a map, got a single value (allowed: per, "},
        Case{"limiters: {resize: {tenant: {key: \"header:\"}}}\n",
             "f:1:35: limiters.resize.tenant.key: \"header:\" has no name of a header field "
             "(allowed: ip, header:NAME)"},
        Case{"routes: [{path: /a, methods: [GET], handler: drill, limiter: drill, pool: drill, "
             "rate: {rate: 1, perod: 1s}}]\n",
             "f:1:98: routes.0.rate.perod: unknown key, did you mean period? (allowed: per, "
             "rate, "}));

INSTANTIATE_TEST_SUITE_P(
    the_control_listener, OneProblem,
    ::testing::Values(
        Case{"control: {token_file: /nowhere/token}\n",
             "f:1:23: control.token_file: /nowhere/token cannot be read"},
        Case{"control: {token_file: /dev/null}\n",
             "f:1:23: control.token_file: /dev/null does not hold a token (allowed: one word of "},
        Case{"control: {hosts: [a, \"b:8081\"]}\n", "f:1:22: control.hosts.1: "},
        Case{"control: {hosts: [10.0.0.1]}\n", "f:1:19: control.hosts.0: "}));

INSTANTIATE_TEST_SUITE_P(
    tls, OneProblem,
    ::testing::Values(
        Case{"server: {tls: {key: a}}\n", "f:1:15: server.tls.certificate: is missing"},
        Case{"control: {tls: {certificate: a}}\n", "f:1:16: control.tls.key: is missing"},
        Case{"server: {tls: {certificate: a, key: \"\"}}\n",
             "f:1:37: server.tls.key: \"\" is no file's name"},
        Case{"server: {tls: {certificate: a, key: b, handshakes_max: 0}}\n",
             "f:1:56: server.tls.handshakes_max: \"0\" is out of range"},
        Case{"server: {tls: on}\n", "f:1:15: server.tls: "}));

INSTANTIATE_TEST_SUITE_P(
    shadows, OneProblem,
    ::testing::Values(
        Case{"limiters: {resize: {shadow: on}}\n", "f:1:29: limiters.resize.shadow: "},
        Case{"limiters: {resize: {shadow: {lmit: live}}}\n",
             "f:1:30: limiters.resize.shadow.lmit: unknown key, did you mean limit?"},
        Case{"limiters: {resize: {shadow: {limit: {algorithm: vega}}}}\n",
             "f:1:49: limiters.resize.shadow.limit.algorithm: "},
        Case{"limiters: {resize: {shadow: {limit: {algorithm: vegas, target: 1s}}}}\n",
             "f:1:64: limiters.resize.shadow.limit.target: is not a parameter of vegas"},
        Case{"limiters: {resize: {shadow: {limit: {algorithm: vegas, min: 9, max: 3}}}}\n",
             "f:1:61: limiters.resize.shadow.limit.min: min 9 is above max 3 (allowed: min at most "
             "max)"},
        Case{"limiters: {resize: {shadow: {queue: {capacity: -1}}}}\n",
             "f:1:48: limiters.resize.shadow.queue.capacity: "},
        Case{"limiters: {resize: {shadow: {queue: {watermarks: {high: 2, low: 5}}}}}\n",
             "f:1:65: limiters.resize.shadow.queue.watermarks.low: low 5 is above high 2 "
             "(allowed: low at most high)"},
        Case{"limiters: {resize: {shadow: {queue: {codel: {target: 1s, interval: 1s}}}}}\n",
             "f:1:54: limiters.resize.shadow.queue.codel.target: target 1s is not below interval "
             "1s (allowed: target below interval)"}));

INSTANTIATE_TEST_SUITE_P(
    queues, OneProblem,
    ::testing::Values(
        Case{"limiters: {resize: {queue: {discipline: filo}}}\n",
             "f:1:41: limiters.resize.queue.discipline: \"filo\" is not known"},
        Case{"limiters: {resize: {queue: {codel: 5ms}}}\n",
             "f:1:36: limiters.resize.queue.codel: expected a map, got"},
        Case{"limiters: {resize: {queue: {codel: {traget: 5ms}}}}\n",
             "f:1:37: limiters.resize.queue.codel.traget: unknown key"},
        Case{"limiters: {resize: {queue: {codel: {target: 2s, interval: 1s}}}}\n",
             "f:1:45: limiters.resize.queue.codel.target: target 2s is not below interval 1s "
             "(allowed: target below interval)"},
        Case{"limiters: {resize: {queue: {watermarks: {high: 9}}}}\n",
             "f:1:41: limiters.resize.queue.watermarks.low: is missing"},
        Case{"limiters: {resize: {queue: {watermarks: {high: 9, low: 10}}}}\n",
             "f:1:56: limiters.resize.queue.watermarks.low: low 10 is above high 9 (allowed: "
             "low at most high)"},
        Case{"limiters: {resize: {priority: {from: \"header:\"}}}\n",
             "f:1:38: limiters.resize.priority.from: \"header:\" has no name of a header field "
             "(allowed: route, rfc9218, header:NAME)"},
        Case{"limiters: {resize: {priority: {bands: 9}}}\n",
             "f:1:39: limiters.resize.priority.bands: \"9\" is out of range (allowed: 1..8)"},
        Case{"limiters: {resize: {priority: {bands: 8, floor: 0.15}}}\n",
             "f:1:49: limiters.resize.priority.floor: the floors of 7 bands leave nothing"},
        Case{
            "limiters: {resize: {tenant: {queues: 3}}}\n",
            "f:1:38: limiters.resize.tenant.queues: hand 4 is more than queues 3 (allowed: hand at "
            "most queues)"},
        Case{"limiters: {resize: {tenant: {shares: {gold: 1}}}}\n",
             "f:1:39: limiters.resize.tenant.shares.gold: is not an address, and the key is ip"},
        Case{"limiters: {resize: {tenant: {key: \"header:T\", shares: {other: 1}}}}\n",
             "f:1:56: limiters.resize.tenant.shares.other: is not a tenant's name"},
        Case{
            "limiters: {resize: {tenant: {key: \"header:T\", shares: {a: 0}}}}\n",
            "f:1:59: limiters.resize.tenant.shares.a: \"0\" is out of range (allowed: 1..65536)"}));

INSTANTIATE_TEST_SUITE_P(
    costs, OneProblem,
    ::testing::Values(
        Case{"routes: [{path: /a, methods: [GET], handler: drill, limiter: drill, pool: drill, "
             "cost: 0}]\n",
             "f:1:88: routes.0.cost: \"0\" is out of range"},
        Case{"routes: [{path: /a, methods: [GET], handler: drill, limiter: drill, pool: drill, "
             "cost: {per_byte: 1}}]\n",
             "f:1:88: routes.0.cost: unknown key per_byte, did you mean"},
        Case{"routes: [{path: /a, methods: [GET], handler: drill, limiter: drill, pool: drill, "
             "cost: {per_bytes: 1, per_pixels: 1}}]\n",
             "f:1:88: routes.0.cost: expected one key (allowed: 1..2097151, {per_bytes: "},
        Case{"routes: [{path: /a, methods: [GET], handler: drill, limiter: drill, pool: drill, "
             "cost: {per_pixels: 1000}}]\n",
             "f:1:88: routes.0.cost: the handler drill reads no image"},
        Case{"routes: [{path: /a, methods: [GET], handler: drill, limiter: drill, pool: drill, "
             "priority: 8}]\n",
             "f:1:92: routes.0.priority: \"8\" is out of range (allowed: 0..7)"}));

}  // namespace spillway::config
