#include "generator/wire_tally.hpp"

#include <algorithm>
#include <numeric>

namespace spillway::loadtest {

namespace {

/// Statuses that the service also sends before it knows a route; it counts those elsewhere.
constexpr std::array early_statuses{400u, 404u, 405u, 408u, 413u, 414u, 417u, 431u, 501u, 505u};

}  // namespace

void WireTally::answered(const Answer& answer) noexcept {
    if (!answer.reason.empty()) {
        for (std::size_t i = 0; i < core::reject_reason_count; ++i) {
            if (core::to_string(static_cast<core::RejectReason>(i)) == answer.reason) {
                ++rejected[i];
                return;
            }
        }
        ++foreign;
        return;
    }
    if (answer.status == 429 || answer.status == 503) {
        ++refused;
    } else if (std::find(early_statuses.begin(), early_statuses.end(), answer.status) !=
               early_statuses.end()) {
        ++early;
    } else {
        ++granted;
    }
}

void WireTally::merge(const WireTally& other) noexcept {
    granted += other.granted;
    early += other.early;
    refused += other.refused;
    for (std::size_t i = 0; i < rejected.size(); ++i) rejected[i] += other.rejected[i];
    foreign += other.foreign;
    unanswered += other.unanswered;
}

std::uint64_t WireTally::named() const noexcept {
    return std::accumulate(rejected.begin(), rejected.end(), std::uint64_t{0});
}

}  // namespace spillway::loadtest
