#pragma once
// What the requests of one path met on the wire, warm-ups included: the generator's half of the
// comparison with the server's counters.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "generator/outcome.hpp"
#include "spillway/core/reason.hpp"

namespace spillway::loadtest {

/// A regular value; sums of them are meaningful. Requests that never left are in none of it.
struct WireTally {
    std::uint64_t granted = 0;  // answered as one whose permit was granted: 2xx, 500, 504 ...
    std::uint64_t early = 0;    // answers that may have come before the route was known
    std::uint64_t refused = 0;  // answers 429 and 503 without a reason (those to HEAD)
    std::array<std::uint64_t, core::reject_reason_count> rejected{};  // by the reason they name
    std::uint64_t foreign = 0;     // answers with a reason that this service does not have
    std::uint64_t unanswered = 0;  // at least a byte was sent, no complete answer came

    void answered(const Answer& answer) noexcept;
    void merge(const WireTally& other) noexcept;
    [[nodiscard]] std::uint64_t named() const noexcept;
};

}  // namespace spillway::loadtest
