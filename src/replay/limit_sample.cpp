#include "replay/limit_sample.hpp"

#include <limits>

namespace spillway::replay {

LimitSample read_limit_sample(const Fields& fields, std::int64_t rtt_min_ns) {
    constexpr std::int64_t in_flight_max = std::numeric_limits<std::uint32_t>::max();
    // Halves, so that no difference or sum of two leaves the range.
    const auto now_ns = fields.integer(0, "now_ns", -int64_max / 2, int64_max / 2);
    const auto rtt_ns = fields.integer(1, "rtt_ns", rtt_min_ns, int64_max / 2);
    const auto in_flight = fields.integer(2, "inflight", 0, in_flight_max);
    const bool dropped = fields.flag(3, "did_drop");
    return {core::TimePoint{core::Duration{now_ns}},
            {.rtt = core::Duration{rtt_ns},
             .in_flight = static_cast<std::uint32_t>(in_flight),
             .outcome = dropped ? core::Outcome::overloaded : core::Outcome::success}};
}

std::uint32_t read_initial_limit(const Params& params) {
    return static_cast<std::uint32_t>(params.integer("initial_limit", 1, count_max));
}

std::uint32_t read_max_limit(const Params& params) {
    return static_cast<std::uint32_t>(params.integer("max_limit", 1, count_max));
}

std::uint32_t read_min_limit(const Params& params, std::uint32_t max) {
    const auto min = params.integer("min_limit", 0, count_max);
    if (min > max) params.refuse("min_limit", "must not be above max_limit");
    return static_cast<std::uint32_t>(min);
}

}  // namespace spillway::replay
