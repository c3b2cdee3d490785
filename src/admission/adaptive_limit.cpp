#include "spillway/admission/adaptive_limit.hpp"

#include <algorithm>
#include <atomic>

#include "spillway/core/assert.hpp"

namespace spillway::admission {

namespace {

/// An algorithm whose timer is due at this very instant is asked a little later.
constexpr core::Duration update_gap_min = std::chrono::milliseconds{1};

/// Threads in the order in which they first end a permit: as many as there are parts have one each.
std::size_t index_of_this_thread() noexcept {
    static std::atomic<std::size_t> count{0};
    thread_local const std::size_t index = count.fetch_add(1, std::memory_order_relaxed);
    return index;
}

}  // namespace

AdaptiveLimit::AdaptiveLimit(const core::LimitPolicyOptions& options, core::TimePoint start)
    : bounds_(options.bounds), policy_(options, start), next_update_(policy_.next_update()) {
    SPILLWAY_ASSERT(options.kind() != core::LimitKind::fixed);
    begin(policy_.epoch());
}

void AdaptiveLimit::restart(const core::LimitPolicyOptions& options,
                            core::TimePoint start) noexcept {
    SPILLWAY_ASSERT(options.kind() != core::LimitKind::fixed);
    const std::lock_guard lock(mutex_);
    bounds_ = options.bounds;
    policy_ = core::LimitPolicy(options, start);
    next_update_ = policy_.next_update();
    restarted_at_ = start;
    begin(epoch());
}

void AdaptiveLimit::record(core::TimePoint now, const core::Sample& sample) noexcept {
    Part& part = *parts_[index_of_this_thread() % part_count];
    const std::lock_guard lock(part.mutex);
    part.window.add(now, sample);
}

std::uint32_t AdaptiveLimit::update(core::TimePoint now) noexcept {
    const std::lock_guard lock(mutex_);
    const std::uint32_t before = policy_.limit();
    if (now < next_update_) return before;
    const core::TimePoint before_epoch = epoch();
    core::WindowSample sum;
    take(sum);
    const std::uint32_t limit = policy_.update(now, sum);
    // What has come in between began under the limit before, and is not to be judged by.
    if (epoch() != before_epoch) begin(epoch());
    if (limit != before) {
        const core::LimitReason reason = policy_.metrics().reason;
        ++changes_[static_cast<std::size_t>(reason)];
        last_change_ = {.at = now, .from = before, .to = limit, .reason = reason};
    }
    next_update_ = std::max(policy_.next_update(), core::after(now, update_gap_min));
    return limit;
}

std::uint32_t AdaptiveLimit::limit() const noexcept {
    const std::lock_guard lock(mutex_);
    return policy_.limit();
}

core::TimePoint AdaptiveLimit::next_update() const noexcept {
    const std::lock_guard lock(mutex_);
    return next_update_;
}

AdaptiveLimitState AdaptiveLimit::state() const noexcept {
    const std::lock_guard lock(mutex_);
    return {.kind = policy_.kind(),
            .bounds = bounds_,
            .metrics = policy_.metrics(),
            .changes = changes_,
            .last_change = last_change_};
}

/// What was granted before it does not count.
core::TimePoint AdaptiveLimit::epoch() const noexcept {
    return std::max(policy_.epoch(), restarted_at_);
}

void AdaptiveLimit::take(core::WindowSample& sum) noexcept {
    for (auto& padded : parts_) {
        const std::lock_guard lock(padded->mutex);
        sum.merge(padded->window);
        padded->window.clear(epoch(), policy_.counts_wait());
    }
}

void AdaptiveLimit::begin(core::TimePoint epoch) noexcept {
    for (auto& padded : parts_) {
        const std::lock_guard lock(padded->mutex);
        padded->window.clear(epoch, policy_.counts_wait());
    }
}

}  // namespace spillway::admission
