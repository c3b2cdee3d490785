#pragma once
// From values to places on an axis, and the round values that are written beside it. Pure.

#include <string>
#include <vector>

namespace spillway::loadtest {

struct Tick {
    double value = 0;
    std::string label;  // empty: a line without words
};

/// A range of values, as shares 0..1 of the axis.
class Scale {
public:
    /// Pre: low < high.
    [[nodiscard]] static Scale linear(double low, double high) { return {low, high, false}; }
    /// Pre: 0 < low < high.
    [[nodiscard]] static Scale logarithmic(double low, double high) { return {low, high, true}; }

    /// 0 at the low end, 1 at the high end; values beyond stay at the ends.
    [[nodiscard]] double at(double value) const;
    [[nodiscard]] double low() const { return low_; }
    [[nodiscard]] double high() const { return high_; }

private:
    Scale(double low, double high, bool is_log) : low_(low), high_(high), is_log_(is_log) {}

    double low_;
    double high_;
    bool is_log_;
};

struct Axis {
    Scale scale;
    std::vector<Tick> ticks;
    std::string title;
};

/// From 0 to the round number at or above `high`, about `count` steps of 1, 2 or 5 times a power of
/// ten.
[[nodiscard]] Axis linear_axis(double high, int count, std::string title);

/// Milliseconds on a logarithmic axis, from the 1, 2 or 5 below `low` to the one above `high`; at
/// least a decade.
[[nodiscard]] Axis latency_axis(double low_ms, double high_ms, std::string title);

/// Seconds, or minutes from ten of them on.
[[nodiscard]] Axis time_axis(double length_s);

/// Percentiles: each further nine takes the same room. Up to the share 1 - 1 / `count`.
[[nodiscard]] Axis nines_axis(double count);

/// Where the nines axis has a percentile; `count` samples have their maximum at 1 - 1 / count.
[[nodiscard]] double nines(double fraction, double count);

}  // namespace spillway::loadtest
