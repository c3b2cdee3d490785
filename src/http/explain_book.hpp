#pragma once
// What one shard keeps of its latest requests, for /explain.

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "spillway/core/occupancy.hpp"
#include "spillway/core/record_ring.hpp"
#include "spillway/http/explain.hpp"

namespace spillway::http {

/// A request that was refused at once: what it costs to keep it is paid by every refusal of an
/// overload, so it is short.
struct RefusalRecord {
    core::TimePoint received_at{};
    core::Duration backlog{};
    core::Occupancy seen{};
    std::uint32_t retry_after_s = 0;
    std::uint32_t cost = 1;
    std::uint16_t route = 0;
    std::uint16_t status = 0;
    std::uint16_t share = core::Claim::no_share;
    std::uint8_t band = 0;
    core::RejectReason reason{};
    std::uint32_t usual_us = 0;  // of `deadline` and `draining`
    std::uint32_t allowed_us = 0;

    [[nodiscard]] ExplainRecord explained() const noexcept;
};

using PackedRefusal = std::array<std::uint64_t, 7>;
using PackedRecord = std::array<std::uint64_t, 15>;

/// As whole words, which a ring can keep. *Pure.*
[[nodiscard]] PackedRefusal pack(const RefusalRecord& record) noexcept;
[[nodiscard]] PackedRecord pack(const ExplainRecord& record) noexcept;
[[nodiscard]] RefusalRecord unpack(const PackedRefusal& words) noexcept;
[[nodiscard]] ExplainRecord unpack(const PackedRecord& words) noexcept;

/// Three rings, so that what comes in floods does not wash away what is rare: under overload some
/// 40,000 requests a second are refused at once by a shard, while a hundred wait or work, and it is
/// those that people ask about. Written by the shard's thread, read by any.
struct ExplainBook {
    static constexpr std::size_t request_id_max = 128;
    using LetIn = core::RecordRing<std::tuple_size_v<PackedRecord>, request_id_max>;
    using TurnedAway = core::RecordRing<std::tuple_size_v<PackedRefusal>, request_id_max>;
    static constexpr std::size_t bytes_per_record =
        LetIn::bytes_per_record() + TurnedAway::bytes_per_record();

    /// `records`: of each of the first two; 0 keeps nothing.
    explicit ExplainBook(std::size_t records)
        : let_in(records), turned_away(records), unrouted((records + 7) / 8) {}

    [[nodiscard]] bool is_on() const noexcept { return let_in.capacity() > 0; }

    LetIn let_in;            // past the peek: they waited, worked, or sent a body
    TurnedAway turned_away;  // refused at once
    LetIn unrouted;          // refused before a route was known
};

// --- packing, in sight of those who record ----------------------------------------------------

namespace packing {

[[nodiscard]] constexpr std::uint64_t pair(std::uint32_t low, std::uint32_t high) noexcept {
    return low | std::uint64_t{high} << 32;
}
[[nodiscard]] constexpr std::uint64_t quarter(std::uint64_t n, unsigned at) noexcept {
    return n << 16 * at;
}
[[nodiscard]] constexpr std::uint64_t ticks(core::Duration d) noexcept {
    return static_cast<std::uint64_t>(d.count());
}

}  // namespace packing

[[gnu::always_inline]] inline PackedRefusal pack(const RefusalRecord& r) noexcept {
    return {packing::ticks(r.received_at.time_since_epoch()),
            packing::ticks(r.backlog),
            packing::pair(r.seen.limit, r.seen.in_flight),
            packing::pair(r.seen.units, r.seen.waiting),
            packing::pair(r.retry_after_s, r.cost),
            packing::quarter(r.route, 0) | packing::quarter(r.status, 1) |
                packing::quarter(r.share, 2) | packing::quarter(r.band, 3) |
                static_cast<std::uint64_t>(r.reason) << 56,
            packing::pair(r.usual_us, r.allowed_us)};
}

[[gnu::always_inline]] inline PackedRecord pack(const ExplainRecord& r) noexcept {
    return {packing::ticks(r.received_at.time_since_epoch()),
            packing::ticks(r.took),
            packing::ticks(r.held),
            packing::ticks(r.waited),
            packing::ticks(r.served),
            packing::ticks(r.backlog),
            packing::ticks(r.usual),
            packing::ticks(r.allowed),
            r.body_bytes,
            packing::pair(r.limit, r.in_flight),
            packing::pair(r.units, r.waiting),
            packing::pair(r.ahead, r.joined_as),
            packing::pair(r.retry_after_s, r.cost),
            packing::quarter(r.route, 0) | packing::quarter(r.status, 1) |
                packing::quarter(r.share, 2) | packing::quarter(r.band, 3),
            static_cast<std::uint64_t>(r.stage) | static_cast<std::uint64_t>(r.end) << 8 |
                std::uint64_t{r.reason} << 16 | std::uint64_t{r.was_evicted} << 24};
}

}  // namespace spillway::http
