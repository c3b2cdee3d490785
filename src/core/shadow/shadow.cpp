#include "spillway/core/shadow/shadow.hpp"

#include <algorithm>

#include "spillway/core/assert.hpp"

namespace spillway::core {
namespace {

/// An algorithm that is due is asked when something happens, which is not at every nanosecond.
constexpr Duration update_gap_min = std::chrono::milliseconds{1};

/// Let in by both within this part of the service is at the same time: the live limiter's word
/// comes after its step, by as long as a busy loop takes to turn.
constexpr int together_part = 2;

}  // namespace

Shadow::Shadow(const ShadowOptions& options, TimePoint start)
    : limit_(options.limit, start),
      next_update_(limit_.next_update()),
      queue_({.limit = limit_.limit(), .places = options.places}, options.queue),
      wait_timeout_(options.wait_timeout),
      requests_(options.requests_max),
      waiters_(options.queue.capacity, none),
      ends_(options.requests_max),
      latest_(start) {
    window_.clear(limit_.epoch());
    for (std::size_t i = requests_.size(); i-- > 0;) {
        requests_[i].next_free = free_;
        free_ = static_cast<Handle>(i);
    }
}

// --- what the live limiter tells ----------------------------------------------------------------

Shadow::Handle Shadow::arrive(TimePoint now, const Claim& claim, Live live) noexcept {
    catch_up(now);
    now = latest_;
    if (free_ == none) {
        ++account_.unknown;
        return none;
    }
    ++account_.received;
    const Handle handle = take(now, claim, live);
    Claim own = claim;
    own.deadline = std::min(after(now, wait_timeout_), claim.deadline);
    requests_[handle].is_hopeless_first = claim.deadline <= own.deadline;

    const Arrival arrival = queue_.arrive(now, own);
    switch (arrival.kind()) {
        case Arrival::Kind::granted:
            grant(now, handle, arrival.in_flight());
            break;
        case Arrival::Kind::refused:
            reject(handle, arrival.reason());
            break;
        case Arrival::Kind::queued: {
            // The evicted one's index may be the newcomer's by now.
            Handle& waiter = waiters_[arrival.ticket().index];
            if (arrival.evicted()) reject(waiters_[arrival.evicted()->index], RejectReason::shed);
            requests_[handle].place = arrival.ticket();
            waiter = handle;
            break;
        }
    }
    drain(now);
    settle(handle);
    return live == Live::refused ? none : handle;
}

void Shadow::note_grant(TimePoint now, Handle handle) noexcept {
    catch_up(now);
    Request& request = requests_[handle];
    SPILLWAY_ASSERT(request.live == Side::waiting);
    request.live = Side::holding;
    note(request, request.live_said, Verdict::admitted);
    if (request.shadow != Side::holding || !request.is_estimated) return;
    const bool is_measured = ends_.contains(handle);
    if (is_measured && (latest_ - request.granted) * together_part > usual_.mean()) return;
    if (is_measured) ends_.erase(handle);
    request.is_estimated = false;
}

void Shadow::note_refusal(TimePoint now, Handle handle) noexcept {
    catch_up(now);
    Request& request = requests_[handle];
    SPILLWAY_ASSERT(request.live == Side::waiting);
    request.live = Side::over;
    note(request, request.live_said, Verdict::rejected);
    settle(handle);
}

void Shadow::note_gone(TimePoint now, Handle handle) noexcept {
    catch_up(now);
    Request& request = requests_[handle];
    SPILLWAY_ASSERT(request.live == Side::waiting);
    request.live = Side::over;
    note(request, request.live_said, Verdict::dropped);
    if (request.shadow == Side::waiting) {
        const bool was_waiting = queue_.cancel(request.place);
        SPILLWAY_ASSERT(was_waiting);
        request.shadow = Side::over;
        ++account_.dropped;
        note(request, request.shadow_said, Verdict::dropped);
    }
    drain(latest_);
    settle(handle);
}

void Shadow::note_end(TimePoint now, Handle handle, const Sample& sample) noexcept {
    catch_up(now);
    now = latest_;
    Request& request = requests_[handle];
    SPILLWAY_ASSERT(request.live == Side::holding);
    request.live = Side::over;
    request.is_served = true;
    request.sample = sample;
    const bool is_first = times_.empty();
    usual_.record(now, sample.rtt);
    // From grant to grant: what a wake-up takes is time in which the permit serves nobody else.
    const bool is_followed = request.shadow == Side::holding && !request.is_estimated;
    times_.add(is_followed ? std::max(sample.rtt, now - request.granted) : sample.rtt);
    if (request.shadow_said == Verdict::admitted) tell_limit(now, request);
    if (is_followed) {
        const TimePoint end = after(request.granted, sample.rtt);
        if (end <= now) {
            finish(now, handle);
        } else {
            ends_.push(handle, end);
        }
    }
    if (is_first) estimate_unmeasured();
    drain(now);
    settle(handle);
}

TimePoint Shadow::advance(TimePoint now) noexcept {
    catch_up(now);
    return next_update_;
}

ShadowState Shadow::state() const noexcept {
    ShadowState state{.occupancy = queue_.occupancy(),
                      .capacity = queue_.capacity(),
                      .account = account_,
                      .waits = {},
                      .limit = limit_.metrics()};
    waits_.snapshot(state.waits);
    return state;
}

// --- time ---------------------------------------------------------------------------------------

void Shadow::catch_up(TimePoint now) noexcept {
    now = std::max(now, latest_);
    for (;;) {
        const TimePoint end = ends_.earliest();
        const TimePoint next = std::min({end, queue_.next_deadline(), next_update_});
        if (next > now) break;
        latest_ = std::max(latest_, next);
        if (end == next) {
            const Handle handle = ends_.top();
            ends_.erase(handle);
            finish(latest_, handle);
            settle(handle);
        } else if (next_update_ == next) {
            // Windows in which nothing was there are over unseen.
            if (is_idle()) latest_ = now;
            update(latest_);
        }
        drain(latest_);
    }
    latest_ = now;
}

bool Shadow::is_idle() const noexcept {
    return queue_.in_flight() == 0 && queue_.waiting() == 0 && window_.completed() == 0 &&
           window_.count() == 0;
}

/// Ends every wait whose turn or time has come.
void Shadow::drain(TimePoint now) noexcept {
    while (const auto departure = queue_.next(now)) {
        const Handle handle = waiters_[departure->ticket.index];
        switch (departure->end) {
            case Departure::End::granted:
                grant(now, handle, departure->in_flight);
                break;
            case Departure::End::shed:
                reject(handle, RejectReason::shed);
                break;
            case Departure::End::expired:
                reject(handle, requests_[handle].is_hopeless_first ? RejectReason::deadline
                                                                   : RejectReason::wait_timeout);
                break;
        }
        settle(handle);
    }
}

void Shadow::update(TimePoint now) noexcept {
    const std::uint32_t limit = limit_.update(now, window_);
    window_.clear(limit_.epoch());
    if (limit != queue_.limit()) queue_.set_limit(limit);
    next_update_ = std::max(limit_.next_update(), after(now, update_gap_min));
}

// --- the shadow's own decisions -----------------------------------------------------------------

void Shadow::grant(TimePoint now, Handle handle, std::uint32_t in_flight) noexcept {
    Request& request = requests_[handle];
    request.shadow = Side::holding;
    request.granted = now;
    request.in_flight = in_flight;
    ++account_.admitted;
    waits_.observe(now - request.arrived);
    note(request, request.shadow_said, Verdict::admitted);
    if (request.is_served) {
        ends_.push(handle, after(now, request.sample.rtt));
    } else if (request.live != Side::holding) {
        estimate(handle);
    }
}

void Shadow::reject(Handle handle, RejectReason reason) noexcept {
    Request& request = requests_[handle];
    request.shadow = Side::over;
    ++account_.rejected[static_cast<std::size_t>(reason)];
    note(request, request.shadow_said, Verdict::rejected);
    settle(handle);
}

/// Until something has been measured there is nothing to go by: it lasts until then.
void Shadow::estimate(Handle handle) noexcept {
    Request& request = requests_[handle];
    request.is_estimated = true;
    if (times_.empty()) return;
    ends_.push(handle, after(request.granted, times_.next()));
}

void Shadow::estimate_unmeasured() noexcept {
    for (Handle handle = 0; handle < requests_.size(); ++handle) {
        const Request& request = requests_[handle];
        const bool is_held = request.shadow == Side::holding && request.is_estimated;
        if (is_held && !ends_.contains(handle)) estimate(handle);
    }
}

void Shadow::finish(TimePoint now, Handle handle) noexcept {
    Request& request = requests_[handle];
    if (request.is_served && !request.is_told) tell_limit(now, request);
    queue_.release(request.cost);
    request.shadow = Side::over;
    if (request.is_estimated) ++account_.estimated;
}

/// As the live limiter counts: holders at the grant, units at the end, and no more than there
/// really were.
void Shadow::tell_limit(TimePoint now, Request& request) noexcept {
    request.is_told = true;
    Sample sample = request.sample;
    const std::uint32_t own = std::max(request.in_flight, queue_.occupancy().units);
    sample.in_flight = std::min(sample.in_flight, own);
    window_.add(now, sample);
}

// --- the books ----------------------------------------------------------------------------------

Shadow::Handle Shadow::take(TimePoint now, const Claim& claim, Live live) noexcept {
    const Handle handle = free_;
    Request& request = requests_[handle];
    free_ = request.next_free;
    request = {};
    request.arrived = now;
    request.cost = claim.cost;
    request.shadow = Side::waiting;
    switch (live) {
        case Live::granted:
            request.live = Side::holding;
            request.live_said = Verdict::admitted;
            break;
        case Live::queued:
            request.live = Side::waiting;
            break;
        case Live::refused:
            request.live_said = Verdict::rejected;
            break;
    }
    return handle;
}

/// Ends the record if neither side has more to say. Again for one that has ended: nothing.
void Shadow::settle(Handle handle) noexcept {
    Request& request = requests_[handle];
    if (request.live != Side::over || request.shadow != Side::over) return;
    if (!request.shadow_said) return;
    request.shadow_said = request.live_said = std::nullopt;
    request.next_free = free_;
    free_ = handle;
}

void Shadow::note(Request& request, std::optional<Verdict>& said, Verdict what) noexcept {
    said = what;
    if (!request.live_said || !request.shadow_said) return;
    ++account_.compared[static_cast<std::size_t>(*request.live_said)]
                       [static_cast<std::size_t>(*request.shadow_said)];
}

}  // namespace spillway::core
