#include "spillway/core/limit/gradient2.hpp"

#include "replay/limit_window.hpp"

namespace spillway::replay {

Instance make_gradient2(const Params& params) {
    core::Gradient2Limit::Options options;
    options.initial = read_initial_limit(params);
    options.max = read_max_limit(params);
    options.min = read_min_limit(params, options.max);
    options.smoothing = params.number("smoothing", {positive.from, 1});
    options.queue_size = params.number("queue_size", not_negative);
    options.long_window = static_cast<std::uint32_t>(params.integer("long_window", 1, count_max));
    options.rtt_tolerance = params.number("rtt_tolerance", positive);
    return replay_limit(core::Gradient2Limit(options), params);
}

}  // namespace spillway::replay
