#pragma once
// The latest N of a stream: a ring that drops its oldest element rather than refuse or wait.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "spillway/core/assert.hpp"

namespace spillway::core {

/// *Pure*, not thread-safe. Every operation is O(1); the ring itself allocates at construction
/// only. What is lost is counted, never hidden.
template <class T>
class LatestN {
public:
    /// Room for `capacity` elements, at least 1.
    explicit LatestN(std::size_t capacity) : ring_(capacity) { SPILLWAY_ASSERT(capacity > 0); }

    /// Appends; when full, the oldest element makes room. True if one was overwritten.
    bool push(T value) {
        std::optional<T>& place = ring_[(oldest_ + size_) % ring_.size()];
        place.emplace(std::move(value));
        if (size_ < ring_.size()) {
            ++size_;
            return false;
        }
        oldest_ = (oldest_ + 1) % ring_.size();
        ++overwritten_;
        return true;
    }

    /// Takes the oldest element, if there is one.
    [[nodiscard]] std::optional<T> pop() {
        if (size_ == 0) return std::nullopt;
        std::optional<T> value = std::exchange(ring_[oldest_], std::nullopt);
        oldest_ = (oldest_ + 1) % ring_.size();
        --size_;
        return value;
    }

    /// The i-th element, 0 being the oldest.
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept {
        SPILLWAY_ASSERT(i < size_);
        return *ring_[(oldest_ + i) % ring_.size()];
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t capacity() const noexcept { return ring_.size(); }
    /// How many elements were lost to newer ones since construction.
    [[nodiscard]] std::uint64_t overwritten() const noexcept { return overwritten_; }

private:
    std::vector<std::optional<T>> ring_;
    std::size_t oldest_ = 0;
    std::size_t size_ = 0;
    std::uint64_t overwritten_ = 0;
};

}  // namespace spillway::core
