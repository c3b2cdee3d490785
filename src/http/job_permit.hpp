#pragma once
// The permit of a job on a worker, and what its end tells the limit.

#include <utility>

#include "spillway/admission/limiter.hpp"
#include "spillway/core/reason.hpp"
#include "spillway/core/time.hpp"

namespace spillway::http {

/// Work that lasted beyond its route's deadline met congestion, whatever it made of it.
[[nodiscard]] inline core::Outcome outcome_at(core::TimePoint now, core::TimePoint overdue_at,
                                              core::Outcome otherwise) noexcept {
    return now >= overdue_at ? core::Outcome::overloaded : otherwise;
}

/// Move-only; moves into the job. One that is discarded before it ran says so too: what timed out
/// behind the limiter is what a limit that is too high looks like.
class JobPermit {
public:
    JobPermit(admission::Permit permit, core::TimePoint overdue_at,
              core::TimePoint (*now)() noexcept) noexcept
        : permit_(std::move(permit)), overdue_at_(overdue_at), now_(now) {}
    JobPermit(JobPermit&&) noexcept = default;
    JobPermit& operator=(JobPermit&&) = delete;
    ~JobPermit() {
        if (permit_ && !is_recorded_) record(now_(), core::Outcome::ignored);
    }

    void record(core::TimePoint now, core::Outcome outcome) noexcept {
        is_recorded_ = true;
        permit_.record(now, outcome_at(now, overdue_at_, outcome));
    }

private:
    admission::Permit permit_;
    core::TimePoint overdue_at_;  // or never
    core::TimePoint (*now_)() noexcept;
    bool is_recorded_ = false;
};

}  // namespace spillway::http
