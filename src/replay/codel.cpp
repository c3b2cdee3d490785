#include "spillway/core/codel.hpp"

#include <cmath>

#include "replay/algorithm.hpp"

namespace spillway::replay {
namespace {

using core::Duration;
using core::TimePoint;

Duration milliseconds(const Params& params, std::string_view name) {
    return Duration{std::llround(params.number(name, {1e-6, 1e9}) * 1e6)};
}

TimePoint now_of(const Fields& fields) { return TimePoint{Duration{fields.integer(0, "now_ns")}}; }

}  // namespace

Instance make_codel_rfc8289(const Params& params) {
    core::PacketCodel::Options options;
    options.times.target = Duration{params.integer("target_ns", 1, int64_max)};
    options.times.interval = Duration{params.integer("interval_ns", 1, int64_max)};
    options.backlog_kept =
        static_cast<std::uint32_t>(params.integer("max_packet_backlog", 0, count_max));
    return [codel = core::PacketCodel(options)](const Fields& fields) mutable {
        const TimePoint now = now_of(fields);
        const Duration sojourn{fields.integer(1, "sojourn_ns", -1)};
        const auto backlog = static_cast<std::uint32_t>(fields.integer(2, "backlog", 0, count_max));
        if (sojourn < Duration::zero()) {
            codel.note_empty(now);
            return Answer().add(false);
        }
        return Answer().add(codel.refuses(now, sojourn, backlog));
    };
}

Instance make_codel_slough(const Params& params) {
    const core::CodelTimes times{.target = milliseconds(params, "target_ms"),
                                 .interval = milliseconds(params, "interval_ms")};
    const TimePoint start{Duration{params.integer("start_ns", -int64_max, int64_max)}};
    return [codel = core::SloughCodel(times, start)](const Fields& fields) mutable {
        const TimePoint now = now_of(fields);
        const bool refused = codel.refuses(now, Duration{fields.integer(1, "delay_ns", 0)});
        return Answer()
            .add(refused)
            .add(codel.overloaded())
            .add(codel.smallest_wait().count())
            .add(codel.load_percent());
    };
}

}  // namespace spillway::replay
