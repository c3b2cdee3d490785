#pragma once
// The parameter `window`: any of the per-sample limits behind the aggregation window.

#include "replay/limit_sample.hpp"
#include "spillway/core/limit/window.hpp"

namespace spillway::replay {

struct WindowParams {
    core::WindowOptions options;
    /// 0: the average.
    double percentile = 0;
    std::size_t capacity = 0;
};

/// Nothing if the parameters have no window, or null.
[[nodiscard]] std::optional<WindowParams> read_window(const Params& params);

/// An instance of this limit, windowed if the parameters say so.
template <class Limit>
[[nodiscard]] Instance replay_limit(Limit limit, const Params& params) {
    const auto window = read_window(params);
    if (!window) return replay_samples(std::move(limit));
    if (window->percentile == 0) {
        return replay_samples(
            core::WindowedLimit(std::move(limit), core::AverageTracker(), window->options));
    }
    return replay_samples(core::WindowedLimit(
        std::move(limit), core::PercentileTracker(window->percentile, window->capacity),
        window->options));
}

}  // namespace spillway::replay
