#include "app/limit_watch.hpp"

namespace spillway::app {
namespace {

LimitWatch::Bound bound_of(double limit, const core::LimitBounds& bounds) noexcept {
    using Bound = LimitWatch::Bound;
    if (bounds.min == bounds.max) return Bound::none;  // then there is nothing to find
    if (limit <= bounds.min) return Bound::min;
    if (limit >= bounds.max) return Bound::max;
    return Bound::none;
}

}  // namespace

std::optional<LimitWatch::Bound> LimitWatch::update(core::TimePoint now, double limit,
                                                    const core::LimitBounds& bounds) noexcept {
    const Bound bound = bound_of(limit, bounds);
    if (bound != seen_) {
        seen_ = bound;
        since_ = now;
    }
    if (seen_ == said_ || now - since_ < patience) return std::nullopt;
    said_ = seen_;
    return said_;
}

}  // namespace spillway::app
