#pragma once
// The earliest of up to `capacity` deadlines: a binary min-heap over small integer keys that knows
// where each key sits, so that any key can be removed.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "spillway/core/assert.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Shard-local.* Keys are 0..capacity-1, each at most once. O(log n) to push and erase, O(1) to
/// look; allocates at construction only. Equal deadlines come out in no particular order.
class DeadlineHeap {
public:
    explicit DeadlineHeap(std::uint32_t capacity) : position_(capacity, absent) {
        heap_.reserve(capacity);
    }

    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }

    /// The earliest deadline, or `never`.
    [[nodiscard]] TimePoint earliest() const noexcept {
        return heap_.empty() ? never : heap_.front().deadline;
    }

    /// A key with the earliest deadline; the heap must not be empty.
    [[nodiscard]] std::uint32_t top() const noexcept {
        SPILLWAY_ASSERT(!heap_.empty());
        return heap_.front().key;
    }

    void push(std::uint32_t key, TimePoint deadline) noexcept {
        SPILLWAY_ASSERT(key < position_.size() && position_[key] == absent);
        heap_.push_back({deadline, key});  // within the reserved capacity
        position_[key] = static_cast<std::uint32_t>(heap_.size() - 1);
        sift_up(heap_.size() - 1);
    }

    void erase(std::uint32_t key) noexcept {
        SPILLWAY_ASSERT(key < position_.size() && position_[key] != absent);
        const std::size_t hole = position_[key];
        const std::size_t last = heap_.size() - 1;
        if (hole != last) swap_entries(hole, last);
        heap_.pop_back();
        position_[key] = absent;
        if (hole != last) {
            sift_up(hole);
            sift_down(hole);
        }
    }

private:
    static constexpr std::uint32_t absent = UINT32_MAX;
    struct Entry {
        TimePoint deadline;
        std::uint32_t key;
    };

    void swap_entries(std::size_t a, std::size_t b) noexcept {
        std::swap(heap_[a], heap_[b]);
        position_[heap_[a].key] = static_cast<std::uint32_t>(a);
        position_[heap_[b].key] = static_cast<std::uint32_t>(b);
    }

    void sift_up(std::size_t i) noexcept {
        while (i > 0) {
            const std::size_t parent = (i - 1) / 2;
            if (heap_[parent].deadline <= heap_[i].deadline) return;
            swap_entries(i, parent);
            i = parent;
        }
    }

    void sift_down(std::size_t i) noexcept {
        for (;;) {
            std::size_t least = 2 * i + 1;
            if (least >= heap_.size()) return;
            if (least + 1 < heap_.size() && heap_[least + 1].deadline < heap_[least].deadline)
                ++least;
            if (heap_[i].deadline <= heap_[least].deadline) return;
            swap_entries(i, least);
            i = least;
        }
    }

    std::vector<Entry> heap_;
    std::vector<std::uint32_t> position_;  // of each key in heap_
};

}  // namespace spillway::core
