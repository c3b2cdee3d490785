#include "simulate/simulation.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "scenario/retry.hpp"
#include "spillway/core/assert.hpp"
#include "spillway/core/keyed_hash.hpp"

namespace spillway::simulate {

using core::Outcome;
using core::RejectReason;
using core::TimePoint;

namespace {

/// What RFC 9218 takes a request for that says nothing.
constexpr std::uint32_t usual_urgency = 3;

TimePoint instant_of(const scenario::Arrival& arrival) { return TimePoint{arrival.at}; }

std::vector<std::uint64_t> hashes_of(const std::vector<std::string>& names) {
    std::vector<std::uint64_t> hashes;
    for (const std::string& name : names) hashes.push_back(core::keyed_hash({}, name));
    return hashes;
}

/// By tenant the index of its share.
std::vector<std::uint16_t> shares_of(const std::vector<std::string>& names,
                                     const scenario::Tenancy& tenancy) {
    std::vector<std::uint16_t> shares;
    for (const std::string& name : names) {
        const auto found = tenancy.shares.find(name);
        shares.push_back(found == tenancy.shares.end() ? core::Claim::no_share
                                                       : static_cast<std::uint16_t>(std::distance(
                                                             tenancy.shares.begin(), found)));
    }
    return shares;
}

}  // namespace

Simulation::Simulation(const scenario::Scenario& scenario)
    : scenario_(scenario),
      kinds_(kinds_of(scenario, tenant_names_)),
      tenant_hashes_(hashes_of(tenant_names_)),
      tenant_shares_(shares_of(tenant_names_, scenario.limiter.tenant)),
      schedule_(scenario.phases, scenario.seed),
      mix_(scenario),
      mix_random_(scenario.seed, scenario::Stream::mix),
      model_(scenario.service, scenario.seed),
      in_service_(model_),
      admission_(scenario.limiter, scenario.service, TimePoint{}),
      recorder_(scenario, tenant_names_),
      waiters_(admission_.capacity(), no_slot),
      arrival_(schedule_.next()),
      interval_end_(core::Duration{scenario.metrics_every}) {}

std::vector<Simulation::Kind> Simulation::kinds_of(const scenario::Scenario& scenario,
                                                   std::vector<std::string>& tenant_names) {
    std::vector<Kind> kinds;
    std::map<std::string, std::uint32_t> numbers;
    bool some_have_none = false;
    for (const auto& [name, client] : scenario.clients) {
        Kind kind{.client = &client, .leaves = scenario.timeout, .tenants = {}, .lane = {}};
        kind.band = static_cast<std::uint8_t>(client.urgency.value_or(usual_urgency));
        if (client.patience && *client.patience < kind.leaves) {
            kind.leaves = *client.patience;
            kind.comes_back = false;
        }
        if (client.deadline && *client.deadline <= kind.leaves) {
            kind.leaves = *client.deadline;
            kind.leaves_as = End::timed_out;
            kind.comes_back = true;
        }
        for (const auto& [tenant, weight] : client.tenants) {
            const auto [at, is_new] =
                numbers.emplace(tenant, static_cast<std::uint32_t>(numbers.size()));
            if (is_new) tenant_names.push_back(tenant);
            kind.tenants.push_back(at->second);
        }
        some_have_none = some_have_none || kind.tenants.empty();
        kinds.push_back(std::move(kind));
    }
    if (tenant_names.empty() || !some_have_none) return kinds;
    // Those who are nobody's tenants, where others are.
    for (Kind& kind : kinds) {
        if (!kind.tenants.empty()) continue;
        kind.tenants.push_back(static_cast<std::uint32_t>(tenant_names.size()));
    }
    tenant_names.emplace_back("(none)");
    return kinds;
}

Result Simulation::run() {
    while (step()) {
    }
    return std::move(recorder_).finish(now_, model_);
}

TimePoint Simulation::next_leave() noexcept {
    TimePoint first = core::never;
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
        const std::uint32_t slot = kinds_[kind].lane.first;
        if (slot == no_slot) continue;
        const TimePoint at = core::after(requests_[slot].arrived, kinds_[kind].leaves);
        if (at >= first) continue;
        first = at;
        leaver_ = kind;
    }
    return first;
}

