#pragma once
// The clock of a rate limit's samples, counted from the first one: its arithmetic is exact for some
// years around the epoch only, and the samples may use any.

#include <optional>

#include "replay/fields.hpp"
#include "spillway/core/time.hpp"

namespace spillway::replay {

class RelativeTime {
public:
    /// Reads column i, now_ns.
    [[nodiscard]] core::TimePoint read(const Fields& fields, std::size_t i) {
        // Half of the range either way, so that differences fit.
        const std::int64_t now = fields.integer(i, "now_ns", -bound, bound);
        if (!first_) first_ = now;
        return core::TimePoint{core::Duration{now - *first_}};
    }

private:
    static constexpr std::int64_t bound = std::numeric_limits<std::int64_t>::max() / 2;
    std::optional<std::int64_t> first_;
};

}  // namespace spillway::replay
