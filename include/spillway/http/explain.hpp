#pragma once
// What is kept of a request so that its answer can be explained afterwards.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spillway/core/claim.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/core/time.hpp"

namespace spillway::http {

/// The stage that a request has come to, or that has decided about it; in their order.
enum class ExplainStage : std::uint8_t {
    header,      // before a route was known
    quota,       // the caller's own rate
    held,        // within its quota, but not yet
    peek,        // what can be known before a byte of the body is read
    parameters,  // the handler's look at the request
    upload,      // the body
    queue,       // waits for a permit, or was refused one
    work,        // holds a permit
    reply,       // answered by its handler
};

/// How it has ended. The numbers are those of tally.hpp's account, so each request has one.
enum class ExplainEnd : std::uint8_t {
    pending,   // not yet
    unrouted,  // refused before a route was known
    rejected,  // `reason` is a core::RejectReason
    dropped,   // `reason` is a core::DropReason
    finished,  // had its permit; `reason` is a core::Ending
};

/// One request, as its shard saw it. Addresses, paths and field values are not in it, for whoever
/// reaches the control listener may read it. Zero means that it did not come to that.
struct ExplainRecord {
    core::TimePoint received_at{};  // its header was complete
    core::Duration took{};          // until its reply began; without one, until its end
    core::Duration held{};          // by its quota
    core::Duration waited{};        // in the queue
    core::Duration served{};        // from the permit to the end of the work
    core::Duration backlog{};       // that Retry-After was computed from, when it was
    core::Duration usual{};         // service time of the route, when that counted
    core::Duration allowed{};       // from `received_at` to its deadline
    std::uint64_t body_bytes = 0;

    // Of its limiter at the decision: the grant, or the refusal.
    std::uint32_t limit = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t units = 0;      // of refusals only
    std::uint32_t waiting = 0;    // likewise
    std::uint32_t ahead = 0;      // see core::QueuePlace
    std::uint32_t joined_as = 0;  // the how manieth waiter it was when it joined
    std::uint32_t retry_after_s = 0;
    std::uint32_t cost = 0;
    std::uint16_t route = 0;
    std::uint16_t status = 0;
    std::uint16_t share = core::Claim::no_share;  // index of the configured tenant
    std::uint8_t band = 0;
    ExplainStage stage = ExplainStage::header;
    ExplainEnd end = ExplainEnd::pending;
    std::uint8_t reason = 0;
    bool was_evicted = false;  // of requests that were shed: for a newcomer

    friend bool operator==(const ExplainRecord&, const ExplainRecord&) = default;
};

/// A record with what its numbers stand for. The views live as long as the server.
struct Explanation {
    ExplainRecord record;
    std::string request_id;  // empty: nobody was told one
    std::string_view route;  // path; empty if none was found
    std::string_view limiter;
    std::string_view tenant;  // of a configured one

    [[nodiscard]] std::optional<core::RejectReason> rejected() const noexcept {
        if (record.end != ExplainEnd::rejected) return std::nullopt;
        return static_cast<core::RejectReason>(record.reason);
    }
};

/// What happened, in short sentences, in its order: for somebody who has to know why, at night.
[[nodiscard]] std::vector<std::string> explain_story(const Explanation& what);

/// How much is kept.
struct ExplainReach {
    std::size_t capacity = 0;  // records of all shards; 0: switched off
    std::size_t kept = 0;
    /// Every request that was refused at once since then is kept, and every one that came further;
    /// empty: all since the start.
    std::optional<core::TimePoint> refused_since{};
    std::optional<core::TimePoint> let_in_since{};
};

[[nodiscard]] constexpr std::string_view to_string(ExplainStage stage) noexcept {
    constexpr std::array<std::string_view, 9> names{"header", "quota", "held", "peek", "parameters",
                                                    "upload", "queue", "work", "reply"};
    return names[static_cast<std::size_t>(stage)];
}

[[nodiscard]] constexpr std::string_view to_string(ExplainEnd end) noexcept {
    constexpr std::array<std::string_view, 5> names{"pending", "unrouted", "rejected", "dropped",
                                                    "finished"};
    return names[static_cast<std::size_t>(end)];
}

}  // namespace spillway::http
