// What the service uses of each algorithm where nothing is configured: the references' parameters
// but for those that their users had to find out about.

#include <array>

#include "spillway/core/limit/limit_policy.hpp"

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

LimitPolicyOptions::Algorithm defaults_of(LimitKind kind, LimitBounds bounds) noexcept {
    const auto [min, max, initial] = bounds;
    switch (kind) {
        case LimitKind::fixed:
            return FixedLimit::Options{.value = initial};
        case LimitKind::aimd:
            return AimdLimit::Options{.initial = initial, .min = min, .max = max};
        case LimitKind::vegas:
            return VegasLimit::Options{.initial = initial, .max = max};
        case LimitKind::gradient2:
            return Gradient2Limit::Options{.initial = initial, .min = min, .max = max};
        case LimitKind::gradient:
            // A probe every half minute or so, a shallow one.
            return GradientLimit::Options{.initial = initial,
                                          .min = min,
                                          .max = max,
                                          .probe_countdown = 300,
                                          .probe_keeps = 0.75};
        case LimitKind::gradient_minrtt:
            return GradientMinRttOptions{.min = min,
                                         .max = max,
                                         .probe_keeps = 0.75,
                                         .initial = initial,
                                         .rtt_resolution = LimitCures{}.rtt_resolution,
                                         .rtt_unit = 1ns};
        case LimitKind::slo:
            return SloLimit::Options{.initial = initial, .min = min, .max = max};
    }
    return FixedLimit::Options{.value = initial};
}

template <class Options>
Options bounded(Options options, LimitBounds bounds) noexcept {
    options.initial = bounds.initial;
    options.min = bounds.min;
    options.max = bounds.max;
    return options;
}

}  // namespace

std::string_view to_string(LimitKind kind) noexcept {
    constexpr std::array<std::string_view, 7> names{
        "fixed", "aimd", "vegas", "gradient2", "gradient", "gradient_minrtt", "slo"};
    return names[static_cast<std::size_t>(kind)];
}

LimitCures LimitCures::of(LimitKind kind) noexcept {
    LimitCures cures;
    // Its own probes accept a downstream that has become slower, and the bound would not.
    if (kind == LimitKind::vegas) cures.baseline.drift_max = 0;
    // Its objective ends growth, and a limit below it because more would gain little is not what
    // was asked for.
    if (kind == LimitKind::slo) cures.gain.flat_max = -1;
    return cures;
}

LimitCures LimitCures::none() noexcept {
    return {.rtt_resolution = Duration::zero(),
            .overload = {.share_min = 2, .ratio = 1},
            .baseline = {.healthy_max = Duration::zero(), .drift_max = 0},
            .gain = {.flat_max = -1e9, .proportional_min = 1e9}};
}

LimitPolicyOptions LimitPolicyOptions::service(LimitKind kind, LimitBounds bounds) noexcept {
    LimitPolicyOptions options;
    options.algorithm = defaults_of(kind, bounds);
    options.bounds = bounds;
    options.cures = LimitCures::of(kind);
    return options;
}

LimitPolicy::Algorithm LimitPolicy::make(const LimitPolicyOptions& options,
                                         TimePoint start) noexcept {
    struct Maker {
        LimitBounds bounds;
        TimePoint start;

        Algorithm operator()(FixedLimit::Options o) const noexcept { return FixedLimit(o); }
        Algorithm operator()(AimdLimit::Options o) const noexcept {
            return AimdLimit(bounded(o, bounds));
        }
        Algorithm operator()(VegasLimit::Options o) const noexcept {
            o.initial = bounds.initial;
            o.max = bounds.max;
            return VegasLimit(o);
        }
        Algorithm operator()(Gradient2Limit::Options o) const noexcept {
            return Gradient2Limit(bounded(o, bounds));
        }
        Algorithm operator()(GradientLimit::Options o) const noexcept {
            return GradientLimit(bounded(o, bounds));
        }
        Algorithm operator()(GradientMinRttOptions o) const noexcept {
            return GradientMinRttLimit<LogLinearHistogram>(bounded(o, bounds), start, {});
        }
        Algorithm operator()(SloLimit::Options o) const noexcept {
            return SloLimit(bounded(o, bounds));
        }
    };
    return std::visit(Maker{options.bounds, start}, options.algorithm);
}

}  // namespace spillway::core
