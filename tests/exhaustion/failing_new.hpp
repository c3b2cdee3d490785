#pragma once
// An operator new that fails when it is told to.

#include <cstddef>
#include <cstdint>

namespace spillway::testing {

/// Allocations from here on may fail; below, app::MemoryReserve stands in for a machine that has no
/// memory left (and Asio does not survive that one of its own does).
inline constexpr std::size_t large_bytes = 1024;

/// While one lives, large allocations of this thread are counted, and the one with the number given
/// (1 is the first since the last reset) throws std::bad_alloc. At most one at a time on a thread.
class FailingAllocations {
public:
    static constexpr std::uint64_t none = 0;

    explicit FailingAllocations(std::uint64_t fails_at) noexcept;
    FailingAllocations(const FailingAllocations&) = delete;
    FailingAllocations& operator=(const FailingAllocations&) = delete;
    ~FailingAllocations();
};

/// Of this thread within scopes, since the last reset.
[[nodiscard]] std::uint64_t allocations_counted() noexcept;
void reset_allocations() noexcept;

}  // namespace spillway::testing
