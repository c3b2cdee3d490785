#pragma once
// One request being served, as its handler sees it.

#include <cstddef>
#include <cstdint>
#include <span>

#include "spillway/async/shard.hpp"
#include "spillway/core/time.hpp"
#include "spillway/http/handler.hpp"

namespace spillway::http {

/// Belongs to the connection's loop; valid while Work::run has not returned.
class Exchange {
public:
    virtual ~Exchange() = default;

    [[nodiscard]] virtual const RequestHead& head() const noexcept = 0;
    /// When the answer must be there; later it is a 504 whatever the handler says.
    [[nodiscard]] virtual core::TimePoint deadline() const noexcept = 0;
    /// The client has gone, the deadline has passed, or the drain cut the request: whatever is
    /// being awaited through `cancellation_slot` has been cancelled, and the reply goes nowhere.
    [[nodiscard]] virtual bool is_over() const noexcept = 0;
    /// For what a loop handler awaits: emits (terminal) once when the request is over. One
    /// operation at a time.
    [[nodiscard]] virtual boost::asio::cancellation_slot cancellation_slot() noexcept = 0;

    /// The body that came, if the handler has it buffered.
    [[nodiscard]] virtual std::span<const char> body() const noexcept = 0;
    [[nodiscard]] virtual std::uint64_t body_bytes() const noexcept = 0;
    /// The next run of a streamed body; empty at its end, or when the request is over. The bytes
    /// stay until the next call.
    [[nodiscard]] virtual async::Task<std::span<const char>> read_some() = 0;

    /// Computes on the route's pool; body and permit go there and come back there.
    [[nodiscard]] virtual async::Task<Reply> compute(JobWork& work) = 0;
};

}  // namespace spillway::http
