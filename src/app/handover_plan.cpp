#include "app/handover_plan.hpp"

#include <utility>

namespace spillway::app {

using Action = HandoverPlan::Action;

Action HandoverPlan::on_connect(core::TimePoint now) noexcept {
    if (phase_ != Phase::open) return Action::turn_away;
    phase_ = Phase::greeting;
    deadline_ = core::after(now, options_.greeting);
    return Action::nothing;
}

Action HandoverPlan::on_message(core::TimePoint now,
                                const std::optional<handover::Message>& message) noexcept {
    if (phase_ == Phase::greeting && message) {
        const auto* const take = std::get_if<handover::Take>(&*message);
        if (take != nullptr && take->version == handover::version) {
            phase_ = Phase::lent;
            deadline_ = core::after(now, options_.ready);
            return Action::send_sockets;
        }
        if (take != nullptr) {
            static_cast<void>(drop());
            return Action::refuse_version;
        }
    }
    if (phase_ == Phase::lent && message && std::holds_alternative<handover::Ready>(*message)) {
        phase_ = Phase::over;
        deadline_ = core::never;
        return Action::release;
    }
    return drop();
}

Action HandoverPlan::on_gone() noexcept { return drop(); }

Action HandoverPlan::on_time(core::TimePoint now) noexcept {
    return now >= deadline_ ? drop() : Action::nothing;
}

Action HandoverPlan::drop() noexcept {
    if (phase_ == Phase::open || phase_ == Phase::over) return Action::nothing;
    deadline_ = core::never;
    const Phase before = std::exchange(phase_, Phase::open);
    return before == Phase::lent ? Action::drop_and_resume : Action::drop_peer;
}

}  // namespace spillway::app