bool Simulation::step() {
    if (!arrival_ && alive_ == 0 && returns_.empty()) {
        if (interval_end_ != core::never) end_interval();
        interval_end_ = core::never;
        return false;
    }
    const TimePoint service = in_service_.next_event();
    const TimePoint update = admission_.next_update();
    const TimePoint expiry = admission_.next_deadline();
    const TimePoint leave = next_leave();
    const TimePoint held = holds_.empty() ? core::never : holds_.top().key;
    const TimePoint back = returns_.empty() ? core::never : returns_.top().key;
    const TimePoint arrival = arrival_ ? instant_of(*arrival_) : core::never;
    const TimePoint before =
        std::min({service, update, expiry, leave, held, back, arrival, interval_end_});
    SPILLWAY_ASSERT(before >= now_ && before != core::never);
    now_ = before;
    in_service_.advance_to(now_);

    if (service == now_) {
        end_services();
    } else if (update == now_) {
        recorder_.note_limit(now_, admission_.limit());
        admission_.update(now_);
        depart();
    } else if (expiry == now_) {
        depart();
    } else if (leave == now_) {
        leave_first();
    } else if (held == now_) {
        end_first_hold();
    } else if (back == now_) {
        const std::uint32_t slot = returns_.top().slot;
        returns_.pop();
        offer(slot);
    } else if (arrival == now_) {
        arrive_next();
    } else {
        end_interval();
    }
    return true;
}

void Simulation::end_interval() {
    recorder_.note_limit(now_, admission_.limit());
    recorder_.note_interval(now_,
                            {.limit = admission_.limit(),
                             .in_flight = admission_.in_flight(),
                             .waiting = admission_.waiting()},
                            phase_);
    interval_end_ = core::after(now_, scenario_.metrics_every);
}

// --- clients -----------------------------------------------------------------------------------

void Simulation::arrive_next() {
    const std::uint32_t slot = requests_.take();
    Request& request = requests_[slot];
    const scenario::Choice choice = mix_.pick(arrival_->phase, mix_random_);
    const Kind& kind = kinds_[choice.kind];
    request.kind = static_cast<std::uint8_t>(choice.kind);
    request.phase = static_cast<std::uint8_t>(arrival_->phase);
    request.tenant = kind.tenants.empty() ? 0 : kind.tenants[choice.index];
    request.attempts = 1;
    phase_ = request.phase;
    arrival_ = schedule_.next();
    offer(slot);
}

void Simulation::offer(std::uint32_t slot) {
    Request& request = requests_[slot];
    Kind& kind = kinds_[request.kind];
    request.arrived = now_;
    recorder_.note_offered(now_, request);
    const auto quota = admission_.take_quota(
        now_, hash_of(request), kind.client->deadline.value_or(scenario::Millis::max()));
    if (!quota.allowed) return refuse(slot, RejectReason::rate_limited);
    ++alive_;
    requests_.enter(kind.lane, slot);
    if (quota.delay == core::Duration::zero()) return enter(slot);
    request.stage = Stage::held;
    request.unit = {quota.full_at, 1, core::after(now_, quota.delay)};
    request.unit_shared = quota.shared;
    holds_.push(request.unit.begins, slot, request.generation);
}

void Simulation::end_first_hold() {
    const auto hold = holds_.top();
    holds_.pop();
    // Of who has left meanwhile the slot may be another's.
    if (requests_[hold.slot].generation != hold.generation) return;
    admission_.end_hold();
    enter(hold.slot);
}

void Simulation::enter(std::uint32_t slot) {
    Request& request = requests_[slot];
    const Kind& kind = kinds_[request.kind];
    request.entered = now_;
    TimePoint until = core::after(now_, scenario_.limiter.queue.wait_timeout);
    request.expiry = RejectReason::wait_timeout;
    if (kind.client->deadline) {
        // What could not be done in time is not begun.
        const core::Duration usual = admission_.usual(now_).value_or(core::Duration::zero());
        const TimePoint latest = core::after(request.arrived, *kind.client->deadline) - usual;
        if (latest <= until) {
            until = latest;
            request.expiry = RejectReason::deadline;
        }
    }
    const core::Arrival verdict = admission_.arrive(
        now_,
        {.deadline = until,
         .cost = kind.client->cost,
         .band = kind.band,
         .share = tenant_hashes_.empty() ? core::Claim::no_share : tenant_shares_[request.tenant],
         .tenant = hash_of(request)});
    if (verdict.is_refused()) {
        end_stay(slot);
        return refuse(slot, verdict.reason());
    }
    if (verdict.evicted()) end_wait(*verdict.evicted(), RejectReason::shed);
    if (verdict.is_granted()) {
        begin_service(slot);
    } else {
        requests_[slot].stage = Stage::waiting;
        requests_[slot].ticket = verdict.ticket();
        waiters_[verdict.ticket().index] = slot;
    }
    depart();
}

