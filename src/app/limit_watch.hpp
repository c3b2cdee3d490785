#pragma once
// Who finds a limit is held by its bounds: an operator should hear when one of them decides instead
// of the algorithm.

#include <cstdint>
#include <optional>

#include "spillway/core/limit/limit_policy.hpp"
#include "spillway/core/time.hpp"

namespace spillway::app {

/// Watches one adaptive limit. *Pure*; a regular value.
class LimitWatch {
public:
    enum class Bound : std::uint8_t { none, min, max };

    /// So long a limit must stay at a bound, or away from it, until that is said: a limit that
    /// touches one now and then is at work.
    static constexpr core::Duration patience = std::chrono::seconds{10};

    /// To be called every second or so. The bound at which the limit stands, when that is news.
    [[nodiscard]] std::optional<Bound> update(core::TimePoint now, double limit,
                                              const core::LimitBounds& bounds) noexcept;

private:
    Bound said_ = Bound::none;
    Bound seen_ = Bound::none;
    core::TimePoint since_{};
};

}  // namespace spillway::app
