#pragma once
// Which request bodies may be read at the same time, and which of them gives way when all slots are
// taken.
//
// Slow uploads must not keep others out: a client that sends a byte a second would hold its slot
// for as long as it likes. When all slots are taken a newcomer therefore takes that of the upload
// with the lowest average byte rate, provided it is old enough to be judged; young ones are safe,
// else a burst of newcomers would evict each other. A fixed minimum rate was rejected: on a quiet
// server a slow mobile client harms nobody.

#include <cstdint>
#include <vector>

#include "spillway/core/time.hpp"

namespace spillway::core {

/// *Pure*, allocates at construction and in set_slots_max() only. The owner serialises calls.
class UploadSlots {
public:
    struct Options {
        std::uint32_t slots_max = 1024;                   // at least 1
        Duration judged_after = std::chrono::seconds{1};  // younger uploads are not evicted
    };

    /// A held slot. The generation makes that of an evicted upload worthless.
    struct Slot {
        std::uint32_t index = UINT32_MAX;
        std::uint32_t generation = 0;

        friend constexpr bool operator==(const Slot&, const Slot&) noexcept = default;
    };

    enum class Kind : std::uint8_t {
        acquired,  // `slot` is the newcomer's
        evicted,   // likewise, and the upload of `victim` has lost it: answer it with 408
        full,      // no slot, and nobody old enough to give way: 503 ingest_full
    };
    struct Acquisition {
        Kind kind = Kind::full;
        Slot slot;
        std::uint64_t victim = 0;  // the evicted upload's `owner`
    };

    explicit UploadSlots(Options options);

    /// A slot for an upload that begins now; `owner` is whatever leads the caller back to it. O(1)
    /// while a slot is free, else O(slots), at most once per `judged_after` if nobody can give way.
    [[nodiscard]] Acquisition acquire(TimePoint now, std::uint64_t owner) noexcept;

    /// `bytes` of the body have come. False: the slot is lost, nothing was noted. O(1).
    bool note_bytes(Slot slot, std::uint64_t bytes) noexcept;

    /// Ends an upload. False: it had lost its slot already, which is no error. O(1).
    bool release(Slot slot) noexcept;

    /// Fewer than are held refuse newcomers, at nobody's expense, until enough have been released.
    /// O(slots).
    void set_slots_max(std::uint32_t slots_max);

    [[nodiscard]] bool holds(Slot slot) const noexcept;
    [[nodiscard]] std::uint32_t used() const noexcept { return used_; }
    [[nodiscard]] std::uint32_t slots_max() const noexcept { return slots_max_; }

private:
    static constexpr std::uint32_t none = UINT32_MAX;
    struct Upload {
        TimePoint begun{};
        std::uint64_t bytes = 0;
        std::uint64_t owner = 0;
        std::uint32_t generation = 0;
        std::uint32_t next_free = none;
        bool live = false;
    };

    Slot begin(std::uint32_t index, TimePoint now, std::uint64_t owner) noexcept;
    void end(std::uint32_t index) noexcept;
    [[nodiscard]] std::uint32_t slowest(TimePoint now) noexcept;

    std::vector<Upload> uploads_;  // never fewer than slots_max_
    std::uint32_t slots_max_;
    Duration judged_after_;
    TimePoint nobody_before_{};  // no live upload is old enough earlier than this
    std::uint32_t free_ = 0;
    std::uint32_t used_ = 0;
};

}  // namespace spillway::core
