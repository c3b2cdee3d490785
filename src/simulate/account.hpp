#pragma once
// How the requests of a simulation ended, as their clients saw it.
//
//     offered = good + late + timed_out + rejected (by reason) + dropped
//
// A retry is a request of its own, as it is for the service. Only phases that are measured count.

#include <array>
#include <cstdint>
#include <numeric>

#include "spillway/core/reason.hpp"

namespace spillway::simulate {

struct Account {
    std::uint64_t offered = 0;
    std::uint64_t retries = 0;    // of those offered
    std::uint64_t good = 0;       // answered within the slo
    std::uint64_t late = 0;       // answered after it
    std::uint64_t timed_out = 0;  // had a permit, and was told 504 at its deadline
    std::uint64_t gone_waiting = 0;
    std::uint64_t gone_working = 0;
    std::array<std::uint64_t, core::reject_reason_count> rejected{};

    [[nodiscard]] std::uint64_t rejected_sum() const noexcept {
        return std::accumulate(rejected.begin(), rejected.end(), std::uint64_t{0});
    }
    /// Left without an answer.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return gone_waiting + gone_working; }
    /// Had a permit: what the service counts as accepted.
    [[nodiscard]] std::uint64_t accepted() const noexcept {
        return good + late + timed_out + gone_working;
    }
    [[nodiscard]] std::uint64_t ended() const noexcept {
        return good + late + timed_out + rejected_sum() + dropped();
    }
    [[nodiscard]] bool is_balanced() const noexcept { return offered == ended(); }

    void add(const Account& other) noexcept {
        offered += other.offered;
        retries += other.retries;
        good += other.good;
        late += other.late;
        timed_out += other.timed_out;
        gone_waiting += other.gone_waiting;
        gone_working += other.gone_working;
        for (std::size_t i = 0; i < rejected.size(); ++i) rejected[i] += other.rejected[i];
    }

    friend bool operator==(const Account&, const Account&) = default;
};

}  // namespace spillway::simulate