void Simulation::end_stay(std::uint32_t slot) noexcept {
    requests_.leave(kinds_[requests_[slot].kind].lane, slot);
    --alive_;
}

void Simulation::refuse(std::uint32_t slot, RejectReason reason) {
    const Request request = requests_[slot];
    recorder_.note_ended(now_, request, End::rejected, reason);
    requests_.give_back(slot);
    const bool asks = kinds_[request.kind].client->retry.mode == scenario::RetryMode::obedient;
    come_back(request, asks ? std::optional{admission_.retry_after_s(now_, reason)} : std::nullopt);
}

void Simulation::come_back(const Request& request, std::optional<std::uint32_t> told_s) {
    const auto delay =
        scenario::retry_delay(kinds_[request.kind].client->retry, request.attempts, told_s);
    if (!delay) return;
    const std::uint32_t slot = requests_.take();
    Request& next = requests_[slot];
    next.kind = request.kind;
    next.phase = request.phase;
    next.tenant = request.tenant;
    next.attempts = static_cast<std::uint16_t>(request.attempts + 1);
    returns_.push(core::after(now_, *delay), slot, next.generation);
}

void Simulation::leave_first() {
    Kind& kind = kinds_[leaver_];
    const std::uint32_t slot = kind.lane.first;
    const Request request = requests_[slot];
    const bool was_told = kind.leaves_as == End::timed_out;
    requests_.leave(kind.lane, slot);
    if (request.stage == Stage::waiting || request.stage == Stage::held) {
        if (request.stage == Stage::waiting) {
            admission_.cancel(request.ticket);
        } else {
            admission_.give_back_quota(now_, hash_of(request), request.unit, request.unit_shared);
        }
        recorder_.note_ended(now_, request, was_told ? End::rejected : End::gone_waiting,
                             RejectReason::deadline);
        end_life(slot);
    } else {
        recorder_.note_ended(now_, request, kind.leaves_as);
        const Outcome outcome = was_told ? Outcome::overloaded : Outcome::ignored;
        if (scenario_.service.stops) {
            in_service_.end(kind.client->cost);
            release(request, outcome);
            end_life(slot);
        } else {
            // The work goes on and keeps its permit; the client is somewhere else already.
            requests_[slot].stage = Stage::abandoned;
            requests_[slot].abandoned_as = outcome;
        }
    }
    if (kind.comes_back) come_back(request, {});
    depart();
}

void Simulation::end_life(std::uint32_t slot) noexcept {
    requests_.give_back(slot);
    --alive_;
}

// --- service -----------------------------------------------------------------------------------

void Simulation::begin_service(std::uint32_t slot) {
    Request& request = requests_[slot];
    const scenario::Client& client = *kinds_[request.kind].client;
    request.stage = Stage::working;
    request.granted = now_;
    request.in_flight = admission_.units();
    in_service_.begin(slot, request.generation, client.cost, model_.draw(client.work));
}

void Simulation::release(const Request& request, Outcome outcome) noexcept {
    admission_.release(now_, kinds_[request.kind].client->cost,
                       {.rtt = now_ - request.granted,
                        .in_flight = request.in_flight,
                        .outcome = outcome,
                        .wait = request.granted - request.entered});
}

void Simulation::end_services() {
    for (InService::Done done; in_service_.take_done(done);) {
        Request& request = requests_[done.slot];
        if (request.generation != done.generation) continue;  // it was stopped
        Kind& kind = kinds_[request.kind];
        in_service_.end(kind.client->cost);
        if (request.stage == Stage::abandoned) {
            release(request, request.abandoned_as);
        } else {
            requests_.leave(kind.lane, done.slot);
            recorder_.note_ended(now_, request, End::answered);
            release(request, Outcome::success);
        }
        end_life(done.slot);
        depart();
    }
}

void Simulation::depart() {
    while (const auto departure = admission_.next(now_)) {
        switch (departure->end) {
            case core::Departure::End::granted:
                begin_service(waiters_[departure->ticket.index]);
                break;
            case core::Departure::End::expired:
                end_wait(departure->ticket, requests_[waiters_[departure->ticket.index]].expiry);
                break;
            case core::Departure::End::shed:
                end_wait(departure->ticket, RejectReason::shed);
                break;
        }
    }
}

void Simulation::end_wait(core::Ticket ticket, RejectReason reason) {
    const std::uint32_t slot = waiters_[ticket.index];
    end_stay(slot);
    refuse(slot, reason);
}

Result simulate(const scenario::Scenario& scenario) { return Simulation{scenario}.run(); }

}  // namespace spillway::simulate
