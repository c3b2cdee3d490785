#pragma once
// How limiters that share a pool pass its room on when their limits change.
//
// New limits sum to what the pool takes, and so did the old ones; but whoever has less from now on
// still holds what it held, until its work is done. Would the others grow at once, the pool would
// be given more than it takes, and refuse what admission has let in. So each grows by what has
// really been given back, and the first in line first.

#include <algorithm>
#include <cstdint>
#include <span>

namespace spillway::core {

/// One limiter's part of the room. Requests.
struct RoomPart {
    std::uint32_t wanted = 0;   // what it is to have in the end
    std::uint32_t had = 0;      // what it may have at present
    std::uint32_t held = 0;     // what it holds; above `had` only if that was lowered
    std::uint32_t allowed = 0;  // set by hand_over(): what it may have from now on
};

/// Sets what each may have, so that all together never hold more than `room`, if they do not now.
/// Called again as permits come back, it ends with what was wanted, if that sums to `room` at most.
/// *Pure.* O(parts).
inline void hand_over(std::uint64_t room, std::span<RoomPart> parts) noexcept {
    std::uint64_t taken = 0;
    const auto kept = [](const RoomPart& part) {
        return std::max(part.held, std::min(part.had, part.wanted));
    };
    for (const RoomPart& part : parts) taken += kept(part);
    std::uint64_t left = room > taken ? room - taken : 0;
    for (RoomPart& part : parts) {
        const std::uint64_t most = std::min<std::uint64_t>(part.wanted, kept(part) + left);
        part.allowed = static_cast<std::uint32_t>(most);
        if (most > kept(part)) left -= most - kept(part);
    }
}

}  // namespace spillway::core
