#pragma once
// How an arrival can end. Every arrival ends in exactly one of these.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spillway::loadtest {

enum class Ending : std::uint8_t {
    good,      // 2xx within the objective
    late,      // 2xx after it
    rejected,  // refused: 429, 503, or any status whose problem document names a reason
    error,     // any other status
    failed,    // no complete answer, and not by the client's will
    left,      // the client's patience ended first
    unsent,    // never reached the server: no connection was free in time, or the run was over
};
inline constexpr std::size_t ending_count = 7;

enum class Failure : std::uint8_t {
    refused,    // the connection was refused, or could not be made
    reset,      // closed or reset by the server before the answer was complete
    timeout,    // no complete answer within the request timeout
    malformed,  // the answer is no HTTP/1.x response, or a part of it outgrew its buffer
};
inline constexpr std::size_t failure_count = 4;

enum class Unsent : std::uint8_t {
    no_connection,  // waited for a free connection as long as an arrival may
    backlog_full,   // more arrivals waited for a connection than are remembered
    over,           // the run ended (or was interrupted) while it waited
    too_late,       // the generator was so late that its caller had hung up before it was taken up
};
inline constexpr std::size_t unsent_count = 4;

[[nodiscard]] constexpr std::string_view to_string(Ending ending) noexcept {
    constexpr std::array<std::string_view, ending_count> names{
        "good", "late", "rejected", "error", "failed", "left", "unsent"};
    return names[static_cast<std::size_t>(ending)];
}

[[nodiscard]] constexpr std::string_view to_string(Failure failure) noexcept {
    constexpr std::array<std::string_view, failure_count> names{"refused", "reset", "timeout",
                                                                "malformed"};
    return names[static_cast<std::size_t>(failure)];
}

[[nodiscard]] constexpr std::string_view to_string(Unsent unsent) noexcept {
    constexpr std::array<std::string_view, unsent_count> names{"no_connection", "backlog_full",
                                                               "over", "too_late"};
    return names[static_cast<std::size_t>(unsent)];
}

/// What the wire said to one request, before the objective is asked.
struct Answer {
    unsigned status = 0;
    std::string_view reason;  // of the problem document; empty: none
};

/// 2xx is `good` here; whether it came in time is for the account to say.
[[nodiscard]] constexpr Ending ending_of(const Answer& answer) noexcept {
    if (answer.status >= 200 && answer.status < 300) return Ending::good;
    if (answer.status == 429 || answer.status == 503 || !answer.reason.empty())
        return Ending::rejected;
    return Ending::error;
}

}  // namespace spillway::loadtest
