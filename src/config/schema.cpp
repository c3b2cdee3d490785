#include "config/schema.hpp"

#include <chrono>

#include "config/address.hpp"
#include "config/claim_rules.hpp"
#include "config/limit_schema.hpp"
#include "config/section.hpp"
#include "config/words.hpp"

namespace spillway::config {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::uint64_t KiB = 1ULL << 10;
constexpr std::uint64_t MiB = 1ULL << 20;
constexpr std::uint64_t GiB = 1ULL << 30;
constexpr std::uint64_t TiB = 1ULL << 40;

/// A time limit of 0 would refuse everything, so the range begins at 1 ms.
Rule<Millis> timeout() { return duration(milliseconds{1}, hours{24}); }

/// A time that may well be nothing.
Rule<Millis> pause() { return duration(milliseconds{0}, hours{24}); }

Rule<std::string> endpoint() {
    return text("host:port or [v6]:port, port 0..65535", [](std::string_view value) {
        return parse_endpoint(value) ? "" : "is not an address with a port";
    });
}

Rule<std::string> endpoint_or_off() {
    return text("host:port, [v6]:port, or \"\" for off", [](std::string_view value) {
        return value.empty() || parse_endpoint(value) ? "" : "is not an address with a port";
    });
}

Rule<std::string> socket_path_or_off() {
    constexpr std::size_t bytes_max =
        90;  // the system's 107, less room for a name while it is made
    return text("an absolute path of at most 90 bytes, or \"\" for off",
                [](std::string_view value) {
                    if (value.empty()) return "";
                    if (value.front() != '/') return "is not absolute";
                    return value.size() > bytes_max ? "is too long" : "";
                });
}

Rule<std::string> host_name() {
    return text("a host name, without a port", [](std::string_view value) {
        return is_host_name(value) ? "" : "is not a host name";
    });
}

Rule<std::string> file_or_none() {
    return text("the path of a file, or \"\" for none", [](std::string_view) { return ""; });
}

Rule<std::string> cidr() {
    return text("ADDRESS/BITS, such as 10.0.0.0/8 or fd00::/8",
                [](std::string_view value) { return is_cidr(value) ? "" : "is not a CIDR block"; });
}

Rule<std::string> file_name() {
    return text("the name of a PEM file", [](std::string_view value) {
        return value.empty() || value.find('\0') != std::string_view::npos ? "is no file's name"
                                                                           : "";
    });
}

Rule<std::string> reference(std::string to) {
    return text("the name of one of the " + to, [](std::string_view) { return ""; });
}

Rule<std::string> route_path() {
    return text("begins with /, at most 1024 visible characters, none of ? # % \" \\ < > { }",
                [](std::string_view value) { return wrong_with_path(value); });
}

}  // namespace

