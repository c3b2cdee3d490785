#pragma once
// Cure for time-outs that are taken for latencies. Requests that all time out together last equally
// long, before and after: to a ratio of latencies that is calm, and the limit grows while nothing
// succeeds. So a share of failures is an answer of its own, and no latency is looked at.

#include <cstdint>

namespace spillway::core {

/// *Pure*; a regular value.
struct OverloadBackoff {
    /// Share of a window's requests that must have failed; below it they are noise. Above 1: off.
    double share_min = 0.1;
    /// What is left of the limit when all have failed; in proportion when some have.
    double ratio = 0.5;

    [[nodiscard]] bool applies(std::uint64_t failed, std::uint64_t total) const noexcept {
        return total > 0 && static_cast<double>(failed) >= share_min * static_cast<double>(total) &&
               failed > 0;
    }
    /// The factor by which the limit shrinks; 1 if it does not.
    [[nodiscard]] double factor(std::uint64_t failed, std::uint64_t total) const noexcept {
        if (!applies(failed, total)) return 1;
        return 1 - (1 - ratio) * static_cast<double>(failed) / static_cast<double>(total);
    }
};

}  // namespace spillway::core
