#pragma once
// A candidate policy, played beside the live limiter on the same requests. It has a queue and a
// limit of its own, of the very classes that the service runs, and its decisions change nothing.
//
// What it knows: who came, when, with which claim; whom the live limiter let in, when, and how long
// that took. What it cannot know is how long a request would have taken that the live one did not
// let in, or let in later; nor how latency would change if another number were in work. Hence:
//
//     let in by both at the same time        ends when it really ends
//     let in by the live one first           lasts as long as it really lasted
//     let in by the shadow alone, or first   lasts as long as one of the latest did: an estimate
//
//     sample for the limit   of what both have let in: the real latency and outcome, and the number
//                            in flight that was reached by both. So an adaptive candidate sees what
//                            the live limit makes of the latency, and by the algorithms' own rule
//                            (no growth while less than half is in use) does not grow far beyond
//                            it.
//
// It needs no timer: since nobody waits for its decisions, what was due meanwhile is caught up
// with, at its own instants, when something happens or somebody looks.

#include <cstdint>
#include <optional>
#include <vector>

#include "spillway/core/admission_queue.hpp"
#include "spillway/core/claim.hpp"
#include "spillway/core/deadline_heap.hpp"
#include "spillway/core/histogram.hpp"
#include "spillway/core/limit/limit_policy.hpp"
#include "spillway/core/limit/window_sample.hpp"
#include "spillway/core/queue_options.hpp"
#include "spillway/core/service_time.hpp"
#include "spillway/core/shadow/recent_times.hpp"
#include "spillway/core/shadow/shadow_account.hpp"
#include "spillway/core/time.hpp"

namespace spillway::core {

struct ShadowOptions {
    LimitPolicyOptions limit{};
    std::uint32_t places = Occupancy::count_max;  // permits, whatever they cost
    QueueOptions queue{};
    Duration wait_timeout = std::chrono::milliseconds(200);
    /// Requests that it can follow at a time: those that wait for or hold a permit in either
    /// limiter. More are unknown.
    std::uint32_t requests_max = 1024;
};

/// All of one instant. A plain value.
struct ShadowState {
    Occupancy occupancy;
    std::uint32_t capacity = 0;
    ShadowAccount account;
    HistogramSnapshot waits;  // of those that it admitted
    LimitMetrics limit;
};

/// *Shard-local.* Allocates at construction only. Each event is O(log n), and what has become due
/// since the last one. `now` may go back between calls by as much as threads differ: then nothing
/// is older than what has already been decided.
class Shadow {
public:
    /// A request in the shadow's books; `none`: the live limiter need tell no more of it.
    using Handle = std::uint32_t;
    static constexpr Handle none = UINT32_MAX;

    /// What the live limiter said when the request came.
    enum class Live : std::uint8_t { granted, queued, refused };

    Shadow(const ShadowOptions& options, TimePoint start);

    /// A request asks for a permit. `claim.deadline` is the request's own: until when a grant would
    /// still be of use. The wait_timeout is the shadow's. None if it was refused, or is unknown.
    [[nodiscard]] Handle arrive(TimePoint now, const Claim& claim, Live live) noexcept;

    // The end of a wait in the live queue; each handle has one at most.

    void note_grant(TimePoint now, Handle handle) noexcept;
    void note_refusal(TimePoint now, Handle handle) noexcept;
    /// The client has left the queue: the shadow's too, unless that one has let it in by now.
    void note_gone(TimePoint now, Handle handle) noexcept;

    /// A live permit has ended as the sample says. The handle is over.
    void note_end(TimePoint now, Handle handle, const Sample& sample) noexcept;

    /// Catches up. Returns when to do so again at the latest, so that no more than a window of an
    /// adaptive limit has to be caught up with; `never` for a fixed one.
    TimePoint advance(TimePoint now) noexcept;

    /// From now on CoDel and adaptive_lifo go by these times.
    void set_codel(CodelTimes times) noexcept { queue_.set_codel(times); }

    /// As far as it has caught up.
    [[nodiscard]] ShadowState state() const noexcept;

private:
    /// Where a request stands on one side.
    enum class Side : std::uint8_t { waiting, holding, over };

    struct Request {
        TimePoint arrived{};
        TimePoint granted{};  // by the shadow
        Sample sample;        // once the live permit has ended
        Ticket place;         // in the shadow's queue
        std::uint32_t cost = 1;
        std::uint32_t in_flight = 0;  // of the shadow, right after its grant
        Handle next_free = none;
        Side live = Side::over;
        Side shadow = Side::over;
        std::optional<Verdict> live_said;
        std::optional<Verdict> shadow_said;
        bool is_served = false;          // the sample is there
        bool is_told = false;            // and the limit knows it
        bool is_estimated = false;       // its end is
        bool is_hopeless_first = false;  // its own deadline comes before the wait_timeout's
    };

    [[nodiscard]] Handle take(TimePoint now, const Claim& claim, Live live) noexcept;
    void settle(Handle handle) noexcept;
    void note(Request& request, std::optional<Verdict>& said, Verdict what) noexcept;

    void catch_up(TimePoint now) noexcept;
    void drain(TimePoint now) noexcept;
    void update(TimePoint now) noexcept;
    [[nodiscard]] bool is_idle() const noexcept;

    void grant(TimePoint now, Handle handle, std::uint32_t in_flight) noexcept;
    void reject(Handle handle, RejectReason reason) noexcept;
    void estimate(Handle handle) noexcept;
    void estimate_unmeasured() noexcept;
    void finish(TimePoint now, Handle handle) noexcept;
    void tell_limit(TimePoint now, Request& request) noexcept;

    LimitPolicy limit_;
    WindowSample window_;
    TimePoint next_update_;
    AdmissionQueue queue_;
    Duration wait_timeout_;
    RecentTimes times_;
    ServiceTime usual_;
    std::vector<Request> requests_;
    Handle free_ = none;
    std::vector<Handle> waiters_;  // by index of their tickets
    DeadlineHeap ends_;            // of permits whose end is known
    TimePoint latest_;
    ShadowAccount account_;
    Histogram waits_;
};

}  // namespace spillway::core
