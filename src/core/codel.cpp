#include "spillway/core/codel.hpp"

#include <algorithm>
#include <cmath>

namespace spillway::core {
namespace {

double ns_of(TimePoint t) noexcept { return static_cast<double>(t.time_since_epoch().count()); }

}  // namespace

CodelTimes codel_times_for(Duration p50, Duration p95) noexcept {
    constexpr CodelTimes least;
    constexpr Duration most = std::chrono::minutes{1};
    CodelTimes times;
    times.target = std::clamp(p50 / 4, least.target, most);
    // A standing wait is recognised by many samples: as many targets as the defaults have.
    const Duration long_enough = times.target * (least.interval / least.target);
    times.interval = std::max({3 * std::clamp(p95, Duration::zero(), most), long_enough});
    return times;
}

bool PacketCodel::is_droppable(TimePoint now, Duration wait, std::uint32_t backlog) noexcept {
    if (wait < options_.times.target || backlog <= options_.backlog_kept) {
        above_until_.reset();
        return false;
    }
    if (!above_until_) {
        above_until_ = after(now, options_.times.interval);
        return false;
    }
    return now >= *above_until_;
}

bool PacketCodel::step(TimePoint now, bool droppable) noexcept {
    switch (after_) {
        case After::first_drop:
            // Dropping begins with the waiter after the first refused one, who is granted anyway.
            begin_dropping(now);
            after_ = After::nothing;
            return false;
        case After::further_drop:
            if (droppable) drop_next_ns_ += spacing();
            break;
        case After::nothing:
            if (!dropping_ && droppable) {
                after_ = After::first_drop;
                return true;
            }
            break;
    }
    after_ = After::nothing;
    if (!droppable) {
        dropping_ = false;
        return false;
    }
    if (ns_of(now) < drop_next_ns_) return false;
    ++count_;
    after_ = After::further_drop;
    return true;
}

// If the last time ended not long ago, its pace was about right: go on from there.
void PacketCodel::begin_dropping(TimePoint now) noexcept {
    const std::uint32_t gained = count_ - count_before_;
    const double long_ago_ns = 16 * static_cast<double>(options_.times.interval.count());
    count_ = gained > 1 && ns_of(now) - drop_next_ns_ < long_ago_ns ? gained : 1;
    count_before_ = count_;
    drop_next_ns_ = ns_of(now) + spacing();
    dropping_ = true;
}

double PacketCodel::spacing() const noexcept {
    return static_cast<double>(options_.times.interval.count()) /
           std::sqrt(static_cast<double>(count_));
}

bool SloughCodel::refuses(TimePoint now, Duration wait) noexcept {
    if (now > interval_end_ && !is_first_) {
        is_first_ = true;
        interval_end_ = after(now, times_.interval);
        overloaded_ = smallest_ > times_.target;
    }
    if (is_first_) {
        is_first_ = false;
        smallest_ = wait;
        return false;
    }
    smallest_ = std::min(smallest_, wait);
    return overloaded_ && wait > 2 * times_.target;
}

std::uint32_t SloughCodel::load_percent() const noexcept {
    const Duration::rep full = 2 * times_.target.count();
    if (smallest_.count() >= full) return 100;
    return static_cast<std::uint32_t>(100 * smallest_.count() / full);
}

}  // namespace spillway::core
