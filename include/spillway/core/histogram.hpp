#pragma once
// Durations from a millisecond to half a minute, counted in fixed buckets.

#include <array>
#include <cstddef>
#include <cstdint>

#include "spillway/core/cell.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// Upper bounds of the buckets, inclusive, in seconds; one bucket more takes what is above them.
/// About 2.5 apart, so that a quantile read from them is good to the figure that matters.
inline constexpr std::array histogram_bounds_s{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                               0.5,   1.0,    2.5,   5.0,  10.0,  15.0, 30.0};
inline constexpr std::size_t histogram_buckets = histogram_bounds_s.size() + 1;

/// Sums of any number of cells. A plain value; counts are per bucket, not cumulative.
struct HistogramSnapshot {
    std::array<std::uint64_t, histogram_buckets> buckets{};
    std::uint64_t count = 0;
    double sum_s = 0;
};

/// The duration below which that part of what was observed lies, linear within a bucket; of those
/// above all bounds, the last bound. Zero when nothing was. *Pure.*
[[nodiscard]] Duration quantile(const HistogramSnapshot& observed, double part) noexcept;

/// One thread observes, any thread reads (see Counter). No allocation, no lock.
class Histogram {
public:
    void observe(Duration d) noexcept {
        const std::int64_t ns = d.count() > 0 ? d.count() : 0;
        buckets_[bucket_of(ns)].add();
        sum_ns_.add(static_cast<std::uint64_t>(ns));
    }

    /// Adds this cell's counts to `out`. `count` is that of the buckets read, so the two always
    /// agree; `sum_s` may be ahead or behind by what is observed meanwhile.
    void snapshot(HistogramSnapshot& out) const noexcept {
        for (std::size_t i = 0; i < histogram_buckets; ++i) {
            const std::uint64_t n = buckets_[i].value();
            out.buckets[i] += n;
            out.count += n;
        }
        out.sum_s += static_cast<double>(sum_ns_.value()) * 1e-9;
    }

private:
    static constexpr auto bounds_ns = [] {
        std::array<std::int64_t, histogram_bounds_s.size()> ns{};
        for (std::size_t i = 0; i < ns.size(); ++i) {
            ns[i] = static_cast<std::int64_t>(histogram_bounds_s[i] * 1e9 + 0.5);
        }
        return ns;
    }();

    /// Refusals are in the first bucket. Else fifteen comparisons and no branch: faster than a
    /// search that mispredicts.
    static std::size_t bucket_of(std::int64_t ns) noexcept {
        if (ns <= bounds_ns[0]) return 0;
        std::size_t above = 0;
        for (const std::int64_t bound : bounds_ns) above += static_cast<std::size_t>(ns > bound);
        return above;
    }

    std::array<Counter, histogram_buckets> buckets_;
    Counter sum_ns_;  // wraps after 584 years of latency
};

}  // namespace spillway::core
