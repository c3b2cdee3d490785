#pragma once
// Writes to a descriptor that somebody else may have paused or closed, and can be told to give up.

#include <atomic>
#include <cstdint>
#include <string_view>

#include "spillway/core/time.hpp"

namespace spillway::telemetry {

/// One thread writes; `give_up_at` may come from any thread. SIGPIPE must be blocked or ignored in
/// the writing thread.
class DescriptorWriter {
public:
    /// Does not take `descriptor` over. A pipe or terminal is opened a second time, non-blocking:
    /// setting O_NONBLOCK on the first would change it for every process that shares it.
    explicit DescriptorWriter(int descriptor) noexcept;
    ~DescriptorWriter();
    DescriptorWriter(const DescriptorWriter&) = delete;
    DescriptorWriter& operator=(const DescriptorWriter&) = delete;

    /// Writes all of `bytes`, waiting while the reader is slow. False when it could not be written:
    /// an error, or the time to give up has come; a part may have been written then.
    bool write(std::string_view bytes) noexcept;

    /// From `deadline` on nothing waits or is written any more.
    void give_up_at(core::TimePoint deadline) noexcept {
        give_up_at_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
    }

private:
    bool wait_until_writable() const noexcept;
    [[nodiscard]] bool is_over() const noexcept;

    int descriptor_;
    bool is_own_ = false;
    // A lone number: no other data is published through it, hence relaxed.
    std::atomic<std::int64_t> give_up_at_;
};

}  // namespace spillway::telemetry
