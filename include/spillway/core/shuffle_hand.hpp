#pragma once
// The few queues that a tenant may use, out of many: shuffle sharding.
//
// Two tenants seldom have the same hand, so one that fills all its queues still leaves nearly
// everybody else one of theirs; and there are as many queues whatever the number of names.

#include <array>
#include <cstdint>
#include <span>

#include "spillway/core/assert.hpp"
#include "spillway/core/queue_options.hpp"

namespace spillway::core {

/// *Pure*; a value.
class ShuffleHand {
public:
    /// Deals `hand` different queues below `queues`, all combinations equally likely but for a bias
    /// of queues^hand / 2^64: at most 2^-20 for the four of up to 1024 queues. O(hand^2).
    ShuffleHand(std::uint64_t hash, std::uint32_t queues, std::uint32_t hand) noexcept
        : size_(hand) {
        SPILLWAY_ASSERT(hand <= queues && hand <= QueueOptions::hand_max);
        for (std::uint32_t i = 0; i < hand; ++i) {
            // The n-th of those not yet dealt: cards_ is kept in order to count past the others.
            auto card = static_cast<std::uint32_t>(hash % (queues - i));
            hash /= queues - i;
            std::uint32_t at = 0;
            while (at < i && cards_[at] <= card) ++card, ++at;
            for (std::uint32_t j = i; j > at; --j) cards_[j] = cards_[j - 1];
            cards_[at] = card;
        }
    }

    /// In rising order.
    [[nodiscard]] std::span<const std::uint32_t> cards() const noexcept {
        return {cards_.data(), size_};
    }

private:
    std::array<std::uint32_t, QueueOptions::hand_max> cards_{};
    std::uint32_t size_;
};

}  // namespace spillway::core
