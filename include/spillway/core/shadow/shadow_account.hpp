#pragma once
// What a shadow has decided so far, and how often the live limiter has decided the same.

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>

#include "spillway/core/reason.hpp"

namespace spillway::core {

/// What has become of a request at a limiter, live or not; label values, never renamed.
enum class Verdict : std::uint8_t { admitted, rejected, dropped };
inline constexpr std::size_t verdict_count = 3;

[[nodiscard]] constexpr std::string_view to_string(Verdict verdict) noexcept {
    constexpr std::array<std::string_view, verdict_count> names{"admitted", "rejected", "dropped"};
    return names[static_cast<std::size_t>(verdict)];
}

/// A plain value. Every request that the limiter is asked for is received or unknown; at any moment
/// received = admitted + rejected + dropped + those in the shadow's queue.
struct ShadowAccount {
    std::uint64_t received = 0;
    std::uint64_t admitted = 0;
    std::array<std::uint64_t, reject_reason_count> rejected{};
    std::uint64_t dropped = 0;  // the client left while it waited in both

    /// Not followed, for want of a record.
    std::uint64_t unknown = 0;
    /// Admitted ones whose service the live limiter could not show: they have lasted as long as
    /// another one did.
    std::uint64_t estimated = 0;

    /// [live][shadow], once both have decided.
    std::array<std::array<std::uint64_t, verdict_count>, verdict_count> compared{};

    [[nodiscard]] std::uint64_t rejected_total() const noexcept {
        return std::accumulate(rejected.begin(), rejected.end(), std::uint64_t{0});
    }
    [[nodiscard]] std::uint64_t pending() const noexcept {
        return received - admitted - rejected_total() - dropped;
    }
};

}  // namespace spillway::core
