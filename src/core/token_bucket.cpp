#include "spillway/core/rate/token_bucket.hpp"

#include <algorithm>

namespace spillway::core {

double TokenBucket::tokens(TimePoint now) const noexcept {
    const Pace& pace = rule_.pace();
    const Pace::Ticks at = pace.ticks(now);
    const Pace::Ticks missing = full_at_.ticks <= at ? 0 : full_at_.ticks - at;
    return static_cast<double>(rule_.burst_ticks() - missing) /
           static_cast<double>(pace.per_unit());
}

void TokenBucket::reconfigure(TimePoint now, const RateOptions& options) noexcept {
    const GcraRule next(options);
    full_at_ = next.carried(full_at_, now, rule_);
    rule_ = next;
    options_ = options;
}

}  // namespace spillway::core
