#pragma once
// When to give memory back to the system.
//
// glibc keeps what large images were computed in: buffers that it once had to map it afterwards
// takes from its heaps. Kept from doing so (M_MMAP_THRESHOLD of 1 MiB), or with jemalloc in its
// place, resizes of 1 to 12 megapixels cost 5 to 30 % more CPU time, in page faults. So it keeps
// them while there is work, and is asked to let go when there is none.

#include <cstdint>

#include "spillway/core/time.hpp"

namespace spillway::app {

/// Has all threads allocate from the heap that trimming reaches whole; of others glibc cannot give
/// back the end. For few CPUs: there one heap is no slower (measured with two), and holds half as
/// much. To be called before there are threads.
void use_one_heap();

/// *Pure*; a regular value.
class IdleTrim {
public:
    /// Nothing must have come for so long: a pause between two requests is not the end of work.
    static constexpr core::Duration patience = std::chrono::seconds{5};

    /// To be called every second or so, with how many requests have come so far and how many of
    /// them are not answered yet. True once after each stretch of work, when it is over.
    [[nodiscard]] bool update(core::TimePoint now, std::uint64_t received,
                              std::uint64_t unfinished) noexcept;

private:
    std::uint64_t received_ = 0;
    core::TimePoint busy_at_{};
    bool is_due_ = false;
};

}  // namespace spillway::app
