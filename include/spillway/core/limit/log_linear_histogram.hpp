#pragma once
// Latencies counted in bins of two significant decimal digits: [m, m + 1) * 10^e with m from 10
// to 99.
//
// Fixed memory (6 KiB) and a relative error that is the same for microseconds and for minutes: a
// bin is 1 to 10 % of its value wide, and a quantile is interpolated inside it. It adds and merges
// in integers, so the parts of shards give what one histogram would have given. Sorted samples
// would be exact, but their number is not bounded; digests of a bounded number of points merge
// inexactly.
//
// Source: the bins and the quantile rule of libcircllhist (39f9db72), with integers for its
// decimals.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace spillway::core {

/// *Pure*, not thread-safe; a regular value. add() is O(1), the others O(1540).
class LogLinearHistogram {
public:
    /// A negative value counts as 0, one of 10^18 or more as the largest below it.
    void add(std::int64_t value) noexcept {
        ++bins_[bin_of(value)];
        ++count_;
    }
    void merge(const LogLinearHistogram& other) noexcept;
    void clear() noexcept { *this = {}; }

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// The value at rank p * count, p from 0 to 1; 0 when empty.
    [[nodiscard]] double quantile(double p) const noexcept;

private:
    static constexpr std::size_t decades = 17;
    static constexpr std::size_t bins_per_decade = 90;
    static constexpr std::size_t bin_count = 10 + decades * bins_per_decade;

    static constexpr auto powers_of_ten = [] {
        std::array<std::uint64_t, 19> powers{1};
        for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
        return powers;
    }();

    /// Values below 10 have a bin each.
    static constexpr std::size_t bin_of(std::int64_t value) noexcept {
        if (value < 10) return value < 0 ? 0 : static_cast<std::size_t>(value);
        auto v = static_cast<std::uint64_t>(value);
        if (v >= powers_of_ten.back()) v = powers_of_ten.back() - 1;
        // 1233 / 4096 is log10(2): right, or one too large.
        auto digits = static_cast<std::size_t>((std::bit_width(v) * 1233) >> 12);
        if (v < powers_of_ten[digits]) --digits;
        const std::uint64_t mantissa = v / powers_of_ten[digits - 1];
        return 10 + (digits - 1) * bins_per_decade + static_cast<std::size_t>(mantissa - 10);
    }

    std::array<std::uint32_t, bin_count> bins_{};
    std::uint64_t count_ = 0;
};

}  // namespace spillway::core
