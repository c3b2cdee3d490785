#pragma once
// One run of a scenario in virtual time: clients, limiter and service, event by event.
//
// Events are, in this order where they fall on the same instant: an end of service, the limit's
// update, a deadline in the queue, a client that leaves, one whose quota lets it begin, one that
// comes back, a new arrival, the end of an interval. Time is a variable: nothing is slept, and the
// same seed gives the same run.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenario/mix.hpp"
#include "scenario/random.hpp"
#include "scenario/scenario.hpp"
#include "scenario/schedule.hpp"
#include "simulate/admission.hpp"
#include "simulate/event_heap.hpp"
#include "simulate/in_service.hpp"
#include "simulate/recorder.hpp"
#include "simulate/requests.hpp"
#include "simulate/result.hpp"
#include "simulate/service_model.hpp"

namespace spillway::simulate {

/// Not thread-safe; several may run at once. Each event is O(log n) in what is alive, and allocates
/// only while more is alive than ever before.
class Simulation {
public:
    /// Keeps a reference to `scenario`, which outlives it and does not change.
    explicit Simulation(const scenario::Scenario& scenario);

    /// Runs until every request has ended. Once.
    [[nodiscard]] Result run();

    /// For tests: goes on by one event; false when there is none left. The rest is what may be
    /// asked between two events.
    bool step();
    [[nodiscard]] core::TimePoint now() const noexcept { return now_; }
    [[nodiscard]] const Admission& admission() const noexcept { return admission_; }
    [[nodiscard]] const InService& in_service() const noexcept { return in_service_; }

private:
    /// A kind of clients, as far as the loop needs it.
    struct Kind {
        const scenario::Client* client;
        core::Duration leaves;              // after its arrival, if it is still here
        End leaves_as = End::gone_working;  // timed_out: it was told 504; else it has gone
        bool comes_back = true;             // to try again, after it has left
        std::uint8_t band = 0;
        std::vector<std::uint32_t> tenants;  // numbers by their index in the kind
        Lane lane;
    };

    static std::vector<Kind> kinds_of(const scenario::Scenario& scenario,
                                      std::vector<std::string>& tenant_names);
    [[nodiscard]] core::TimePoint next_leave() noexcept;
    [[nodiscard]] std::uint64_t hash_of(const Request& request) const noexcept {
        return tenant_hashes_.empty() ? 0 : tenant_hashes_[request.tenant];
    }
    void end_services();
    void depart();
    void leave_first();
    void arrive_next();
    void offer(std::uint32_t slot);
    void enter(std::uint32_t slot);
    void end_first_hold();
    void end_stay(std::uint32_t slot) noexcept;
    void begin_service(std::uint32_t slot);
    void end_wait(core::Ticket ticket, core::RejectReason reason);
    void release(const Request& request, core::Outcome outcome) noexcept;
    void refuse(std::uint32_t slot, core::RejectReason reason);
    void come_back(const Request& request, std::optional<std::uint32_t> told_s);
    void end_life(std::uint32_t slot) noexcept;
    void end_interval();

    const scenario::Scenario& scenario_;
    std::vector<std::string> tenant_names_;
    std::vector<Kind> kinds_;
    std::vector<std::uint64_t> tenant_hashes_;
    std::vector<std::uint16_t> tenant_shares_;
    scenario::Schedule schedule_;
    scenario::Mix mix_;
    scenario::Random mix_random_;
    ServiceModel model_;
    InService in_service_;
    Admission admission_;
    Recorder recorder_;
    Requests requests_;
    std::vector<std::uint32_t> waiters_;  // slots by the index of the ticket
    EventHeap<core::TimePoint> holds_;    // by when the quota lets them begin
    EventHeap<core::TimePoint> returns_;  // of clients that try again
    std::optional<scenario::Arrival> arrival_;
    core::TimePoint now_{};
    core::TimePoint interval_end_;
    std::size_t leaver_ = 0;   // the kind whose first leaves next
    std::uint64_t alive_ = 0;  // held back, waiting or holding a permit
    std::uint32_t phase_ = 0;
};

/// Runs a scenario that has been loaded without problems.
[[nodiscard]] Result simulate(const scenario::Scenario& scenario);

}  // namespace spillway::simulate
