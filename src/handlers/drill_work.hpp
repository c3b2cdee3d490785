#pragma once
// Synthetic heavy work: burn CPU, sleep, fail now and then, answer with a body of a given size.

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

#include "handlers/drill_params.hpp"
#include "spillway/core/time.hpp"

namespace spillway::handlers {

enum class DrillOutcome : std::uint8_t {
    done,
    failed,   // all of the work was done, then the dice said 500
    stopped,  // stop was requested or the deadline came before the work was done
};

/// Burns `cpu_ms` of the calling thread's CPU time (not wall time: a drill on a busy machine costs
/// what it says), then sleeps `sleep_ms`. A stop request or the deadline ends the burning within
/// about 0.1 ms of CPU time, the sleep at once. Thread-safe; blocks, so never on an event loop.
/// `now` must be steady time in nanoseconds; it is asked about 20 times per millisecond of CPU.
[[nodiscard]] DrillOutcome drill(const DrillParams& params, const std::stop_token& stop,
                                 core::TimePoint deadline, core::TimePoint (*now)());

/// What a finished drill did, as JSON: {"cpu_ms":5,"sleep_ms":20,"body_bytes":1024}.
/// `body_bytes` is the size of the request's body, which was read and discarded.
[[nodiscard]] std::string drill_json(const DrillParams& params, std::uint64_t body_bytes);

/// A body of printable text, made piece by piece and never held: the byte at each offset is fixed,
/// however the pieces are cut. Not thread-safe.
class DrillBody {
public:
    explicit DrillBody(std::uint32_t bytes) noexcept : bytes_(bytes) {}

    /// Fills the front of `out`; returns how much. 0 only at the end, or for an empty `out`.
    std::size_t next(std::span<char> out) noexcept;

    [[nodiscard]] std::uint32_t size() const noexcept { return bytes_; }

private:
    std::uint32_t bytes_;
    std::uint32_t made_ = 0;  // bytes handed out so far
};

}  // namespace spillway::handlers
