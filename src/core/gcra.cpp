#include "spillway/core/rate/gcra.hpp"

namespace spillway::core {

__extension__ using Wide = __int128;

RateDecision GcraRule::take_later(FullAt state, FullAt after, TimePoint now, Pace::Ticks next,
                                  Duration delay_max) const noexcept {
    const Duration delay = pace_.instant(next - burst_ticks_) - Pace::within_horizon(now);
    delay_max = std::clamp(delay_max, Duration::zero(), Pace::span_max);
    if (delay <= delay_max) return {.allowed = true, .delay = delay, .full_at = after};
    return {.retry_after = delay - delay_max, .full_at = state};
}

RateStanding GcraRule::standing(FullAt state, TimePoint now) const noexcept {
    now = Pace::within_horizon(now);
    const Pace::Ticks at = pace_.ticks(now);
    if (state.ticks <= at) return {.remaining = burst_};
    const Pace::Ticks room = burst_ticks_ - (state.ticks - at);
    const Pace::Ticks whole = room < 0 ? 0 : room / pace_.per_unit();
    const Pace::Ticks next = state.ticks - burst_ticks_ + (whole + 1) * pace_.per_unit();
    return {.remaining = static_cast<std::uint64_t>(whole),
            .next_after = pace_.instant(next) - now,
            .full_after = pace_.instant(state.ticks) - now};
}

FullAt GcraRule::cancel(FullAt state, TimePoint now,
                        const RateReservation& reservation) const noexcept {
    if (now > reservation.begins || state != reservation.full_at) return state;
    return {state.ticks - static_cast<Pace::Ticks>(reservation.cost) * pace_.per_unit()};
}

FullAt GcraRule::carried(FullAt state, TimePoint now, const GcraRule& before) const noexcept {
    const Pace::Ticks at = before.pace_.ticks(now);
    const Pace::Ticks owed = state.ticks <= at ? 0 : state.ticks - at;  // short of the old burst
    const auto unit = static_cast<Wide>(pace_.per_unit());
    const auto unit_before = static_cast<Wide>(before.pace_.per_unit());
    Wide debt = (owed * unit + unit_before - 1) / unit_before;
    debt += (static_cast<Wide>(burst_) - static_cast<Wide>(before.burst_)) * unit;
    if (debt <= 0) return {};
    const Wide most = 2 * static_cast<Wide>(Pace::span_max.count()) * Pace::ticks_per_ns_max;
    return {pace_.ticks(now) + static_cast<Pace::Ticks>(std::min(debt, most))};
}

}  // namespace spillway::core
