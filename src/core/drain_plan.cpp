#include "spillway/core/drain_plan.hpp"

#include <algorithm>

namespace spillway::core {

DrainPlan::Phase DrainPlan::signal(TimePoint now) noexcept {
    switch (phase_) {
        case Phase::serving:
            phase_ = Phase::lame_duck;
            lame_duck_end_ = after(now, options_.lame_duck);
            cut_at_ = after(lame_duck_end_, options_.timeout);
            break;
        case Phase::lame_duck:
            enter_sweeping(now);
            break;
        case Phase::sweeping:
            phase_ = Phase::draining;
            break;
        case Phase::draining:
            cut_at_ = std::min(cut_at_, now);
            break;
        case Phase::ended:
            break;
    }
    return phase_;
}

DrainPlan::Phase DrainPlan::update(TimePoint now, Progress progress) noexcept {
    switch (phase_) {
        case Phase::serving:
        case Phase::ended:
            break;
        case Phase::lame_duck:
            if (now >= lame_duck_end_) enter_sweeping(lame_duck_end_);
            break;
        case Phase::sweeping:
            if (is_swept(now, progress)) phase_ = Phase::draining;
            break;
        case Phase::draining:
            if (now < cut_at_ && (progress.requests_left > 0 || progress.connections_left > 0))
                break;
            was_cut_ = progress.requests_left > 0;
            phase_ = Phase::ended;
            break;
    }
    return phase_;
}

TimePoint DrainPlan::next_deadline() const noexcept {
    switch (phase_) {
        case Phase::serving:
        case Phase::ended:
            return never;
        case Phase::lame_duck:
            return lame_duck_end_;
        case Phase::sweeping: {
            // Not looked at yet: look at once.
            if (quiet_since_ == never) return sweep_began_;
            return std::min({after(quiet_since_, options_.sweep_quiet),
                             after(sweep_began_, options_.sweep_max), cut_at_});
        }
        case Phase::draining:
            return cut_at_;
    }
    return never;
}

TimePoint DrainPlan::idle_close_at(TimePoint last_reply) const noexcept {
    if (phase_ < Phase::sweeping) return never;
    return after(std::max(last_reply, sweep_began_), options_.idle_grace);
}

TimePoint DrainPlan::cut_at() const noexcept { return cut_at_; }

Duration DrainPlan::left(TimePoint now) const noexcept {
    if (phase_ == Phase::serving) return options_.timeout;
    if (phase_ == Phase::ended || now >= cut_at_) return Duration::zero();
    return cut_at_ - now;
}

void DrainPlan::enter_sweeping(TimePoint at) noexcept {
    phase_ = Phase::sweeping;
    sweep_began_ = at;
    cut_at_ = after(at, options_.timeout);
}

bool DrainPlan::is_swept(TimePoint now, Progress progress) noexcept {
    if (!progress.backlog_empty || quiet_since_ == never) quiet_since_ = now;
    const bool is_quiet = progress.backlog_empty && now - quiet_since_ >= options_.sweep_quiet;
    return is_quiet || now >= after(sweep_began_, options_.sweep_max) || now >= cut_at_;
}

}  // namespace spillway::core
