#pragma once
// A limit that is found while the service runs: what finished permits say is collected in parts,
// added up, and the algorithm is asked once a window.

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "spillway/core/cell.hpp"
#include "spillway/core/limit/limit_policy.hpp"
#include "spillway/core/limit/sample.hpp"
#include "spillway/core/limit/window_sample.hpp"
#include "spillway/core/time.hpp"

namespace spillway::admission {

/// The latest move of a limit.
struct LimitChange {
    core::TimePoint at{};
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    core::LimitReason reason = core::LimitReason::initial;
};

/// The inside of an adaptive limit, for metrics.
struct AdaptiveLimitState {
    core::LimitKind kind = core::LimitKind::fixed;
    core::LimitBounds bounds;
    core::LimitMetrics metrics;
    /// How often the limit has moved, by core::LimitReason.
    std::array<std::uint64_t, core::limit_reason_count> changes{};
    std::optional<LimitChange> last_change{};  // none: it has never moved
};

/// *Thread-safe.* Permits end on workers and on shards alike; each of these threads has a part of
/// the window, or shares it with few others, so that a sample costs a mutex that is nearly always
/// free. Whoever updates takes the parts one after the other: nobody waits for the algorithm.
/// About 70 KiB, allocated with the object.
class AdaptiveLimit {
public:
    /// `options` of an adaptive kind.
    AdaptiveLimit(const core::LimitPolicyOptions& options, core::TimePoint start);

    /// Other options, of an adaptive kind too: the algorithm begins anew at `start`, with their
    /// initial limit. What permits say that were granted before does not count.
    void restart(const core::LimitPolicyOptions& options, core::TimePoint start) noexcept;

    /// How a permit has ended. O(1).
    void record(core::TimePoint now, const core::Sample& sample) noexcept;

    /// Asks the algorithm, if it is due. Returns the limit.
    std::uint32_t update(core::TimePoint now) noexcept;

    [[nodiscard]] std::uint32_t limit() const noexcept;
    /// When to call update() next.
    [[nodiscard]] core::TimePoint next_update() const noexcept;
    [[nodiscard]] AdaptiveLimitState state() const noexcept;

private:
    struct Part {
        std::mutex mutex;
        core::WindowSample window;
    };

    [[nodiscard]] core::TimePoint epoch() const noexcept;
    void take(core::WindowSample& sum) noexcept;
    void begin(core::TimePoint epoch) noexcept;

    static constexpr std::size_t part_count = 8;

    std::array<core::CacheLinePadded<Part>, part_count> parts_;
    mutable std::mutex mutex_;  // taken before a part's, never after it
    core::LimitBounds bounds_;  // under the lock, as all below
    core::LimitPolicy policy_;
    core::TimePoint restarted_at_ = core::TimePoint::min();
    core::TimePoint next_update_;
    std::array<std::uint64_t, core::limit_reason_count> changes_{};
    std::optional<LimitChange> last_change_;
};

}  // namespace spillway::admission
