#pragma once
// Refusals, written before they are needed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "http/wire.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/core/retry_after.hpp"
#include "spillway/core/time.hpp"

namespace spillway::http {

/// When a refused client is told to come back, and how long what is ahead of it was taken to need.
struct RetryAdvice {
    std::uint32_t seconds = 0;
    core::Duration backlog{};
};

/// What a refusal says in words.
[[nodiscard]] std::string_view refusal_detail(core::RejectReason reason) noexcept;

/// One refusal, ready but for the fields that differ from request to request.
struct PreparedRefusal {
    std::array<char, 320> head_bytes;  // status line up to and with Retry-After
    std::array<char, 320> body_bytes;
    std::uint16_t head_size = 0;
    std::uint16_t body_size = 0;
    unsigned status = 0;
    core::TimePoint valid_until = core::TimePoint::min();
    RetryAdvice advice;

    [[nodiscard]] std::string_view head() const noexcept { return {head_bytes.data(), head_size}; }
    [[nodiscard]] std::string_view body() const noexcept { return {body_bytes.data(), body_size}; }
};

/// For each limiter and reason a ring of 16 replies across the Retry-After spread, taken in turn,
/// so that a refused wave does not come back as one. A reply is rewritten when its turn comes and
/// it is older than `valid_for` (the backlog has moved) or its Date is over: no timer, no
/// allocation after the first, a copy per refusal. Shard-local.
class RefusalBook {
public:
    static constexpr core::Duration valid_for = std::chrono::milliseconds(100);

    explicit RefusalBook(std::size_t limiters) { widen(limiters); }

    /// For so many limiters, if it is for fewer.
    void widen(std::size_t limiters) {
        const std::size_t rings = limiters * core::reject_reason_count;
        if (rings > rings_.size()) rings_.resize(rings);
    }

    /// `backlog` is asked for only when a reply must be rewritten: a callable giving the time until
    /// what is ahead has drained.
    template <class Backlog>
    const PreparedRefusal& next(core::TimePoint now, DateText& date, std::size_t limiter,
                                core::RejectReason reason, unsigned status, Backlog backlog) {
        Ring& ring = at(limiter, reason);
        const std::size_t turn = ring.turn++ % ring.replies.size();
        PreparedRefusal& reply = ring.replies[turn];
        if (now >= reply.valid_until || reply.status != status) {
            const core::Duration ahead = backlog();
            reply.advice = {.seconds = core::retry_after_spread(ahead)[turn], .backlog = ahead};
            write(reply, now, date, reason, status);
        }
        return reply;
    }

private:
    struct Ring {
        std::array<PreparedRefusal, 16> replies;
        std::size_t turn = 0;
    };

    [[nodiscard]] Ring& at(std::size_t limiter, core::RejectReason reason);
    static void write(PreparedRefusal& reply, core::TimePoint now, DateText& date,
                      core::RejectReason reason, unsigned status);

    std::vector<std::unique_ptr<Ring>> rings_;  // made at first use
};

}  // namespace spillway::http
