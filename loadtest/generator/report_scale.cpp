#include "generator/report_scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "generator/report_text.hpp"

namespace spillway::loadtest {

namespace {

constexpr std::array<double, 3> round_factors{1, 2, 5};

/// The smallest 1, 2 or 5 times a power of ten that is at least `value`.
double round_up(double value) {
    const double decade = std::pow(10, std::floor(std::log10(value)));
    for (const double factor : round_factors) {
        if (factor * decade >= value * (1 - 1e-9)) return factor * decade;
    }
    return 10 * decade;
}

double round_down(double value) {
    const double decade = std::pow(10, std::floor(std::log10(value)));
    double below = decade;
    for (const double factor : round_factors) {
        if (factor * decade <= value * (1 + 1e-9)) below = factor * decade;
    }
    return below;
}

}  // namespace

double Scale::at(double value) const {
    const double inside = std::clamp(value, low_, high_);
    if (!is_log_) return (inside - low_) / (high_ - low_);
    return std::log(inside / low_) / std::log(high_ / low_);
}

Axis linear_axis(double high, int count, std::string title) {
    high = std::max(high, 1e-6);
    const double step = round_up(high / count);
    const double steps = std::ceil(high / step * (1 - 1e-9));
    Axis axis{Scale::linear(0, steps * step), {}, std::move(title)};
    for (double i = 0; i <= steps; ++i) axis.ticks.push_back({i * step, number_text(i * step)});
    return axis;
}

Axis latency_axis(double low_ms, double high_ms, std::string title) {
    double low = round_down(std::max(low_ms, 1e-6));
    double high = round_up(std::max(high_ms, low));
    if (high < 10 * low) {
        low = std::pow(10, std::floor(std::log10(low)));
        high = std::max(high, 10 * low);
    }
    const bool has_all = std::log10(high / low) < 4.2;  // more decades leave no room for 2 and 5
    Axis axis{Scale::logarithmic(low, high), {}, std::move(title)};
    for (double decade = std::pow(10, std::floor(std::log10(low) + 1e-9)); decade <= high * 1.001;
         decade *= 10) {
        for (const double factor : round_factors) {
            const double value = factor * decade;
            if (value < low * 0.999 || value > high * 1.001) continue;
            axis.ticks.push_back({value, factor == 1 || has_all ? ms_text(value) : ""});
        }
    }
    return axis;
}

Axis time_axis(double length_s) {
    const double length = std::max(length_s, 0.1);
    const double unit = length >= 600 ? 60 : 1;
    const double step = round_up(length / unit / 10);
    Axis axis{Scale::linear(0, length), {}, unit > 1 ? "minutes" : "seconds"};
    for (double i = 0; i * step * unit <= length * (1 + 1e-9); ++i) {
        axis.ticks.push_back({i * step * unit, number_text(i * step)});
    }
    return axis;
}

Axis nines_axis(double count) {
    const double high = std::max(std::log10(std::max(count, 1.0)), 1.0);
    Axis axis{Scale::linear(0, high * 1.02), {}, "percentile"};
    axis.ticks.push_back({0, "0 %"});
    axis.ticks.push_back({nines(0.5, count), "50 %"});
    double left = 0.1;
    for (double at = 1; at <= high + 1e-9; ++at, left /= 10) {
        axis.ticks.push_back({at, percentile_text(1 - left)});
    }
    return axis;
}

double nines(double fraction, double count) {
    const double left = std::max(1 - fraction, 1 / std::max(count, 1.0));
    return -std::log10(left);
}

}  // namespace spillway::loadtest
