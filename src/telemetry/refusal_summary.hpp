#pragma once
// Refusals in the log: not one line each, which at overload would cost more than the refusal, but
// one line a second for each route and reason that refused anything in that second.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "spillway/core/assert.hpp"
#include "spillway/core/time.hpp"

namespace spillway::telemetry {

/// Pure: told the time and the totals of counters that only grow, says when to write which line.
/// Counters keep their place from call to call, new ones follow the others; what a place means
/// (route and reason) is the caller's.
class RefusalSummary {
public:
    struct Line {
        std::size_t counter;  // its place
        std::uint64_t count;  // refused since the line before, > 0
    };
    struct Report {
        core::Duration elapsed{};     // what the counts cover
        std::span<const Line> lines;  // valid until the next call
    };

    RefusalSummary(std::size_t counters, core::TimePoint start,
                   core::Duration period = std::chrono::seconds(1))
        : last_(counters, 0), period_(period), last_report_(start) {
        lines_.reserve(counters);
    }

    /// Nothing until `period` has passed since the report before; then a line for each counter that
    /// has grown. O(counters); allocates only for new ones.
    [[nodiscard]] Report update(core::TimePoint now, std::span<const std::uint64_t> totals) {
        SPILLWAY_ASSERT(now >= last_report_);
        if (now - last_report_ < period_) return {};
        return report(now, totals);
    }

    /// The same without waiting for the period: what is left when the service ends.
    [[nodiscard]] Report report(core::TimePoint now, std::span<const std::uint64_t> totals) {
        SPILLWAY_ASSERT(totals.size() >= last_.size());
        last_.resize(totals.size(), 0);
        lines_.clear();
        for (std::size_t i = 0; i < totals.size(); ++i) {
            SPILLWAY_ASSERT(totals[i] >= last_[i]);
            if (totals[i] > last_[i]) lines_.push_back({i, totals[i] - last_[i]});
            last_[i] = totals[i];
        }
        const core::Duration elapsed = now - last_report_;
        last_report_ = now;
        return {elapsed, lines_};
    }

private:
    std::vector<std::uint64_t> last_;  // totals at the report before
    std::vector<Line> lines_;
    core::Duration period_;
    core::TimePoint last_report_;
};

}  // namespace spillway::telemetry
