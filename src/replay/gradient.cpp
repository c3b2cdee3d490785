#include "spillway/core/limit/gradient.hpp"

#include "replay/limit_window.hpp"

namespace spillway::replay {

Instance make_gradient(const Params& params) {
    core::GradientLimit::Options options;
    options.initial = read_initial_limit(params);
    options.max = read_max_limit(params);
    options.min = read_min_limit(params, options.max);
    options.smoothing = params.number("smoothing", {positive.from, 1});
    options.queue_size = params.number_or_null("queue_size", {0, static_cast<double>(count_max)});
    options.rtt_tolerance = params.number("rtt_tolerance", positive);
    options.backoff_ratio = params.number("backoff_ratio", {positive.from, 1});
    options.probe_countdown = params.integer_or_null("probe_countdown", 0, int64_max);
    return replay_limit(core::GradientLimit(options), params);
}

}  // namespace spillway::replay
