#pragma once
// Durations in fixed memory, every value known to within 0.4 %.
//
// A value is a power of two and the seven bits after its leading one, as in HDR histograms: below
// 128 ns each nanosecond has a bucket of its own, above that each octave has 128 of equal width. A
// bucket is thus at most 1/128 of its values wide, and its middle at most 1/256 away from any of
// them. Recording is a count of leading zeros, a shift and an increment; a logarithm per sample (a
// log axis of Boost.Histogram) would cost ten times as much and give uneven integers.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "spillway/core/time.hpp"

namespace spillway::scenario {

/// *Shard-local.* 36 KiB, allocated once. From 0 to 73 minutes; longer ones count as 73 minutes,
/// negative ones as 0. Minimum, maximum and mean are exact.
class Histogram {
public:
    static constexpr unsigned precision_bits = 7;
    static constexpr double relative_error_max = 1.0 / (2 << precision_bits);
    static constexpr unsigned octave_max = 42;  // values below 2^42 ns
    static constexpr std::size_t bucket_count =
        (octave_max - precision_bits + 1) * (std::size_t{1} << precision_bits);

    Histogram() : counts_(std::make_unique<Counts>()) {}

    /// O(1), no allocation.
    void record(core::Duration d) noexcept {
        const std::uint64_t ns = clamped(d);
        ++(*counts_)[index_of(ns)];
        ++count_;
        sum_ns_ += static_cast<double>(ns);
        if (ns < min_ns_) min_ns_ = ns;
        if (ns > max_ns_) max_ns_ = ns;
    }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// All zero while nothing is recorded.
    [[nodiscard]] core::Duration min() const noexcept;
    [[nodiscard]] core::Duration max() const noexcept;
    [[nodiscard]] core::Duration mean() const noexcept;

    /// The smallest recorded value that at least the share `fraction` (0..1) of all do not exceed,
    /// to within `relative_error_max`; never outside min()..max(), which are exact. Zero while
    /// nothing is recorded. O(buckets).
    [[nodiscard]] core::Duration at(double fraction) const noexcept;

    /// How many recorded values are at most `d`; those in the bucket of `d` count as such.
    [[nodiscard]] std::uint64_t count_up_to(core::Duration d) const noexcept;

    void merge(const Histogram& other) noexcept;
    void clear() noexcept;

    [[nodiscard]] static constexpr std::size_t index_of(std::uint64_t ns) noexcept {
        if (ns < sub_buckets) return static_cast<std::size_t>(ns);
        const unsigned octave = static_cast<unsigned>(std::bit_width(ns)) - 1;
        const unsigned shift = octave - precision_bits;
        return (static_cast<std::size_t>(shift) << precision_bits) +
               static_cast<std::size_t>(ns >> shift);
    }
    /// The lowest value of a bucket, and how many nanoseconds it is wide.
    [[nodiscard]] static constexpr std::uint64_t lowest_of(std::size_t index) noexcept {
        if (index < 2 * sub_buckets) return index;
        const auto shift = static_cast<unsigned>(index >> precision_bits) - 1;
        return static_cast<std::uint64_t>(index - (std::size_t{shift} << precision_bits)) << shift;
    }
    [[nodiscard]] static constexpr std::uint64_t width_of(std::size_t index) noexcept {
        return index < 2 * sub_buckets ? 1 : std::uint64_t{1} << ((index >> precision_bits) - 1);
    }

private:
    static constexpr std::uint64_t sub_buckets = std::uint64_t{1} << precision_bits;
    using Counts = std::array<std::uint64_t, bucket_count>;

    static std::uint64_t clamped(core::Duration d) noexcept {
        constexpr std::int64_t top = (std::int64_t{1} << octave_max) - 1;
        const std::int64_t ns = d.count();
        return static_cast<std::uint64_t>(ns < 0 ? 0 : ns > top ? top : ns);
    }

    std::unique_ptr<Counts> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t min_ns_ = ~std::uint64_t{0};
    std::uint64_t max_ns_ = 0;
    double sum_ns_ = 0;
};

}  // namespace spillway::scenario
