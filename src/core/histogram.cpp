#include "spillway/core/histogram.hpp"

namespace spillway::core {

Duration quantile(const HistogramSnapshot& observed, double part) noexcept {
    const double wanted = part * static_cast<double>(observed.count);
    double below = 0;
    double low = 0;
    for (std::size_t i = 0; i < histogram_bounds_s.size(); ++i) {
        const double high = histogram_bounds_s[i];
        const auto in_bucket = static_cast<double>(observed.buckets[i]);
        if (in_bucket > 0 && below + in_bucket >= wanted) {
            low += (high - low) * (wanted - below) / in_bucket;
            break;
        }
        below += in_bucket;
        low = high;
    }
    if (observed.count == 0) return Duration::zero();
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(low));
}

}  // namespace spillway::core
