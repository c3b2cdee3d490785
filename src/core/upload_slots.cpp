#include "spillway/core/upload_slots.hpp"

#include <algorithm>

#include "spillway/core/assert.hpp"

namespace spillway::core {

UploadSlots::UploadSlots(Options options)
    : uploads_(options.slots_max),
      slots_max_(options.slots_max),
      judged_after_(options.judged_after),
      nobody_before_(TimePoint::min()) {
    SPILLWAY_ASSERT(options.slots_max > 0 && options.judged_after > Duration::zero());
    for (std::uint32_t i = 0; i + 1 < options.slots_max; ++i) uploads_[i].next_free = i + 1;
}

UploadSlots::Acquisition UploadSlots::acquire(TimePoint now, std::uint64_t owner) noexcept {
    if (used_ < slots_max_) {
        const std::uint32_t index = free_;
        free_ = uploads_[index].next_free;
        return {Kind::acquired, begin(index, now, owner), 0};
    }
    if (used_ > slots_max_) return {};
    const std::uint32_t index = slowest(now);
    if (index == none) return {};
    const std::uint64_t victim = uploads_[index].owner;
    end(index);
    return {Kind::evicted, begin(index, now, owner), victim};
}

bool UploadSlots::note_bytes(Slot slot, std::uint64_t bytes) noexcept {
    if (!holds(slot)) return false;
    uploads_[slot.index].bytes += bytes;
    return true;
}

bool UploadSlots::release(Slot slot) noexcept {
    if (!holds(slot)) return false;
    end(slot.index);
    uploads_[slot.index].next_free = free_;
    free_ = slot.index;
    return true;
}

void UploadSlots::set_slots_max(std::uint32_t slots_max) {
    SPILLWAY_ASSERT(slots_max > 0);
    const auto had = static_cast<std::uint32_t>(uploads_.size());
    if (slots_max > had) uploads_.resize(slots_max);
    for (std::uint32_t i = had; i < slots_max; ++i) {
        uploads_[i].next_free = free_;
        free_ = i;
    }
    slots_max_ = slots_max;
}

bool UploadSlots::holds(Slot slot) const noexcept {
    return slot.index < uploads_.size() && uploads_[slot.index].live &&
           uploads_[slot.index].generation == slot.generation;
}

UploadSlots::Slot UploadSlots::begin(std::uint32_t index, TimePoint now,
                                     std::uint64_t owner) noexcept {
    Upload& upload = uploads_[index];
    upload.begun = now;
    upload.bytes = 0;
    upload.owner = owner;
    upload.live = true;
    ++used_;
    return {index, upload.generation};
}

void UploadSlots::end(std::uint32_t index) noexcept {
    uploads_[index].live = false;
    ++uploads_[index].generation;
    --used_;
}

std::uint32_t UploadSlots::slowest(TimePoint now) noexcept {
    if (now < nobody_before_) return none;
    std::uint32_t found = none;
    double lowest_rate = 0;
    TimePoint oldest = never;
    for (std::uint32_t i = 0; i < uploads_.size(); ++i) {
        const Upload& upload = uploads_[i];
        if (!upload.live) continue;
        oldest = std::min(oldest, upload.begun);
        const Duration age = now - upload.begun;
        if (age < judged_after_) continue;
        const double rate = static_cast<double>(upload.bytes) / to_seconds(age);
        if (found == none || rate < lowest_rate) {
            found = i;
            lowest_rate = rate;
        }
    }
    // Newcomers are younger than all these, so nobody comes of age before the oldest does.
    if (found == none) nobody_before_ = after(oldest, judged_after_);
    return found;
}

}  // namespace spillway::core
