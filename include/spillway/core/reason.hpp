#pragma once
// Why a request did not get its permit, and how an accepted one ended. The words are the values of
// the `reason` and `ending` labels; adding one is fine, renaming one is a breaking change.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spillway::core {

/// Why a final answer was sent instead of a permit.
enum class RejectReason : std::uint8_t {
    queue_full,      // no permit free and no place in the queue
    wait_timeout,    // waited as long as the limiter allows
    deadline,        // the caller's time is up, or too little of it is left to finish in
    shed,            // evicted for a more important request
    draining,        // cannot end before the drain does
    ingest_full,     // no upload slot or no memory for the body
    egress_full,     // too many unsent response bytes
    rate_limited,    // the caller's own quota
    body_too_large,  // over the route's body_bytes_max
    body_timeout,    // the body came too slowly
    bad_request,     // parameters or chunk framing
};
inline constexpr std::size_t reject_reason_count = 11;

/// Why a request left with neither permit nor answer.
enum class DropReason : std::uint8_t { client_gone, drain_cut };
inline constexpr std::size_t drop_reason_count = 2;

/// How an accepted request ended.
enum class Ending : std::uint8_t { ok, client_error, error, deadline, client_gone, drain_cut };
inline constexpr std::size_t ending_count = 6;

/// What a finished permit tells the limit: only `success` is a latency sample, only `overloaded`
/// is congestion, `ignored` is neither (the client left, the handler has a bug).
enum class Outcome : std::uint8_t { success, overloaded, ignored };

[[nodiscard]] constexpr std::string_view to_string(RejectReason reason) noexcept {
    constexpr std::array<std::string_view, reject_reason_count> names{
        "queue_full",     "wait_timeout", "deadline",    "shed",
        "draining",       "ingest_full",  "egress_full", "rate_limited",
        "body_too_large", "body_timeout", "bad_request"};
    return names[static_cast<std::size_t>(reason)];
}

[[nodiscard]] constexpr std::string_view to_string(DropReason reason) noexcept {
    constexpr std::array<std::string_view, drop_reason_count> names{"client_gone", "drain_cut"};
    return names[static_cast<std::size_t>(reason)];
}

[[nodiscard]] constexpr std::string_view to_string(Ending ending) noexcept {
    constexpr std::array<std::string_view, ending_count> names{
        "ok", "client_error", "error", "deadline", "client_gone", "drain_cut"};
    return names[static_cast<std::size_t>(ending)];
}

}  // namespace spillway::core
