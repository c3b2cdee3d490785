#pragma once
// Which session a shard's uploads belong to, by a number that other shards may keep.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "spillway/core/assert.hpp"

namespace spillway::http {

class Session;

/// Any number of shards may be told of an upload; when one of them speaks of it, it may be over and
/// its session gone. So its number tells the place of the session in this table, and which of the
/// uploads that have had that place it was. Shard-local. As many places as there have been uploads
/// at a time; numbers come back after 16 million uploads in one place.
class UploadTable {
public:
    explicit UploadTable(std::size_t shard) noexcept
        : shard_bits_(static_cast<std::uint64_t>(shard) << shard_shift) {}

    /// The upload's number, never 0. Amortised O(1); throws std::bad_alloc.
    [[nodiscard]] std::uint64_t enter(Session& session) {
        if (free_ == none) {
            places_.push_back({});
            free_ = places_.size() - 1;
        }
        const std::size_t index = free_;
        Place& place = places_[index];
        free_ = place.next_free;
        place.session = &session;
        place.generation = place.generation % generation_max + 1;
        return shard_bits_ | place.generation << generation_shift | index;
    }
    /// Pre: a number that enter() has returned and that has not left. O(1).
    void leave(std::uint64_t upload) noexcept {
        SPILLWAY_ASSERT(find(upload) != nullptr);
        const std::size_t index = upload & index_max;
        places_[index].session = nullptr;
        places_[index].next_free = free_;
        free_ = index;
    }
    /// Nothing if it is over. O(1).
    [[nodiscard]] Session* find(std::uint64_t upload) const noexcept {
        const std::size_t index = upload & index_max;
        const std::uint64_t generation = upload >> generation_shift & generation_max;
        if (index >= places_.size() || places_[index].generation != generation) return nullptr;
        return places_[index].session;
    }

    [[nodiscard]] static std::size_t shard_of(std::uint64_t upload) noexcept {
        return upload >> shard_shift;
    }

private:
    static constexpr unsigned shard_shift = 48;
    static constexpr unsigned generation_shift = 24;
    static constexpr std::uint64_t index_max = (1U << generation_shift) - 1;
    static constexpr std::uint64_t generation_max = index_max;
    static constexpr std::size_t none = SIZE_MAX;

    struct Place {
        Session* session = nullptr;
        std::uint64_t generation = 0;
        std::size_t next_free = none;
    };

    const std::uint64_t shard_bits_;
    std::vector<Place> places_;
    std::size_t free_ = none;
};

}  // namespace spillway::http
