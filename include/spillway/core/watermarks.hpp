#pragma once
// Shedding with hysteresis: it begins above one mark and ends below another, so that a queue which
// hovers at a single mark does not turn it on and off with every request.

#include <cstdint>

#include "spillway/core/assert.hpp"

namespace spillway::core {

/// *Pure*; a regular value. Every operation is O(1).
class Watermarks {
public:
    /// `low` <= `high`. Equal marks are the plain rule "above"; an empty queue always ends it.
    Watermarks(std::uint32_t high, std::uint32_t low) noexcept : high_(high), low_(low) {
        SPILLWAY_ASSERT(low <= high);
    }

    /// Notes the depth and says whether to shed: from above `high` on, until below `low`.
    bool update(std::uint32_t depth) noexcept {
        if (depth > high_) {
            shedding_ = true;
        } else if (depth < low_ || depth == 0 || low_ == high_) {
            shedding_ = false;
        }
        return shedding_;
    }

    [[nodiscard]] bool shedding() const noexcept { return shedding_; }
    [[nodiscard]] std::uint32_t high() const noexcept { return high_; }
    [[nodiscard]] std::uint32_t low() const noexcept { return low_; }

    friend bool operator==(const Watermarks&, const Watermarks&) noexcept = default;

private:
    std::uint32_t high_;
    std::uint32_t low_;
    bool shedding_ = false;
};

}  // namespace spillway::core
