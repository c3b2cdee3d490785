#pragma once
// A limiter in virtual time, requests with scripts of their own, and a shadow that is told of it
// all as the service tells it.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include "spillway/core/admission_queue.hpp"
#include "spillway/core/limit/limit_policy.hpp"
#include "spillway/core/shadow/shadow.hpp"

namespace spillway::test {

inline core::LimitPolicyOptions fixed_limit(std::uint32_t value) {
    auto options = core::LimitPolicyOptions::service(
        core::LimitKind::fixed, {.min = value, .max = value, .initial = value});
    options.algorithm = core::FixedLimit::Options{.value = value};
    return options;
}

/// One request: when it comes, what it asks for, what it would do.
struct Script {
    core::Duration at{};
    core::Duration service{};
    core::Claim claim = {};                               // but for the deadline
    core::Duration patience = core::Duration::max();      // of the request itself
    core::Duration leaves_after = core::Duration::max();  // while it waits
};

/// What the live limiter did with it.
struct Fate {
    enum class Kind : std::uint8_t { none, served, refused, gone };
    Kind kind = Kind::none;
    core::Duration waited{};
    friend bool operator==(const Fate&, const Fate&) = default;
};

class ShadowWorld {
public:
    /// `live` says how the limiter works; without `candidate` nobody watches it.
    ShadowWorld(const core::ShadowOptions& live,
                const std::optional<core::ShadowOptions>& candidate, std::vector<Script> scripts)
        : options_(live),
          scripts_(std::move(scripts)),
          limit_(live.limit, start),
          next_update_(limit_.next_update()),
          queue_({.limit = limit_.limit(), .places = live.places}, live.queue),
          requests_(scripts_.size()),
          waiters_(live.queue.capacity) {
        window_.clear(limit_.epoch());
        if (candidate) shadow.emplace(*candidate, start);
        for (std::size_t i = 0; i < scripts_.size(); ++i)
            events_.push({start + scripts_[i].at, What::arrival, i});
    }

    void run() {
        while (!events_.empty()) step();
        if (shadow) (void)shadow->advance(now_ + std::chrono::hours(1));
    }

    [[nodiscard]] std::vector<Fate> fates() const {
        std::vector<Fate> fates;
        for (const Request& request : requests_) fates.push_back(request.fate);
        return fates;
    }
    [[nodiscard]] std::uint32_t limit() const { return queue_.limit(); }

    std::optional<core::Shadow> shadow;
    bool is_limit_equal = true;  // of both, after every event

private:
    static constexpr core::TimePoint start{std::chrono::hours(1)};
    enum class What : std::uint8_t { end, arrival, leave };
    struct Event {
        core::TimePoint at;
        What what;
        std::size_t who;
        friend bool operator>(const Event& a, const Event& b) {
            return std::tie(a.at, a.what, a.who) > std::tie(b.at, b.what, b.who);
        }
    };
    struct Request {
        Fate fate;
        core::Shadow::Handle handle = core::Shadow::none;
        std::optional<core::Ticket> ticket;
        core::TimePoint granted{};
        std::uint32_t in_flight = 0;
    };

    void step() {
        const core::TimePoint due = std::min(queue_.next_deadline(), next_update_);
        if (due <= events_.top().at) {
            now_ = due;
            if (next_update_ <= now_) update();
            return drain();
        }
        const Event event = events_.top();
        events_.pop();
        now_ = event.at;
        switch (event.what) {
            case What::arrival:
                arrive(event.who);
                break;
            case What::end:
                end(event.who);
                break;
            case What::leave:
                leave(event.who);
                break;
        }
        if (!shadow) return;
        (void)shadow->advance(now_);
        is_limit_equal = is_limit_equal && shadow->state().occupancy.limit == queue_.limit();
    }

    void arrive(std::size_t who) {
        const Script& script = scripts_[who];
        core::Claim claim = script.claim;
        const core::TimePoint hopeless = core::after(now_, script.patience);
        claim.deadline = std::min(core::after(now_, options_.wait_timeout), hopeless);
        const core::Arrival arrival = queue_.arrive(now_, claim);
        claim.deadline = hopeless;
        Request& request = requests_[who];
        const auto tell = [&](core::Shadow::Live live) {
            if (shadow) request.handle = shadow->arrive(now_, claim, live);
        };
        if (arrival.is_refused()) {
            request.fate.kind = Fate::Kind::refused;
            tell(core::Shadow::Live::refused);
        } else if (arrival.is_granted()) {
            tell(core::Shadow::Live::granted);
            serve(who, arrival.in_flight());
        } else {
            if (arrival.evicted()) refuse(waiters_[arrival.evicted()->index]);
            request.ticket = arrival.ticket();
            waiters_[arrival.ticket().index] = who;
            tell(core::Shadow::Live::queued);
            if (script.leaves_after != core::Duration::max())
                events_.push({now_ + script.leaves_after, What::leave, who});
        }
        drain();
    }

    void serve(std::size_t who, std::uint32_t in_flight) {
        Request& request = requests_[who];
        request.fate = {Fate::Kind::served, now_ - (start + scripts_[who].at)};
        request.granted = now_;
        request.in_flight = in_flight;
        request.ticket.reset();
        events_.push({now_ + scripts_[who].service, What::end, who});
    }

    void end(std::size_t who) {
        Request& request = requests_[who];
        const core::Sample sample{
            .rtt = now_ - request.granted,
            .in_flight = std::max(request.in_flight, queue_.occupancy().units)};
        if (request.handle != core::Shadow::none) shadow->note_end(now_, request.handle, sample);
        window_.add(now_, sample);
        queue_.release(scripts_[who].claim.cost);
        drain();
    }

    void leave(std::size_t who) {
        Request& request = requests_[who];
        if (!request.ticket) return;
        (void)queue_.cancel(*request.ticket);
        request.ticket.reset();
        request.fate.kind = Fate::Kind::gone;
        if (request.handle != core::Shadow::none) shadow->note_gone(now_, request.handle);
        drain();
    }

    void refuse(std::size_t who) {
        Request& request = requests_[who];
        request.ticket.reset();
        request.fate = {Fate::Kind::refused, now_ - (start + scripts_[who].at)};
        if (request.handle != core::Shadow::none) shadow->note_refusal(now_, request.handle);
    }

    void drain() {
        while (const auto departure = queue_.next(now_)) {
            const std::size_t who = waiters_[departure->ticket.index];
            if (!departure->is_granted()) {
                refuse(who);
                continue;
            }
            if (requests_[who].handle != core::Shadow::none)
                shadow->note_grant(now_, requests_[who].handle);
            serve(who, departure->in_flight);
        }
    }

    void update() {
        const std::uint32_t limit = limit_.update(now_, window_);
        window_.clear(limit_.epoch());
        if (limit != queue_.limit()) queue_.set_limit(limit);
        next_update_ = std::max(limit_.next_update(), now_ + std::chrono::milliseconds(1));
        if (shadow) (void)shadow->advance(now_);
    }

    const core::ShadowOptions options_;
    const std::vector<Script> scripts_;
    core::TimePoint now_ = start;
    core::LimitPolicy limit_;
    core::WindowSample window_;
    core::TimePoint next_update_;
    core::AdmissionQueue queue_;
    std::vector<Request> requests_;
    std::vector<std::size_t> waiters_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

}  // namespace spillway::test
