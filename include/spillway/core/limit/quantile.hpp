#pragma once
// The exact quantile of a bounded number of samples, beside the histogram of LogLinearHistogram.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "spillway/core/assert.hpp"

namespace spillway::core {

/// The ceil(p * n)-th smallest of the samples. When full, further ones are ignored. Allocates at
/// construction. *Pure*; a regular value. add() is O(1), quantile() O(n).
class NearestRank {
public:
    explicit NearestRank(std::size_t capacity) : capacity_(capacity) {
        SPILLWAY_ASSERT(capacity > 0);
        values_.reserve(capacity);
    }

    void add(std::int64_t value) noexcept {
        if (values_.size() < capacity_) values_.push_back(value);
    }
    void clear() noexcept { values_.clear(); }

    [[nodiscard]] std::uint64_t count() const noexcept { return values_.size(); }
    [[nodiscard]] bool is_full() const noexcept { return values_.size() == capacity_; }
    /// p from 0 to 1; 0 when empty. Reorders what is stored, nothing else.
    [[nodiscard]] double quantile(double p) noexcept {
        if (values_.empty()) return 0;
        const double rank = std::ceil(p * static_cast<double>(values_.size()));
        const auto k = std::clamp<std::size_t>(static_cast<std::size_t>(rank), 1, values_.size());
        const auto kth = values_.begin() + static_cast<std::ptrdiff_t>(k - 1);
        std::nth_element(values_.begin(), kth, values_.end());
        return static_cast<double>(*kth);
    }

private:
    std::size_t capacity_;
    std::vector<std::int64_t> values_;
};

}  // namespace spillway::core
