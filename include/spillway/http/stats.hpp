#pragma once
// What a server has counted: per-shard cells, written by one thread each, and their sums.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "spillway/core/cell.hpp"
#include "spillway/core/histogram.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/core/relaxed.hpp"

namespace spillway::http {

/// Why a connection was not taken, or not kept.
enum class ConnectionRefusal : std::uint8_t {
    per_ip,
    no_descriptors,
    no_memory,
    made_room,
    accept_failed
};
inline constexpr std::size_t connection_refusal_count = 5;
[[nodiscard]] constexpr std::string_view to_string(ConnectionRefusal reason) noexcept {
    constexpr std::array<std::string_view, connection_refusal_count> names{
        "per_ip", "no_descriptors", "no_memory", "made_room", "accept_failed"};
    return names[static_cast<std::size_t>(reason)];
}

/// What became of a TLS handshake; one of which no byte has come is none.
enum class HandshakeOutcome : std::uint8_t {
    done,
    failed,       // no version, cipher suite or protocol in common, an alert, or nonsense
    not_tls,      // plain HTTP, or something else
    client_gone,  // left before it was done
    timeout,      // not done within the header timeout
    no_place,     // likewise, and waiting for a place then
    gave_way,     // was not answered for long, and others waited for its place
    cut           // by a drain, or to make room
};
inline constexpr std::size_t handshake_outcome_count = 8;
[[nodiscard]] constexpr std::string_view to_string(HandshakeOutcome outcome) noexcept {
    constexpr std::array<std::string_view, handshake_outcome_count> names{
        "done", "failed", "not_tls", "client_gone", "timeout", "no_place", "gave_way", "cut"};
    return names[static_cast<std::size_t>(outcome)];
}

/// A counter per HTTP status, 100..599.
class StatusCells {
public:
    void add(unsigned status) noexcept {
        if (status >= 100 && status < 600) cells_[status - 100].add();
    }
    void add_to(std::map<unsigned, std::uint64_t>& sums) const {
        for (unsigned i = 0; i < cells_.size(); ++i)
            if (const auto n = cells_[i].value(); n != 0) sums[i + 100] += n;
    }

private:
    std::array<core::Counter, 500> cells_;
};

/// A configured tenant, or all others together, of one route on one shard.
struct TenantCells {
    core::Counter accepted;
    core::Counter rejected;
};

/// One route on one shard. Written by the shard's thread, read by any.
struct RouteCells {
    core::Counter received;
    core::Counter accepted;
    std::array<core::Counter, core::reject_reason_count> rejected;
    std::array<core::Counter, core::drop_reason_count> dropped;
    std::array<core::Counter, core::ending_count> finished;
    core::Histogram admission_wait;
    core::Histogram service_duration;
    core::Histogram request_duration;
    StatusCells responses;
    std::vector<TenantCells> tenants;  // by share, then all others; empty without shares
};

/// A page that bypasses admission (health, metrics, index) on one shard.
struct PageCells {
    core::Histogram request_duration;
    StatusCells responses;
};

enum class ListenerKind : std::uint8_t { open, control };

struct ListenerCells {
    core::Counter accepted;
    core::Counter closed;
    std::array<core::Counter, connection_refusal_count> refused;
    std::array<core::Counter, handshake_outcome_count> handshakes;
    core::Counter handshakes_resumed;                 // of those done
    core::Relaxed<std::uint32_t> handshakes_inside;   // with a place, now
    core::Relaxed<std::uint32_t> handshakes_waiting;  // for one, now
};

struct ShardCells {
    std::vector<PageCells> pages;
    std::array<ListenerCells, 2> listeners;  // by ListenerKind
    StatusCells http_errors;                 // refused before a route was known
    core::Counter handler_errors;            // exceptions that left a handler
    core::Counter requests_begun;            // public ones: a byte of the header has come
    core::Counter requests_ended;            // answered, or the connection closed
};

struct TenantStats {
    std::string name;  // `other`: everybody without a share
    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;
};

/// Sums over the shards.
struct RouteStats {
    std::string path;
    std::string limiter;
    std::uint64_t received = 0;
    std::uint64_t accepted = 0;
    std::array<std::uint64_t, core::reject_reason_count> rejected{};
    std::array<std::uint64_t, core::drop_reason_count> dropped{};
    std::array<std::uint64_t, core::ending_count> finished{};
    std::map<unsigned, std::uint64_t> responses;
    core::HistogramSnapshot admission_wait, service_duration, request_duration;
    std::vector<TenantStats> tenants;  // empty without shares
    std::uint32_t held = 0;            // held back by a quota now

    /// Received and in no class yet. Derived, so that the balance holds at every scrape; the
    /// outcome cells are read before the received ones, so it is never negative.
    [[nodiscard]] std::uint64_t pending() const noexcept {
        std::uint64_t ended = accepted;
        for (const auto n : rejected) ended += n;
        for (const auto n : dropped) ended += n;
        return received > ended ? received - ended : 0;
    }
};

struct PageStats {
    std::string path;
    std::map<unsigned, std::uint64_t> responses;
    core::HistogramSnapshot request_duration;
};

struct ListenerStats {
    std::string name;  // public, control
    std::uint64_t accepted = 0;
    std::uint64_t closed = 0;
    std::uint64_t connections_max = 0;
    std::array<std::uint64_t, connection_refusal_count> refused{};

    bool has_tls = false;  // all below: of no meaning without
    std::array<std::uint64_t, handshake_outcome_count> handshakes{};
    std::uint64_t handshakes_resumed = 0;
    std::uint64_t handshakes_inside = 0;
    std::uint64_t handshakes_waiting = 0;
    std::uint64_t handshakes_max = 0;
    std::int64_t certificate_valid_until = 0;  // seconds since 1970
};

struct ServerStats {
    std::vector<RouteStats> routes;
    std::vector<PageStats> pages;
    std::vector<ListenerStats> listeners;
    std::map<unsigned, std::uint64_t> http_errors;
    std::uint64_t handler_errors = 0;
    std::uint64_t body_memory = 0, body_memory_max = 0;
    std::uint64_t response_memory = 0, response_memory_max = 0;
    bool draining = false;
};

}  // namespace spillway::http
