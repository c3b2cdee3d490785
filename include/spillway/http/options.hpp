#pragma once
// What a server may be told. Plain values; who reads YAML fills them in.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "spillway/core/time.hpp"
#include "spillway/tls/context.hpp"

namespace spillway::http {

/// Whether a listener speaks TLS. That itself cannot change while it listens, the pair can: new
/// handshakes use the new one.
struct TlsOptions {
    tls::Context::Ptr context{};  // none: no TLS
    /// At a time, divided among the shards, at least one each. Further ones wait for a place, for
    /// `header_timeout` at most.
    std::uint32_t handshakes_max = 256;
};

/// What the control listener asks of those who are not content to read.
struct ControlAccess {
    std::vector<std::string> hosts{};  // it goes by these, beside localhost and any address
    std::string token{};               // for what changes state; "": none
};

struct ServerOptions {
    std::vector<std::string> listen{};  // host:port or [v6]:port; port 0 takes a free one
    std::string control_listen{};       // "": none
    TlsOptions tls{};                   // of `listen`
    TlsOptions control_tls{};
    ControlAccess control_access{};

    std::uint32_t connections_max = 10000;       // public ones, over all shards
    std::uint32_t connections_per_ip_max = 0;    // 0: no cap
    std::uint32_t control_connections_max = 64;  // the control lane's own reserve
    std::size_t header_bytes_max = 16 * 1024;
    std::size_t target_bytes_max = 8 * 1024;
    core::Duration header_timeout = std::chrono::seconds(5);
    core::Duration body_timeout = std::chrono::seconds(30);
    std::uint64_t body_rate_min = 1024;  // bytes per second, once body_rate_grace has passed
    core::Duration body_rate_grace = std::chrono::seconds(5);
    core::Duration idle_timeout = std::chrono::seconds(60);
    core::Duration write_timeout = std::chrono::seconds(30);
    std::uint64_t body_memory_max = 256ULL << 20;
    std::uint64_t response_memory_max = 256ULL << 20;
    std::vector<std::string> trusted_proxies{};  // CIDRs
    bool half_close = false;
    /// Requests that each shard can explain afterwards: so many that were refused at once, and as
    /// many that came further. 480 bytes a pair; 0: none.
    std::uint32_t explain_records = 4096;

    /// After a refusal, up to this much of an unread body is read and thrown away to keep the
    /// connection; more than that closes it.
    std::uint64_t discard_bytes_max = 256 * 1024;
    /// A connection that is closed with the peer still sending is read on for at most this much and
    /// this long, so that the reply is not lost to a reset.
    std::uint64_t linger_bytes_max = 16ULL << 20;
    core::Duration linger_timeout = std::chrono::seconds(2);
};

/// Who a request's tenant is: for fair queues, shares and quotas.
struct TenantOptions {
    enum class From : std::uint8_t {
        nobody,
        header,   // the value of `header`
        address,  // the client's; IPv6 by /64
    };

    From from = From::nobody;
    std::string header{};
    std::vector<std::string> shares{};  // names of those with one: its index there is theirs here
};

/// What requests of a route claim when they ask for a permit: a band and a cost. By default nothing
/// of the kind, at no cost.
struct ClaimOptions {
    enum class BandFrom : std::uint8_t {
        route,
        header,   // a number in `band_header`
        rfc9218,  // the urgency of Priority
    };
    enum class CostPer : std::uint8_t { request, byte, pixel };

    std::uint32_t bands = 1;  // 1..core::QueueOptions::bands_max
    std::uint32_t band = 0;   // of requests that do not say; 0 is the most urgent
    BandFrom band_from = BandFrom::route;
    std::string band_header{};

    CostPer cost_per = CostPer::request;
    std::uint64_t cost = 1;  // units of a request; else bytes or pixels that make up one unit
    /// Images with more cost one unit, since their handler refuses them unread.
    std::uint64_t pixels_max = UINT64_MAX;
};

struct RouteOptions {
    std::string path{};
    std::vector<std::string> methods{};
    std::uint32_t uploads_max = 1024;
    std::uint64_t body_bytes_max = 10ULL << 20;
    core::Duration deadline = std::chrono::seconds(5);
    ClaimOptions claim{};
    TenantOptions tenant{};
};

}  // namespace spillway::http
