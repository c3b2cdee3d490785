#pragma once
// A route as it is configured, and what of it outlives a change of the configuration.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "http/claim_rule.hpp"
#include "http/tenant.hpp"
#include "spillway/core/service_time.hpp"
#include "spillway/core/upload_slots.hpp"
#include "spillway/http/server.hpp"

namespace spillway::http {

/// The upload slots of one route; a short lock round core::UploadSlots. Thread-safe.
class UploadGate {
public:
    explicit UploadGate(std::uint32_t slots) : slots_({.slots_max = slots}) {}

    template <class F>
    decltype(auto) with(F f) {
        const std::lock_guard lock(mutex_);
        return f(slots_);
    }

private:
    std::mutex mutex_;
    core::UploadSlots slots_;
};

/// What a path knows of its requests, whatever it is configured to do with them.
struct RouteState {
    explicit RouteState(std::uint32_t uploads_max) : uploads(uploads_max) {}

    UploadGate uploads;
    core::ServiceTime usual;  // its service time, from all shards
    admission::Quotas::Held held{0};
};

/// The counters of a route as long as it has this limiter and these tenants. Kept until the end:
/// totals never go back, also when the route is removed or changed.
struct RouteRecord {
    /// `known`: of an earlier record of the path, if there is one.
    RouteRecord(const RouteSpec& spec, std::size_t number, std::size_t turn,
                std::shared_ptr<RouteState> known, std::size_t shards)
        : index(static_cast<std::uint16_t>(number)),
          is_first(!known),
          path(spec.options.path),
          nth(turn),
          limiter(spec.limiter->name()),
          shares(spec.options.tenant.shares),
          state(known ? std::move(known) : std::make_shared<RouteState>(spec.options.uploads_max)) {
        for (std::size_t i = 0; i < shards; ++i) {
            cells.push_back(std::make_unique<RouteCells>());
            if (!shares.empty())
                cells.back()->tenants = std::vector<TenantCells>(shares.size() + 1);
        }
    }

    [[nodiscard]] bool is_of(const std::string& other_path, std::size_t other_nth) const {
        return path == other_path && nth == other_nth;
    }
    [[nodiscard]] bool is_of(const RouteSpec& spec, std::size_t other_nth) const {
        return is_of(spec.options.path, other_nth) && limiter == spec.limiter->name() &&
               shares == spec.options.tenant.shares;
    }

    const std::uint16_t index;  // among all records; theirs for good
    const bool is_first;        // of those that share its state
    const std::string path;
    const std::size_t nth;  // among the routes of that path
    const std::string limiter;
    const std::vector<std::string> shares;
    const std::shared_ptr<RouteState> state;         // with the other records of the path
    std::vector<std::unique_ptr<RouteCells>> cells;  // by shard
};

/// Immutable, but for what is thread-safe by itself.
struct Route {
    RouteOptions options;
    const Handler* handler;
    admission::Limiter* limiter;
    async::WorkerPool* pool;
    std::size_t limiter_index;  // among the server's limiters
    RouteRecord& record;
    UploadGate& uploads;
    core::ServiceTime& usual;
    TenantRule tenants;
    ClaimRule claims;
    const bool claims_nothing;  // core::any_claim is right for all requests
    std::shared_ptr<admission::Quota> quota, limiter_quota;
    admission::Quotas quotas;

    Route(RouteSpec spec, std::size_t index, RouteRecord& known)
        : options(std::move(spec.options)),
          handler(spec.handler),
          limiter(spec.limiter),
          pool(spec.pool),
          limiter_index(index),
          record(known),
          uploads(known.state->uploads),
          usual(known.state->usual),
          tenants(options.tenant),
          claims(options.claim),
          claims_nothing(claims.is_plain() && tenants.is_nobody()),
          quota(std::move(spec.quota)),
          limiter_quota(std::move(spec.limiter_quota)),
          quotas(quota.get(), limiter_quota.get(), &known.state->held) {}
};

}  // namespace spillway::http
