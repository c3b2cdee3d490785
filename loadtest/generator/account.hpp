#pragma once
// The balanced account: every arrival is offered once and ends once.
//
//     offered = good + late + rejected + errors + failed + left + unsent   (+ pending meanwhile)
//
// A retry is an arrival of its own; `retries` says how many of the offered were. Latencies of
// answers 2xx and of refusals are kept apart: a refusal takes microseconds, and mixed in it would
// make an overloaded server look fast.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "generator/histogram.hpp"
#include "generator/outcome.hpp"
#include "spillway/core/time.hpp"

namespace spillway::loadtest {

/// Counts of refusals by status and reason. *Shard-local.* At most `capacity` pairs, further ones
/// count under the reason "other": what a server can say is not bounded.
class RefusalTable {
public:
    static constexpr std::size_t capacity = 48;
    static constexpr std::size_t reason_bytes_max = 40;

    struct Row {
        unsigned status = 0;
        std::string reason;  // "" none was given; "other" the table was full
        std::uint64_t count = 0;
    };

    RefusalTable() { rows_.reserve(capacity + 1); }
    /// O(rows); allocates when a pair is new.
    void add(unsigned status, std::string_view reason);
    /// Most frequent first.
    [[nodiscard]] std::vector<Row> sorted() const;

private:
    std::vector<Row> rows_;
};

/// *Shard-local.* About 75 KiB.
class Account {
public:
    void offer(bool is_retry) noexcept {
        ++offered_;
        retries_ += static_cast<std::uint64_t>(is_retry);
    }

    /// A complete answer after `latency`; it is late when that is more than `objective`. What the
    /// account made of it.
    Ending answered(const Answer& answer, core::Duration latency, core::Duration objective);
    void failed(Failure why) noexcept { end(Ending::failed), ++failures_[index(why)]; }
    void left() noexcept { end(Ending::left); }
    void unsent(Unsent why) noexcept { end(Ending::unsent), ++unsents_[index(why)]; }

    [[nodiscard]] std::uint64_t offered() const noexcept { return offered_; }
    [[nodiscard]] std::uint64_t retries() const noexcept { return retries_; }
    [[nodiscard]] std::uint64_t count(Ending ending) const noexcept {
        return endings_[static_cast<std::size_t>(ending)];
    }
    [[nodiscard]] std::uint64_t count(Failure why) const noexcept { return failures_[index(why)]; }
    [[nodiscard]] std::uint64_t count(Unsent why) const noexcept { return unsents_[index(why)]; }
    /// Offered and not ended yet.
    [[nodiscard]] std::uint64_t pending() const noexcept { return offered_ - ended_; }

    [[nodiscard]] const Histogram& admitted() const noexcept { return admitted_; }  // 2xx
    [[nodiscard]] const Histogram& refused() const noexcept { return refused_; }
    [[nodiscard]] const RefusalTable& refusals() const noexcept { return refusals_; }
    /// Statuses of `Ending::error`, with their counts, ascending.
    [[nodiscard]] std::vector<std::pair<unsigned, std::uint64_t>> errors() const;

private:
    static constexpr unsigned status_max = 600;

    template <class Enum>
    static constexpr std::size_t index(Enum value) noexcept {
        return static_cast<std::size_t>(value);
    }
    void end(Ending ending) noexcept;

    std::uint64_t offered_ = 0;
    std::uint64_t retries_ = 0;
    std::uint64_t ended_ = 0;
    std::array<std::uint64_t, ending_count> endings_{};
    std::array<std::uint64_t, failure_count> failures_{};
    std::array<std::uint64_t, unsent_count> unsents_{};
    std::array<std::uint64_t, status_max> errors_{};
    RefusalTable refusals_;
    Histogram admitted_;
    Histogram refused_;
};

}  // namespace spillway::loadtest
