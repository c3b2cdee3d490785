#pragma once
// Tenants in turn, by what they cost: fair queueing over a fixed number of lines.
//
// Configured tenants have a line each, of their own weight. All others are shuffled onto `queues`
// lines: a tenant joins the line of its hand in which only it waits, if there is one, else the
// shortest. So one that sends a lot fills one line after all, and another finds one without it.
//
// The order of lines is that of start-time fair queueing: each line has the virtual time at which
// it may begin its next request; the least is next, and moves on by cost / weight. A line that was
// empty starts at the present, so nothing is saved up while nobody asks, and what a tenant does not
// use is the others'. Two lines with waiters get the same per weight, but for one request each: who
// is first in a line of weight w waits for at most c w' / w + c' units of each other one, c and c'
// being the costs of their dearest requests. Deficit round robin, which is O(1), gives the same
// shares: but its quantum has to be as large as the largest cost, and then cheap requests go in
// bursts of that size, or a pick must go round all the lines that are in debt. With at most some
// hundred lines O(log n) is as good.
//
// Source: P. Goyal, H. Vin, H. Cheng, "Start-time Fair Queueing" (SIGCOMM 1996).

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "spillway/core/claim.hpp"
#include "spillway/core/index_heap.hpp"
#include "spillway/core/queue_options.hpp"
#include "spillway/core/relaxed.hpp"
#include "spillway/core/time.hpp"
#include "spillway/core/wait_slab.hpp"

namespace spillway::core {

/// *Shard-local*, but for line_of() and may_displace(), which any thread may ask; a regular value.
/// Every operation is O(log lines); allocates at construction only, as much whatever the number of
/// tenants.
class FairLines {
public:
    /// Virtual time begins at `start`; a test may let it begin late.
    explicit FairLines(const QueueOptions& options, std::uint64_t start = 0);

    [[nodiscard]] bool empty() const noexcept { return turns_.empty(); }

    /// The line that the claim's waiter would join. *Thread-safe*: without the lock a recent guess.
    [[nodiscard]] std::uint16_t line_of(const Claim& claim) const noexcept;
    /// A newcomer's line would be shorter for its weight than the longest one. *Thread-safe*,
    /// likewise.
    [[nodiscard]] bool may_displace(const Claim& claim) const noexcept;

    void push(WaitSlab& slab, std::uint32_t index, std::uint16_t line,
              std::uint64_t tenant) noexcept;
    /// Since when the longest waiter of all lines has waited. O(lines).
    [[nodiscard]] std::optional<TimePoint> oldest_since(const WaitSlab& slab) const noexcept;
    /// Waiters in it.
    [[nodiscard]] std::uint32_t length(std::uint16_t line) const noexcept {
        return lines_[line].length.get();
    }
    /// The first of the line whose turn it is; there must be one.
    [[nodiscard]] std::uint32_t turn() const noexcept { return lines_[turns_.top()].line.oldest(); }
    /// It is that line's turn, though its first may not fit yet: time has come so far.
    void note_turn(std::uint16_t line) noexcept { now_ = std::max(now_, lines_[line].start); }
    /// Before the waiter that is let in is erased.
    void note_grant(std::uint16_t line, std::uint32_t cost) noexcept;
    void erase(WaitSlab& slab, std::uint32_t index, std::uint16_t line) noexcept;

    /// Goes on in the virtual time of `other`, if it has lines of the same kind; before the first
    /// push.
    void carry(const FairLines& other) noexcept;

    /// The last of the line that is the longest for its weight; there must be one.
    [[nodiscard]] std::uint32_t youngest_of_longest() const noexcept {
        return lines_[longest_.top()].line.youngest();
    }

private:
    /// When a line is next; among equals the one that has waited longest for it.
    struct Turn {
        std::uint64_t start;  // virtual time
        std::uint64_t order;
        friend constexpr auto operator<=>(const Turn&, const Turn&) noexcept = default;
    };
    /// How long a line is for its weight, the longest first; among equals the first line.
    struct Length {
        std::uint64_t inverted_fill;
        std::uint32_t line;
        friend constexpr auto operator<=>(const Length&, const Length&) noexcept = default;
    };
    struct Line {
        WaitLine line;
        std::uint64_t start = 0;  // of its next request, in virtual time
        std::uint32_t weight = 1;
        Relaxed<std::uint32_t> length{};  // waiters
        Relaxed<std::uint64_t> owner{};   // the one tenant that waits in it, or mixed
    };
    static constexpr std::uint64_t scale = 1 << 20;  // virtual time per unit at weight 1
    static constexpr std::uint64_t mixed = 0;  // a tenant whose hash it is gets no line to itself
    static constexpr std::uint64_t rebase_above = std::uint64_t{1} << 62;

    [[nodiscard]] static std::uint64_t fill(std::uint32_t length, std::uint32_t weight) noexcept {
        return length * scale / weight;
    }
    void set_length(std::uint32_t line, std::uint32_t length) noexcept;
    void rebase() noexcept;

    std::vector<Line> lines_;  // shares first, then the shuffled ones
    std::uint32_t shares_;
    std::uint32_t queues_;
    std::uint32_t hand_;
    std::uint64_t now_;  // virtual time: the start of the last grant
    std::uint64_t order_ = 0;
    IndexHeap<Turn> turns_;      // of the lines with waiters
    IndexHeap<Length> longest_;  // likewise
    Relaxed<std::uint64_t> longest_fill_{};
};

}  // namespace spillway::core
