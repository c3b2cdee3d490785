#include "scenario/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace spillway::scenario {

using core::Duration;

namespace {
Duration from_ns(std::uint64_t ns) noexcept { return Duration{static_cast<std::int64_t>(ns)}; }
}  // namespace

Duration Histogram::min() const noexcept { return count_ == 0 ? Duration{0} : from_ns(min_ns_); }

Duration Histogram::max() const noexcept { return from_ns(max_ns_); }

Duration Histogram::mean() const noexcept {
    if (count_ == 0) return Duration{0};
    return Duration{static_cast<std::int64_t>(std::llround(sum_ns_ / static_cast<double>(count_)))};
}

Duration Histogram::at(double fraction) const noexcept {
    if (count_ == 0) return Duration{0};
    // Rounded up with a grain of salt: 0.99 * 100 is a little more than 99 in binary.
    const double exact = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_);
    const auto rank = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(exact - 1e-9 * static_cast<double>(count_))));
    if (rank >= count_) return max();
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
        seen += (*counts_)[i];
        if (seen < rank) continue;
        const std::uint64_t middle = lowest_of(i) + width_of(i) / 2;
        return from_ns(std::clamp(middle, min_ns_, max_ns_));
    }
    return max();
}

std::uint64_t Histogram::count_up_to(Duration d) const noexcept {
    if (d.count() < 0) return 0;
    const std::size_t last = index_of(clamped(d));
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i <= last; ++i) sum += (*counts_)[i];
    return sum;
}

void Histogram::merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < bucket_count; ++i) (*counts_)[i] += (*other.counts_)[i];
    count_ += other.count_;
    sum_ns_ += other.sum_ns_;
    min_ns_ = std::min(min_ns_, other.min_ns_);
    max_ns_ = std::max(max_ns_, other.max_ns_);
}

void Histogram::clear() noexcept {
    if (count_ == 0) return;
    counts_->fill(0);
    count_ = 0;
    sum_ns_ = 0;
    min_ns_ = ~std::uint64_t{0};
    max_ns_ = 0;
}

}  // namespace spillway::scenario
