#include "app/shadow_metrics.hpp"

#include <array>

#include "spillway/core/limit/sample.hpp"
#include "spillway/core/reason.hpp"

namespace spillway::app {
namespace {

using core::RejectReason;
using telemetry::Exposition;

/// Those that a limiter decides by itself.
constexpr std::array reasons{RejectReason::queue_full, RejectReason::wait_timeout,
                             RejectReason::deadline, RejectReason::shed};

double number(std::uint64_t n) noexcept { return static_cast<double>(n); }

void add_account(Exposition& e, const std::string& limiter, const core::ShadowAccount& account) {
    e.counter("spillway_shadow_requests_received_total", "Requests that the candidate has seen")
        .add({{"limiter", limiter}}, number(account.received));
    e.counter("spillway_shadow_requests_admitted_total", "Requests that it would have admitted")
        .add({{"limiter", limiter}}, number(account.admitted));
    auto rejected =
        e.counter("spillway_shadow_requests_rejected_total", "Requests that it would have refused");
    for (const RejectReason reason : reasons) {
        rejected.add({{"limiter", limiter}, {"reason", core::to_string(reason)}},
                     number(account.rejected[static_cast<std::size_t>(reason)]));
    }
    e.counter("spillway_shadow_requests_dropped_total",
              "Requests whose client left both queues while they waited")
        .add({{"limiter", limiter}}, number(account.dropped));
    e.counter("spillway_shadow_requests_unknown_total", "Requests not seen for want of a record")
        .add({{"limiter", limiter}}, number(account.unknown));
    e.counter("spillway_shadow_estimated_total",
              "Admitted ones that have been given the length of another's service")
        .add({{"limiter", limiter}}, number(account.estimated));
    auto compared =
        e.counter("spillway_shadow_compared_total", "Requests by what either has made of them");
    for (std::size_t live = 0; live < core::verdict_count; ++live) {
        for (std::size_t shadow = 0; shadow < core::verdict_count; ++shadow) {
            compared.add({{"limiter", limiter},
                          {"live", core::to_string(static_cast<core::Verdict>(live))},
                          {"shadow", core::to_string(static_cast<core::Verdict>(shadow))}},
                         number(account.compared[live][shadow]));
        }
    }
}

}  // namespace

void add_shadow(Exposition& e, const std::string& limiter, const core::ShadowState& state) {
    e.gauge("spillway_shadow_limit", "The candidate's limit")
        .add({{"limiter", limiter}}, state.occupancy.limit);
    e.gauge("spillway_shadow_in_flight", "Permits that it would have out")
        .add({{"limiter", limiter}}, state.occupancy.in_flight);
    e.gauge("spillway_shadow_in_flight_units", "What they cost")
        .add({{"limiter", limiter}}, state.occupancy.units);
    e.gauge("spillway_shadow_queue_depth", "Requests that would be waiting")
        .add({{"limiter", limiter}}, state.occupancy.waiting);
    e.gauge("spillway_shadow_queue_capacity", "Places in its queue")
        .add({{"limiter", limiter}}, state.capacity);
    add_account(e, limiter, state.account);
    auto why = e.gauge("spillway_shadow_limit_reason", "1 for why its limit is what it is");
    for (std::size_t i = 0; i < core::limit_reason_count; ++i) {
        const auto reason = static_cast<core::LimitReason>(i);
        why.add({{"limiter", limiter}, {"reason", core::to_string(reason)}},
                state.limit.reason == reason ? 1 : 0);
    }
    e.histogram("spillway_shadow_wait_seconds", "Time in its queue of requests that it admits")
        .add({{"limiter", limiter}}, state.waits);
}

}  // namespace spillway::app
