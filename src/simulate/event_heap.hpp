#pragma once
// Events in the order of their keys; equal keys in the order in which they were added, so that a
// run does not depend on how a heap happens to be built.

#include <algorithm>
#include <cstdint>
#include <vector>

namespace spillway::simulate {

/// A binary heap in a vector. *Shard-local.* push() and pop() are O(log n) and allocate only when
/// there are more events than ever before.
template <class Key>
class EventHeap {
public:
    struct Event {
        Key key;
        std::uint64_t number;  // of the event, counted from the begin
        std::uint32_t slot;
        std::uint32_t generation;
    };

    [[nodiscard]] bool empty() const noexcept { return events_.empty(); }
    [[nodiscard]] const Event& top() const noexcept { return events_.front(); }

    void push(Key key, std::uint32_t slot, std::uint32_t generation) {
        events_.push_back({key, count_++, slot, generation});
        std::push_heap(events_.begin(), events_.end(), is_later);
    }

    void pop() noexcept {
        std::pop_heap(events_.begin(), events_.end(), is_later);
        events_.pop_back();
    }

private:
    static bool is_later(const Event& a, const Event& b) noexcept {
        return b.key < a.key || (!(a.key < b.key) && a.number > b.number);
    }

    std::vector<Event> events_;
    std::uint64_t count_ = 0;
};

}  // namespace spillway::simulate