template <>
const Table<Tls>& table<Tls>() {
    static const Table<Tls> tls{{required(key("certificate", &Tls::certificate, file_name())),
                                 required(key("key", &Tls::key, file_name())),
                                 key("handshakes_max", &Tls::handshakes_max, count(1, 100'000))}};
    return tls;
}

template <>
const Table<Server>& table<Server>() {
    static const Table<Server> server{
        {key("listen", &Server::listen, {endpoint(), 1, 16}),
         key("shards", &Server::shards, or_auto(count(1, 256))),
         key("max_connections", &Server::max_connections, count(1, 1'000'000)),
         key("max_connections_per_ip", &Server::max_connections_per_ip, count(0, 1'000'000)),
         key("header_bytes_max", &Server::header_bytes_max, size(KiB, MiB)),
         key("header_timeout", &Server::header_timeout, timeout()),
         key("body_timeout", &Server::body_timeout, timeout()),
         key("body_rate_min", &Server::body_rate_min, size(0, GiB)),
         key("idle_timeout", &Server::idle_timeout, timeout()),
         key("write_timeout", &Server::write_timeout, timeout()),
         key("body_memory_max", &Server::body_memory_max, size(KiB, TiB)),
         key("response_memory_max", &Server::response_memory_max, size(KiB, TiB)),
         key("trusted_proxies", &Server::trusted_proxies, {cidr(), 0, 256}),
         key("half_close", &Server::half_close, flag()), section_or_off("tls", &Server::tls),
         key("handover", &Server::handover, socket_path_or_off())}};
    return server;
}

template <>
const Table<Control>& table<Control>() {
    static const Table<Control> control{
        {key("listen", &Control::listen, endpoint_or_off()),
         key("public", &Control::public_pages, {one_of(public_pages()), 0, 3}),
         key("explain", &Control::explain, count(0, 65536)),
         key("hosts", &Control::hosts, {host_name(), 0, 64}),
         key("token_file", &Control::token_file, file_or_none()),
         section_or_off("tls", &Control::tls)}};
    return control;
}

template <>
const Table<Drain>& table<Drain>() {
    static const Table<Drain> drain{{key("lame_duck", &Drain::lame_duck, pause()),
                                     key("idle_grace", &Drain::idle_grace, pause()),
                                     key("timeout", &Drain::timeout, pause())}};
    return drain;
}

template <>
const Table<Pool>& table<Pool>() {
    // A queue of at least 1: every job passes through it on its way to a worker.
    static const Table<Pool> pool{{key("workers", &Pool::workers, or_auto(count(1, 4096))),
                                   key("queue", &Pool::queue, or_auto(count(1, 1'000'000)))}};
    return pool;
}

template <>
const Table<Codel>& table<Codel>() {
    static const Table<Codel> codel{{key("target", &Codel::target, or_auto(timeout())),
                                     key("interval", &Codel::interval, or_auto(timeout()))}};
    return codel;
}

template <>
const Table<Watermarks>& table<Watermarks>() {
    static const Table<Watermarks> marks{
        {required(key("high", &Watermarks::high, count(1, 1'000'000))),
         required(key("low", &Watermarks::low, count(1, 1'000'000)))}};
    return marks;
}

template <>
const Table<Queue>& table<Queue>() {
    static const Table<Queue> queue{{key("capacity", &Queue::capacity, count(0, 1'000'000)),
                                     key("wait_timeout", &Queue::wait_timeout, timeout()),
                                     key("discipline", &Queue::discipline, one_of(disciplines())),
                                     section_or_off("codel", &Queue::codel),
                                     section_or_off("watermarks", &Queue::watermarks)}};
    return queue;
}

template <>
const Table<Priority>& table<Priority>() {
    static const Table<Priority> priority{
        {key("from", &Priority::from, word_or_header({"route", "rfc9218"})),
         key("bands", &Priority::bands, count(1, 8)),
         key("floor", &Priority::floor, decimal(0, 0.999))}};
    return priority;
}

template <>
const Table<Tenant>& table<Tenant>() {
    static const Table<Tenant> tenant{
        {key("key", &Tenant::key, word_or_header({"ip"})),
         key("queues", &Tenant::queues, count(1, 1024)), key("hand", &Tenant::hand, count(1, 8)),
         named_values("shares", &Tenant::shares, count(1, 65'536), check_tenants)}};
    return tenant;
}

template <>
const Table<Rate>& table<Rate>() {
    static const Table<Rate> rate{
        {key("per", &Rate::per, one_of({"tenant", "all"})),
         required(key("rate", &Rate::rate, count(1, 1'000'000'000))),
         key("period", &Rate::period, timeout()),
         key("burst", &Rate::burst, or_auto(count(1, 1'000'000'000))),
         key("delay_max", &Rate::delay_max, duration(milliseconds{0}, hours{1}))}};
    return rate;
}

template <>
const Table<Shadow>& table<Shadow>() {
    static const Table<Shadow> shadow{
        {section_or_live("limit", &Shadow::limit), section_or_live("queue", &Shadow::queue)}};
    return shadow;
}

template <>
const Table<Limiter>& table<Limiter>() {
    static const Table<Limiter> limiter{
        {section("limit", &Limiter::limit), section("queue", &Limiter::queue),
         section("priority", &Limiter::priority), section("tenant", &Limiter::tenant),
         section_or_off("rate", &Limiter::rate), section_or_off("shadow", &Limiter::shadow),
         key("status", &Limiter::status, one_number_of({503, 429}))}};
    return limiter;
}

template <>
const Table<Route>& table<Route>() {
    static const Table<Route> route{
        {required(key("path", &Route::path, route_path())),
         required(key("methods", &Route::methods, {one_of(methods()), 1, methods().size()})),
         required(key("handler", &Route::handler, one_of(handlers()))),
         required(key("limiter", &Route::limiter, reference("limiters"))),
         key("pool", &Route::pool, reference("pools")),
         key("uploads_max", &Route::uploads_max, count(1, 1'000'000)),
         key("body_bytes_max", &Route::body_bytes_max, size(0, TiB)),
         key("deadline", &Route::deadline, timeout()),
         key("priority", &Route::priority, count(0, 7)), key("cost", &Route::cost, cost()),
         section_or_off("rate", &Route::rate)}};
    return route;
}

template <>
const Table<Resize>& table<Resize>() {
    static const Table<Resize> resize{
        {key("pixels_max", &Resize::pixels_max, long_count(1, 10'000'000'000)),
         key("output_pixels_max", &Resize::output_pixels_max, long_count(1, 10'000'000'000))}};
    return resize;
}

template <>
const Table<Log>& table<Log>() {
    static const Table<Log> log{
        {key("level", &Log::level, one_of({"trace", "debug", "info", "warn", "error", "off"})),
         key("format", &Log::format, one_of({"text", "json"})),
         key("access", &Log::access, one_of({"all", "errors", "off"})),
         key("queue", &Log::queue, count(1, 1'000'000))}};
    return log;
}

template <>
const Table<Config>& table<Config>() {
    static const Table<Config> config{
        {section("server", &Config::server), section("control", &Config::control),
         section("drain", &Config::drain), named_sections("pools", &Config::pools),
         named_sections("limiters", &Config::limiters),
         section_list("routes", &Config::routes, 256), section("resize", &Config::resize),
         section("log", &Config::log)}};
    return config;
}

void read_config(const Value& tree, Config& config, Problems& problems) {
    read_section(tree, "", config, problems);
}

Value write_config(const Config& config) { return write_section(config); }

std::vector<KeyInfo> all_keys() {
    std::vector<KeyInfo> keys;
    describe_section<Config>("", keys);
    return keys;
}

}  // namespace spillway::config
