#include "generator/ledger.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "generator/latency.hpp"
#include "scenario/mix.hpp"
#include "spillway/core/assert.hpp"

namespace spillway::loadtest {

using core::Duration;
using core::TimePoint;

namespace {

Slice slice_of(std::string name, const Account& account, double begin_s, double duration_s) {
    Slice slice;
    slice.name = std::move(name);
    slice.begin_s = begin_s;
    slice.duration_s = duration_s;
    slice.counts = {.offered = account.offered(),
                    .retries = account.retries(),
                    .good = account.count(Ending::good),
                    .late = account.count(Ending::late),
                    .rejected = account.count(Ending::rejected),
                    .errors = account.count(Ending::error),
                    .failed = account.count(Ending::failed),
                    .left = account.count(Ending::left),
                    .unsent = account.count(Ending::unsent)};
    for (const auto& row : account.refusals().sorted())
        slice.rejected_by.push_back({row.status, row.reason, row.count});
    for (const auto& [status, count] : account.errors()) slice.errors_by.push_back({status, count});
    for (std::size_t i = 0; i < failure_count; ++i) {
        const auto why = static_cast<Failure>(i);
        if (account.count(why) > 0)
            slice.failed_by.push_back({std::string(to_string(why)), account.count(why)});
    }
    for (std::size_t i = 0; i < unsent_count; ++i) {
        const auto why = static_cast<Unsent>(i);
        if (account.count(why) > 0)
            slice.unsent_by.push_back({std::string(to_string(why)), account.count(why)});
    }
    slice.admitted = latency_of(account.admitted());
    slice.refused = latency_of(account.refused());
    return slice;
}

/// The phases that something is a rate over.
struct Span {
    std::optional<double> begin_s;  // of the first
    double length_s = 0;            // of all

    void add(double begin, double length) {
        if (!begin_s) begin_s = begin;
        length_s += length;
    }
};

}  // namespace

Ledger::Ledger(const scenario::Scenario& scenario, TimePoint begin, Duration length)
    : scenario_(scenario),
      series_(begin, length),
      phases_(scenario.phases.size()),
      kinds_(scenario.clients.size()),
      wire_(scenario.clients.size()) {}

template <class Entry>
void Ledger::enter(const Request& request, Entry entry) {
    entry(phases_[request.phase]);
    if (!scenario_.phases[request.phase].measured) return;
    entry(kinds_[request.kind]);
    entry(total_);
}

void Ledger::closed(Ending ending, Duration latency, TimePoint now) {
    series_.ended(now, ending, latency);
    add(counts_, ending);
    if (ending == Ending::good || ending == Ending::late) recent_.record(latency);
}

void Ledger::offer(const Request& request) {
    const bool is_retry = request.attempt > 1;
    enter(request, [=](Account& account) { account.offer(is_retry); });
    series_.offered(request.intended, is_retry);
    ++counts_.offered;
    counts_.retries += static_cast<std::uint64_t>(is_retry);
}

Ending Ledger::answered(const Request& request, const Answer& answer, Duration latency,
                        TimePoint now) {
    Ending ending{};
    enter(request,
          [&](Account& account) { ending = account.answered(answer, latency, scenario_.slo); });
    wire_[request.kind].answered(answer);
    closed(ending, latency, now);
    return ending;
}

void Ledger::failed(const Request& request, Failure why, bool was_sent, TimePoint now) {
    enter(request, [=](Account& account) { account.failed(why); });
    wire_[request.kind].unanswered += static_cast<std::uint64_t>(was_sent);
    closed(Ending::failed, {}, now);
}

void Ledger::left(const Request& request, bool was_sent, TimePoint now) {
    enter(request, [](Account& account) { account.left(); });
    wire_[request.kind].unanswered += static_cast<std::uint64_t>(was_sent);
    closed(Ending::left, {}, now);
}

void Ledger::unsent(const Request& request, Unsent why, TimePoint now) {
    enter(request, [=](Account& account) { account.unsent(why); });
    closed(Ending::unsent, {}, now);
}

void Ledger::delayed(Duration delay, TimePoint now) {
    delay_.record(delay);
    series_.delayed(now, delay);
}

Duration Ledger::take_recent_p99() {
    const Duration p99 = recent_.at(0.99);
    recent_.clear();
    return p99;
}

void Ledger::report(Result& result, Duration length) {
    SPILLWAY_ASSERT(total_.pending() == 0);
    const double end_s = core::to_seconds(length);
    double begin_s = 0;
    Span all;
    std::vector<Span> of_kinds(kinds_.size());
    for (std::size_t i = 0; i < phases_.size(); ++i) {
        const auto& phase = scenario_.phases[i];
        SPILLWAY_ASSERT(phases_[i].pending() == 0);
        const double phase_s =
            std::clamp(end_s - begin_s, 0.0, core::to_seconds(Duration{phase.length}));
        result.phases.push_back(slice_of(phase.name, phases_[i], begin_s, phase_s));
        result.phases.back().measured = phase.measured;
        if (phase.measured) {
            all.add(begin_s, phase_s);
            std::size_t kind = 0;
            for (const auto& [name, client] : scenario_.clients) {
                if (scenario::weight_in(phase, name, client) > 0)
                    of_kinds[kind].add(begin_s, phase_s);
                ++kind;
            }
        }
        begin_s += phase_s;
    }
    result.total = slice_of("total", total_, all.begin_s.value_or(end_s), all.length_s);
    std::size_t kind = 0;
    for (const auto& [name, client] : scenario_.clients) {
        const Span& span = of_kinds[kind];
        result.classes.push_back(
            slice_of(name, kinds_[kind], span.begin_s.value_or(end_s), span.length_s));
        ++kind;
    }
    result.series = series_.finish();
    result.generator.delay = latency_of(delay_);
    result.generator.waits = latency_of(waits_);
}

}  // namespace spillway::loadtest
