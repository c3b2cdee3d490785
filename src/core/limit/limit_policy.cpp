#include "spillway/core/limit/limit_policy.hpp"

#include <algorithm>
#include <array>

#include "spillway/core/assert.hpp"

namespace spillway::core {
namespace {

/// What is left of the limit where the gain is flat and no shorter latency is known.
constexpr double retreat_keeps = 0.75;
/// A mean latency so far above the shortest has a queue in it.
constexpr double queued_min = 1.15;
/// Throughput below this share of the usual is a loss, not noise.
constexpr double loss_max = 0.9;

/// Where twice as many get twice as much done, steps up are at least this large.
constexpr double stride = 1.15;

/// When nothing has moved for so many windows, so much of the limit is left for two. Few at first,
/// when the start may be far off; each time that nothing comes of it twice as many.
constexpr std::uint32_t patience_min = 5;
constexpr std::uint32_t patience_max = 20;
constexpr std::uint32_t explore_windows = 2;
constexpr double explore_keeps = 0.85;
/// Limits below this are explored by nobody: one more or less is too coarse.
constexpr double explore_min = 4;

/// Of the limit: a window that came this close has reached it.
constexpr double reached_share = 0.9;

template <class Limit>
constexpr bool can_be_set = requires(Limit& limit) { limit.set_limit(1.0); };
template <class Limit>
constexpr bool has_baseline = requires(Limit& limit) { limit.cap_baseline(Duration{}); };

}  // namespace

LimitPolicy::LimitPolicy(const LimitPolicyOptions& options, TimePoint start) noexcept
    : options_(options),
      algorithm_(make(options, start)),
      baseline_(options.cures.baseline),
      shortest_mean_({.drift_max = 1, .span = options.cures.baseline.span}),
      gain_(options.cures.gain),
      patience_(patience_min),
      window_began_(start),
      next_update_(kind() == LimitKind::fixed ? never : after(start, options.window.window_min)) {
    SPILLWAY_ASSERT(options.bounds.min > 0 && options.bounds.min <= options.bounds.max);
}

TimePoint LimitPolicy::epoch() const noexcept {
    return std::visit(
        [](const auto& limit) {
            if constexpr (requires { limit.epoch(); }) return limit.epoch();
            return TimePoint::min();
        },
        algorithm_);
}

std::uint32_t LimitPolicy::update(TimePoint now, const WindowSample& collected) noexcept {
    window_.merge(collected);
    if (now < next_update_) return limit();
    const double before = exact();
    note_gain(now);
    const LimitReason told = judge(now);
    if (told == LimitReason::too_few) {
        reason_ = told;
        next_update_ = after(now, options_.window.window_min);
        if (now < after(window_began_, options_.carry_max)) return limit();
    } else {
        reason_ = cure(now, told, before);
    }
    begin_window(now);
    return limit();
}

LimitReason LimitPolicy::judge(TimePoint now) noexcept {
    return std::visit([this, now](auto& limit) { return tell(limit, now); }, algorithm_);
}

LimitReason LimitPolicy::tell(FixedLimit&, TimePoint) noexcept { return LimitReason::steady; }

/// Failures are all that it has to go by, so that one is enough.
LimitReason LimitPolicy::tell(AimdLimit& limit, TimePoint now) noexcept {
    if (!is_enough() && window_.overloaded() == 0) return LimitReason::too_few;
    return limit.on_sample(
        now, {.rtt = latency(),
              .in_flight = window_.in_flight_max(),
              .outcome = window_.overloaded() > 0 ? Outcome::overloaded : Outcome::success});
}

LimitReason LimitPolicy::tell(GradientMinRttLimit<LogLinearHistogram>& limit,
                              TimePoint now) noexcept {
    if (has_failed()) {
        set_limit(exact() * options_.cures.overload.factor(window_.overloaded(), window_.count()));
        limit.advance(now);
        return LimitReason::overload;
    }
    if (!is_enough() && !limit.in_rtt_min_window()) return LimitReason::too_few;
    if (is_enough()) baseline_.note(now, latency());
    return limit.on_window(now, window_.latencies_ns());
}

LimitReason LimitPolicy::tell(SloLimit& limit, TimePoint now) noexcept {
    return limit.on_window(now, window_);
}

template <class Limit>
LimitReason LimitPolicy::tell(Limit& limit, TimePoint now) noexcept {
    if (has_failed()) {
        set_limit(exact() * options_.cures.overload.factor(window_.overloaded(), window_.count()));
        return LimitReason::overload;
    }
    if (!is_enough()) return LimitReason::too_few;
    baseline_.note(now, latency());
    const bool is_shown = options_.cures.overload.share_min > 1 && window_.overloaded() > 0;
    return limit.on_sample(now, {.rtt = latency(),
                                 .in_flight = window_.in_flight_max(),
                                 .outcome = is_shown ? Outcome::overloaded : Outcome::success});
}

LimitReason LimitPolicy::cure(TimePoint now, LimitReason reason, double before) noexcept {
    reason = weigh(now, reason, before);
    set_limit(exact());
    if (const Duration bound = baseline_.bound(); bound > Duration::zero()) {
        std::visit(
            [this, bound](auto& limit) {
                if constexpr (has_baseline<std::remove_reference_t<decltype(limit)>>)
                    limit.cap_baseline(std::max(bound, options_.cures.rtt_resolution));
            },
            algorithm_);
    }
    return reason;
}

LimitReason LimitPolicy::weigh(TimePoint now, LimitReason reason, double before) noexcept {
    if (!gain_.is_on() || !is_reached_ || reason == LimitReason::overload) return reason;
    shortest_mean_.note(now, window_.rtt_mean());
    const Gain gain = gain_.verdict();
    windows_unknown_ = gain == Gain::unknown ? windows_unknown_ + 1 : 0;
    const double next = exact();
    const bool is_beyond = gain == Gain::flat && (next >= before || gain_.is_loss());
    if (is_beyond) return retreat(throughput(now), before);
    if (gain == Gain::proportional && next < before && reason == LimitReason::latency) {
        set_limit(before);
        return LimitReason::floor;
    }
    if (gain == Gain::proportional && next > before) set_limit(std::max(next, before * stride));
    return explore(reason, before);
}

LimitReason LimitPolicy::retreat(double throughput, double before) noexcept {
    windows_explored_ = 0;
    patience_ = patience_min;
    const double usual = gain_.usual_throughput();
    const double shortest_s = to_seconds(shortest_mean_.bound());
    if (throughput < loss_max * usual) {
        // Too far: the knee is behind us, and what was learned beyond it says nothing here.
        set_limit(std::max(before, usual * shortest_s));
        gain_.clear();
        return LimitReason::floor;
    }
    const bool is_queued = to_seconds(window_.rtt_mean()) > queued_min * shortest_s;
    set_limit(is_queued ? std::min(before, usual * shortest_s) : before * retreat_keeps);
    return LimitReason::flat;
}

LimitReason LimitPolicy::explore(LimitReason reason, double before) noexcept {
    if (windows_explored_ > 0) {
        const bool is_over = --windows_explored_ == 0;
        set_limit(is_over ? explored_from_ : std::min(exact(), before));
        return LimitReason::probe;
    }
    if (windows_unknown_ < patience_ || before < explore_min) return reason;
    patience_ = std::min(2 * patience_, patience_max);
    windows_unknown_ = 0;
    windows_explored_ = explore_windows;
    explored_from_ = before;
    set_limit(before * explore_keeps);
    return LimitReason::probe;
}

double LimitPolicy::throughput(TimePoint now) const noexcept {
    const Duration took = now - window_began_;
    return took > Duration::zero() ? static_cast<double>(window_.completed()) / to_seconds(took)
                                   : 0;
}

bool LimitPolicy::has_failed() const noexcept {
    return window_.count() >= options_.window.samples_min &&
           options_.cures.overload.applies(window_.overloaded(), window_.count());
}

bool LimitPolicy::is_enough() const noexcept {
    return window_.successes() >= options_.window.samples_min;
}

Duration LimitPolicy::latency() const noexcept {
    Duration rtt = options_.percentile == 0 ? window_.rtt_mean()
                                            : window_.latency_quantile(options_.percentile);
    if (options_.cures.overload.share_min > 1 && window_.overloaded() > 0) {
        // Nobody keeps them apart: a request that failed is a slow one.
        const double failed =
            static_cast<double>(window_.overloaded()) / static_cast<double>(window_.count());
        const double ns = static_cast<double>(window_.rtt_mean().count()) * (1 - failed) +
                          static_cast<double>(window_.overloaded_mean().count()) * failed;
        rtt = Duration{static_cast<Duration::rep>(ns)};
    }
    return std::max(rtt, options_.cures.rtt_resolution);
}

double LimitPolicy::exact() const noexcept {
    return std::visit([](const auto& limit) { return limit.metrics().limit; }, algorithm_);
}

void LimitPolicy::note_gain(TimePoint now) noexcept {
    const double limit = this->limit();
    is_reached_ = window_.in_flight_max() >= reached_share * limit && is_enough();
    if (is_reached_) gain_.note(limit, throughput(now));
}

void LimitPolicy::set_limit(double limit) noexcept {
    const double bounded = std::clamp<double>(limit, options_.bounds.min, options_.bounds.max);
    std::visit(
        [bounded](auto& algorithm) {
            if constexpr (can_be_set<std::remove_reference_t<decltype(algorithm)>>)
                algorithm.set_limit(bounded);
        },
        algorithm_);
}

void LimitPolicy::begin_window(TimePoint now) noexcept {
    if (const auto* limit = std::get_if<GradientMinRttLimit<LogLinearHistogram>>(&algorithm_)) {
        // Its timers stand still while there is nothing to tell it.
        const TimePoint due = limit->next_deadline();
        const TimePoint latest = after(now, options_.window.window_min);
        next_update_ = due > now ? std::min(due, latest) : latest;
    } else if (const auto* slo = std::get_if<SloLimit>(&algorithm_)) {
        // The percentile decides: two of those, or the slow ones are not in the window.
        next_update_ = next_window_end(now, slo->metrics().latency, options_.window);
    } else {
        next_update_ = next_window_end(now, window_.rtt_min(), options_.window);
    }
    window_.clear();
    window_began_ = now;
}

std::uint32_t LimitPolicy::limit() const noexcept {
    const auto limit =
        std::visit([](const auto& algorithm) { return algorithm.limit(); }, algorithm_);
    if (kind() == LimitKind::fixed) return limit;
    return std::clamp(limit, options_.bounds.min, options_.bounds.max);
}

LimitMetrics LimitPolicy::metrics() const noexcept {
    LimitMetrics metrics =
        std::visit([](const auto& limit) { return limit.metrics(); }, algorithm_);
    metrics.reason = reason_;
    return metrics;
}

}  // namespace spillway::core
