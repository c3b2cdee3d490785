// The limit of a limiter: the service's defaults of its algorithm, and over them what is
// configured.

#include <algorithm>
#include <array>

#include "config/limiter_options.hpp"

namespace spillway::config {
namespace {

using core::LimitKind;
using core::LimitPolicyOptions;

LimitKind kind_of(const std::string& algorithm) {
    constexpr std::array kinds{
        LimitKind::aimd,     LimitKind::vegas,           LimitKind::gradient2,
        LimitKind::gradient, LimitKind::gradient_minrtt, LimitKind::slo};
    const auto* const found = std::find_if(kinds.begin(), kinds.end(), [&](LimitKind kind) {
        return core::to_string(kind) == algorithm;
    });
    return found == kinds.end() ? LimitKind::fixed : *found;
}

/// Sets what is not `auto`.
template <typename To, typename From>
void set(To& to, const std::optional<From>& from) {
    if (from) to = static_cast<To>(*from);
}

struct Parameters {
    const Limit& from;

    void operator()(core::FixedLimit::Options&) const {}
    void operator()(core::AimdLimit::Options& to) const {
        set(to.backoff_ratio, from.backoff_ratio);
        set(to.timeout, from.timeout);
    }
    void operator()(core::VegasLimit::Options& to) const {
        set(to.smoothing, from.smoothing);
        set(to.alpha, from.alpha);
        set(to.beta, from.beta);
        set(to.threshold, from.threshold);
        set(to.probe_multiplier, from.probe_multiplier);
        set(to.probe_jitter, from.probe_jitter);
    }
    void operator()(core::Gradient2Limit::Options& to) const {
        set(to.smoothing, from.smoothing);
        set(to.rtt_tolerance, from.rtt_tolerance);
        set(to.queue_size, from.queue_size);
        set(to.long_window, from.long_window);
    }
    void operator()(core::GradientLimit::Options& to) const {
        set(to.smoothing, from.smoothing);
        set(to.rtt_tolerance, from.rtt_tolerance);
        set(to.queue_size, from.queue_size);
        set(to.backoff_ratio, from.backoff_ratio);
        set(to.probe_countdown, from.probe_countdown);
        if (to.probe_countdown == 0) to.probe_countdown.reset();
        to.probe_keeps = from.cures.enabled ? from.cures.probe_keeps : 0;
    }
    void operator()(core::GradientMinRttOptions& to) const {
        if (from.aggregate_percentile) to.percentile = *from.aggregate_percentile / 100;
        set(to.buffer_pct, from.buffer_pct);
        set(to.rtt_min_requests, from.min_rtt_request_count);
        set(to.rtt_min_interval, from.min_rtt_interval);
        set(to.update_interval, from.update_interval);
        to.probe_keeps = from.cures.enabled ? from.cures.probe_keeps : 0;
        to.rtt_resolution = from.cures.enabled ? from.cures.rtt_resolution : core::Duration::zero();
    }
    void operator()(core::SloLimit::Options& to) const {
        set(to.target, from.target);
        set(to.percentile, from.quantile);
        set(to.margin, from.margin);
        set(to.growth, from.growth);
        set(to.shrink_min, from.shrink_min);
        set(to.samples_min, from.window.window_size);
        to.overload = {.share_min = from.cures.overload_share, .ratio = from.cures.overload_ratio};
        if (!from.cures.enabled) to.overload = core::LimitCures::none().overload;
    }
};

core::LimitCures cures_of(const LimitCures& from, LimitKind kind) {
    core::LimitCures to = core::LimitCures::none();
    if (!from.enabled) return to;
    to.rtt_resolution = from.rtt_resolution;
    to.overload = {.share_min = from.overload_share, .ratio = from.overload_ratio};
    const core::LimitCures usual = core::LimitCures::of(kind);
    to.baseline = {.healthy_max = from.healthy_max,
                   .drift_max = from.drift_max.value_or(usual.baseline.drift_max),
                   .span = from.drift_span};
    const double flat_max = from.flat_max.value_or(usual.gain.flat_max);
    if (flat_max > 0) to.gain.flat_max = flat_max;
    if (from.proportional_min < 1) to.gain.proportional_min = from.proportional_min;
    return to;
}

}  // namespace

std::optional<LimitPolicyOptions> limit_options(const Limit& limit) {
    if (!limit.is_adaptive()) return std::nullopt;
    LimitPolicyOptions to = LimitPolicyOptions::service(
        kind_of(limit.algorithm),
        {.min = limit.min, .max = limit.max.value(), .initial = limit.initial.value()});
    std::visit(Parameters{limit}, to.algorithm);
    to.window.window_min = limit.window.min_window;
    to.window.window_max = limit.window.max_window;
    set(to.window.samples_min, limit.window.window_size);
    to.percentile = limit.window.percentile;
    if (const auto* own = std::get_if<core::GradientMinRttOptions>(&to.algorithm)) {
        to.percentile = own->percentile;
    }
    to.cures = cures_of(limit.cures, to.kind());
    to.counts_wait = limit.of == "total";
    return to;
}

LimitPolicyOptions policy_options(const Limit& limit) {
    if (auto adaptive = limit_options(limit)) return *std::move(adaptive);
    const std::uint32_t value = limit.value.value();
    auto to = LimitPolicyOptions::service(core::LimitKind::fixed,
                                          {.min = value, .max = value, .initial = value});
    to.algorithm = core::FixedLimit::Options{.value = value};
    return to;
}

}  // namespace spillway::config
