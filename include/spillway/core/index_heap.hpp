#pragma once
// The least of up to `capacity` ranks: a binary min-heap over small integer keys that knows where
// each key sits, so that any key can be removed or ranked anew.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "spillway/core/assert.hpp"

namespace spillway::core {

/// *Shard-local.* Keys are 0..capacity-1, each at most once. O(log n) to push, erase and change,
/// O(1) to look; allocates at construction and in widen() only. Equal ranks come out in no
/// particular order.
template <class Rank>
class IndexHeap {
public:
    explicit IndexHeap(std::uint32_t capacity) : position_(capacity, absent) {
        heap_.reserve(capacity);
    }
    IndexHeap(const IndexHeap& other) : position_(other.position_) {
        heap_.reserve(position_.size());
        heap_ = other.heap_;
    }
    IndexHeap(IndexHeap&&) noexcept = default;
    IndexHeap& operator=(const IndexHeap& other) {
        if (this != &other) *this = IndexHeap(other);
        return *this;
    }
    IndexHeap& operator=(IndexHeap&&) noexcept = default;
    ~IndexHeap() = default;

    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }

    /// The least rank, and a key that has it; the heap must not be empty.
    [[nodiscard]] const Rank& least() const noexcept {
        SPILLWAY_ASSERT(!heap_.empty());
        return heap_.front().rank;
    }
    [[nodiscard]] std::uint32_t top() const noexcept {
        SPILLWAY_ASSERT(!heap_.empty());
        return heap_.front().key;
    }
    /// Makes room for keys below `capacity`, if there is not.
    void widen(std::uint32_t capacity) {
        if (capacity <= position_.size()) return;
        heap_.reserve(capacity);
        position_.resize(capacity, absent);
    }
    [[nodiscard]] bool contains(std::uint32_t key) const noexcept {
        return key < position_.size() && position_[key] != absent;
    }

    void push(std::uint32_t key, Rank rank) noexcept {
        SPILLWAY_ASSERT(key < position_.size() && position_[key] == absent);
        heap_.push_back({rank, key});  // within the reserved capacity
        rise(heap_.size() - 1, {rank, key});
    }

    void change(std::uint32_t key, Rank rank) noexcept {
        SPILLWAY_ASSERT(contains(key));
        settle(position_[key], {rank, key});
    }

    void erase(std::uint32_t key) noexcept {
        SPILLWAY_ASSERT(contains(key));
        const std::size_t hole = position_[key];
        const Entry last = heap_.back();
        heap_.pop_back();
        position_[key] = absent;
        if (hole < heap_.size()) settle(hole, last);
    }

private:
    static constexpr std::uint32_t absent = UINT32_MAX;
    struct Entry {
        Rank rank;
        std::uint32_t key;
    };

    void put(std::size_t i, const Entry& entry) noexcept {
        heap_[i] = entry;
        position_[entry.key] = static_cast<std::uint32_t>(i);
    }

    // Both move a hole and fill it once, with `entry`, where it belongs.

    void settle(std::size_t hole, const Entry& entry) noexcept {
        if (hole > 0 && entry.rank < heap_[(hole - 1) / 2].rank) return rise(hole, entry);
        const std::size_t size = heap_.size();
        for (;;) {
            std::size_t least = 2 * hole + 1;
            if (least >= size) break;
            if (least + 1 < size && heap_[least + 1].rank < heap_[least].rank) ++least;
            if (!(heap_[least].rank < entry.rank)) break;
            put(hole, heap_[least]);
            hole = least;
        }
        put(hole, entry);
    }

    void rise(std::size_t hole, const Entry& entry) noexcept {
        while (hole > 0) {
            const std::size_t parent = (hole - 1) / 2;
            if (!(entry.rank < heap_[parent].rank)) break;
            put(hole, heap_[parent]);
            hole = parent;
        }
        put(hole, entry);
    }

    std::vector<Entry> heap_;
    std::vector<std::uint32_t> position_;  // of each key in heap_
};

}  // namespace spillway::core
