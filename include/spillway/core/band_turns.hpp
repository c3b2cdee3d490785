#pragma once
// Which band is next: the most urgent one that has waiters, unless another has its floor to come.
//
// Strict order alone starves: as long as band 0 can fill the limit, band 1 gets nothing, and nobody
// learns that its work is lost. So of everything that is granted each other band is credited its
// floor, pays from it what it is granted before its turn, and is next whenever a whole unit of
// credit has come together. It may pay more than it has; then it waits the longer. A band with
// waiters therefore gets at least its floor, but for one request: who is first in it waits for at
// most (1 + c) / floor units that are granted to others, and one request more of each other band; c
// is the cost of the dearest request in its own.

#include <algorithm>
#include <array>
#include <cstdint>

#include "spillway/core/queue_options.hpp"

namespace spillway::core {

/// *Pure*; a regular value. Every operation is O(bands), which are at most eight.
class BandTurns {
public:
    BandTurns(std::uint32_t bands, std::uint32_t floor_permille) noexcept
        : bands_(bands), floor_permille_(floor_permille) {}

    /// Of the bands in the set `waiting` (bit b: band b), which must not be empty.
    [[nodiscard]] std::uint32_t next(std::uint32_t waiting) const noexcept {
        if (bands_ == 1) return 0;
        std::uint32_t first = bands_;
        for (std::uint32_t b = 0; b < bands_; ++b) {
            if ((waiting >> b & 1U) == 0) continue;
            if (first == bands_) {
                first = b;
            } else if (credit_[b] >= unit) {
                return b;
            }
        }
        return first;
    }

    /// Something of this cost was granted to `band`, while those in `waiting` had waiters.
    void note_grant(std::uint32_t band, std::uint32_t cost, std::uint32_t waiting) noexcept {
        if (bands_ == 1) return;
        const std::int64_t gained = std::int64_t{cost} * floor_permille_;
        for (std::uint32_t b = 1; b < bands_; ++b) {
            // What is owed cannot be saved up: neither while nobody waits, nor beyond a unit more
            // than this grant brings.
            const bool waits = (waiting >> b & 1U) != 0;
            credit_[b] = std::min(credit_[b] + gained, waits ? unit + gained : 0);
        }
        const bool is_first = (waiting & ((1U << band) - 1)) == 0;
        if (!is_first) credit_[band] -= std::int64_t{cost} * unit;
    }

    /// Owes what `other`, of as many bands, owes.
    void carry(const BandTurns& other) noexcept { credit_ = other.credit_; }

private:
    static constexpr std::int64_t unit = 1000;  // of credit, for one unit of cost

    std::uint32_t bands_;
    std::uint32_t floor_permille_;
    std::array<std::int64_t, QueueOptions::bands_max> credit_{};
};

}  // namespace spillway::core
