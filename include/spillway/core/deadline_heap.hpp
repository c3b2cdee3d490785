#pragma once
// The earliest of up to `capacity` deadlines.

#include "spillway/core/index_heap.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Shard-local.* An IndexHeap of instants that has an answer when it is empty, too.
class DeadlineHeap : public IndexHeap<TimePoint> {
public:
    using IndexHeap::IndexHeap;

    /// The earliest deadline, or `never`.
    [[nodiscard]] TimePoint earliest() const noexcept { return empty() ? never : least(); }
};

}  // namespace spillway::core
