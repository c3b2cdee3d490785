#include "spillway/core/limit/vegas.hpp"

#include "replay/limit_window.hpp"

namespace spillway::replay {

Instance make_vegas(const Params& params) {
    core::VegasLimit::Options options;
    options.initial = read_initial_limit(params);
    options.max = read_max_limit(params);
    options.smoothing = params.number("smoothing", {positive.from, 1});
    options.alpha = params.number_or_null("alpha", not_negative);
    options.beta = params.number_or_null("beta", not_negative);
    options.threshold = params.number_or_null("threshold", not_negative);
    options.probe_multiplier = params.number("probe_multiplier", not_negative);
    options.probe_jitter = params.number("probe_jitter", not_negative);
    return replay_limit(core::VegasLimit(options), params);
}

}  // namespace spillway::replay
