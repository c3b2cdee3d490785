#include "spillway/core/limit/log_linear_histogram.hpp"

namespace spillway::core {

void LogLinearHistogram::merge(const LogLinearHistogram& other) noexcept {
    if (other.count_ == 0) return;
    for (std::size_t i = 0; i < bin_count; ++i) bins_[i] += other.bins_[i];
    count_ += other.count_;
}

double LogLinearHistogram::quantile(double p) const noexcept {
    const double rank = p * static_cast<double>(count_);
    double before = 0;
    for (std::size_t i = 0; i < bin_count; ++i) {
        if (bins_[i] == 0) continue;
        const double in_bin = bins_[i];
        if (before + in_bin >= rank) {
            if (i == 0) return 0;
            const bool is_digit = i < 10;
            const auto decade = is_digit ? 0 : (i - 10) / bins_per_decade;
            const double left = is_digit ? static_cast<double>(i)
                                         : static_cast<double>((i - 10) % bins_per_decade + 10) *
                                               static_cast<double>(powers_of_ten[decade]);
            const double width = is_digit ? 0.1 : static_cast<double>(powers_of_ten[decade]);
            return left + width * (rank - before) / in_bin;
        }
        before += in_bin;
    }
    return 0;
}

}  // namespace spillway::core
