#pragma once
// What counts as a standing wait, kept in proportion to what the work takes.

#include <optional>

#include "spillway/core/codel.hpp"
#include "spillway/core/histogram.hpp"

namespace spillway::core {

/// *Pure*; a regular value. update() is O(buckets).
class CodelTuning {
public:
    /// The times that suit the service times observed since it last gave some; nothing while those
    /// are too few to have a 95th percentile. `all`: those of the same cells, ever more.
    [[nodiscard]] std::optional<CodelTimes> update(const HistogramSnapshot& all) noexcept;

private:
    HistogramSnapshot before_;
};

}  // namespace spillway::core
