#include "spillway/core/limit/gradient_minrtt.hpp"

#include <algorithm>

#include "replay/error.hpp"
#include "replay/limit_sample.hpp"
#include "spillway/core/limit/log_linear_histogram.hpp"
#include "spillway/core/limit/quantile.hpp"

namespace spillway::replay {
namespace {

/// Exact percentiles are of this many samples at most; 8 bytes each.
constexpr std::size_t samples_max = std::size_t{1} << 20;

bool is_full(const core::NearestRank& rtts) { return rtts.is_full(); }
bool is_full(const core::LogLinearHistogram&) { return false; }

/// The original clamps percentages, it does not refuse them.
double read_percentage(const Params& params, std::string_view name) {
    return std::clamp(params.number(name, Range{}), 0.0, 100.0);
}

core::GradientMinRttOptions read_options(const Params& params) {
    core::GradientMinRttOptions options;
    options.max = read_max_limit(params);
    options.min = static_cast<std::uint32_t>(params.integer("min_concurrency", 1, count_max));
    if (options.min > options.max) params.refuse("min_concurrency", "must not be above max_limit");
    options.percentile = read_percentage(params, "aggregate_percentile") / 100;
    options.buffer_pct = read_percentage(params, "buffer_pct");
    options.rtt_min_requests = static_cast<std::uint32_t>(
        params.integer("min_rtt_request_count", 1, static_cast<std::int64_t>(samples_max)));
    options.rtt_min_interval = core::Duration{params.integer("min_rtt_interval_ns", 1, int64_max)};
    options.update_interval = core::Duration{params.integer("update_interval_ns", 1, int64_max)};
    return options;
}

template <class Quantile>
Instance replay_min_rtt(const core::GradientMinRttOptions& options, core::TimePoint start,
                        Quantile quantile) {
    core::GradientMinRttLimit limit(options, start, std::move(quantile));
    return [limit = std::move(limit)](const Fields& fields) mutable {
        LimitSample in = read_limit_sample(fields, 0);
        // Here did_drop says that the request was cancelled, which is no congestion.
        if (in.sample.outcome != core::Outcome::success) in.sample.outcome = core::Outcome::ignored;
        limit.advance(in.now);
        if (is_full(limit.rtts())) throw Error("too many samples for one exact percentile");
        limit.on_sample(in.now, in.sample);
        return Answer()
            .add(limit.limit())
            .add(limit.in_rtt_min_window())
            .add(limit.rtt_min())
            .add(limit.rtt());
    };
}

}  // namespace

Instance make_gradient_minrtt(const Params& params) {
    const auto options = read_options(params);
    const core::TimePoint start{core::Duration{params.integer("start_ns", 0, int64_max / 2)}};
    const auto quantile = params.text("quantile");
    if (quantile == "nearest_rank")
        return replay_min_rtt(options, start, core::NearestRank(samples_max));
    if (quantile == "loglinear") return replay_min_rtt(options, start, core::LogLinearHistogram());
    params.refuse("quantile", "must be nearest_rank or loglinear");
}

Instance make_gradient_formula(const Params& params) {
    const auto max = read_max_limit(params);
    const auto min = static_cast<std::uint32_t>(params.integer("min_concurrency", 1, count_max));
    if (min > max) params.refuse("min_concurrency", "must not be above max_limit");
    const double buffer_pct = read_percentage(params, "buffer_pct");
    return [=](const Fields& fields) {
        const auto old = fields.integer(0, "old_limit", 0, count_max);
        const auto rtt_min_us = fields.integer(1, "min_rtt_us", 0);
        const auto rtt_us = fields.integer(2, "sample_rtt_us", 0);
        const auto step =
            core::gradient_step(static_cast<std::uint32_t>(old), static_cast<double>(rtt_min_us),
                                static_cast<double>(rtt_us), buffer_pct, min, max);
        return Answer().add(step.limit).add(step.gradient);
    };
}

}  // namespace spillway::replay
