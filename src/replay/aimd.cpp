#include "spillway/core/limit/aimd.hpp"

#include "replay/limit_window.hpp"

namespace spillway::replay {

Instance make_aimd(const Params& params) {
    core::AimdLimit::Options options;
    options.initial = read_initial_limit(params);
    options.max = read_max_limit(params);
    options.min = read_min_limit(params, options.max);
    options.backoff_ratio = params.number("backoff_ratio", {positive.from, 1});
    options.timeout = core::Duration{params.integer("timeout_ns", 1, int64_max)};
    return replay_limit(core::AimdLimit(options), params);
}

}  // namespace spillway::replay
