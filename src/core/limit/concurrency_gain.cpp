#include "spillway/core/limit/concurrency_gain.hpp"

#include <cmath>

namespace spillway::core {
namespace {

/// Below so many windows no error can be estimated.
constexpr double windows_min = 4;

}  // namespace

void ConcurrencyGain::note(double limit, double throughput) noexcept {
    if (!(limit > 0) || !(throughput > 0)) return;
    const double x = std::log(limit);
    const double y = std::log(throughput);
    const double m = options_.memory;
    w_ = w_ * m + 1;
    ww_ = ww_ * m * m + 1;
    x_ = x_ * m + x;
    y_ = y_ * m + y;
    xx_ = xx_ * m + x * x;
    xy_ = xy_ * m + x * y;
    yy_ = yy_ * m + y * y;
}

double ConcurrencyGain::variance_x() const noexcept {
    return w_ > 0 ? std::fmax(0.0, xx_ / w_ - (x_ / w_) * (x_ / w_)) : 0;
}

double ConcurrencyGain::covariance() const noexcept {
    return w_ > 0 ? xy_ / w_ - (x_ / w_) * (y_ / w_) : 0;
}

double ConcurrencyGain::slope() const noexcept {
    const double variance = variance_x();
    return variance < options_.spread_min * options_.spread_min ? 0 : covariance() / variance;
}

double ConcurrencyGain::usual_throughput() const noexcept { return w_ > 0 ? std::exp(y_ / w_) : 0; }

double ConcurrencyGain::standard_error() const noexcept {
    const double windows = w_ * w_ / ww_;  // as many equal ones would weigh the same
    const double variance_y = std::fmax(0.0, yy_ / w_ - (y_ / w_) * (y_ / w_));
    const double rest = std::fmax(0.0, variance_y - slope() * covariance());
    return std::sqrt(rest / variance_x() / (windows - 2));
}

Gain ConcurrencyGain::verdict() const noexcept {
    if (w_ * w_ < windows_min * ww_) return Gain::unknown;
    if (variance_x() < options_.spread_min * options_.spread_min) return Gain::unknown;
    const double gain = slope();
    const double error = standard_error();
    if (gain + error < options_.flat_max) return Gain::flat;
    if (gain - error > options_.proportional_min) return Gain::proportional;
    return Gain::rising;
}

}  // namespace spillway::core
