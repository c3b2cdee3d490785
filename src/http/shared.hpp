#pragma once
// What all shards of a server share: the immutable tables, and a handful of atomics.

#include <array>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/claim_rule.hpp"
#include "http/client_address.hpp"
#include "http/router.hpp"
#include "http/tenant.hpp"
#include "spillway/core/byte_budget.hpp"
#include "spillway/core/keyed_hash.hpp"
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

struct Route {
    RouteOptions options;
    const Handler* handler;
    admission::Limiter* limiter;
    async::WorkerPool* pool;
    std::size_t limiter_index;  // among the server's limiters
    UploadGate uploads;
    core::ServiceTime usual;  // its service time, from all shards
    TenantRule tenants;
    ClaimRule claims;
    const bool claims_nothing;  // core::any_claim is right for all requests
    admission::Quotas quotas;

    Route(RouteSpec spec, std::size_t index)
        : options(std::move(spec.options)),
          handler(spec.handler),
          limiter(spec.limiter),
          pool(spec.pool),
          limiter_index(index),
          uploads(options.uploads_max),
          tenants(options.tenant),
          claims(options.claim),
          claims_nothing(claims.is_plain() && tenants.is_nobody()),
          quotas(spec.quota, spec.limiter_quota) {}
};

struct PageEntry {
    std::string path;
    const Page* page;
    bool is_tree = false;  // and all below its path
};

/// Connections per client address. Holds one entry per connected address, so at most as many as
/// there are connections. Thread-safe; touched when a connection comes or goes, and only with a
/// cap.
class PerAddress {
public:
    explicit PerAddress(std::uint32_t max) : max_(max) {}
    [[nodiscard]] bool try_enter(const ClientKey& key) {
        const std::lock_guard lock(mutex_);
        auto& count = counts_[key];
        if (count >= max_) return false;
        ++count;
        return true;
    }
    void leave(const ClientKey& key) {
        const std::lock_guard lock(mutex_);
        const auto found = counts_.find(key);
        if (--found->second == 0) counts_.erase(found);
    }

private:
    std::uint32_t max_;
    std::mutex mutex_;
    std::unordered_map<ClientKey, std::uint32_t, ClientKeyHash> counts_;
};

struct Shared {
    Shared(ServerOptions o, Observer& watcher)
        : options(std::move(o)),
          observer(watcher),
          trusted(options.trusted_proxies),
          body_memory(options.body_memory_max),
          response_memory(options.response_memory_max),
          per_address(options.connections_per_ip_max) {}

    const ServerOptions options;
    Observer& observer;
    const TrustedProxies trusted;
    core::TimePoint (*now)() noexcept = &async::steady_now;
    core::HashKey hash_key;  // of tenants' names; drawn before the shards run

    // Built before the shards run, immutable then.
    std::array<Router, 2> routers;  // by ListenerKind
    std::vector<std::unique_ptr<Route>> routes;
    std::vector<PageEntry> pages;
    std::vector<admission::Limiter*> limiters;

    // Written by any shard. Relaxed everywhere: each is a count or a flag by itself, nothing else
    // is published through it.
    core::ByteBudget body_memory;
    core::ByteBudget response_memory;
    PerAddress per_address;
    std::array<std::atomic<std::uint32_t>, 2> connections{};  // by ListenerKind
    std::atomic<bool> unready{false};
    std::atomic<bool> closing{false};                // connections end after their reply
    std::atomic<core::Clock::rep> idle_grace_ns{0};  // set before `closing`
    std::atomic<core::Clock::rep> cut_at{core::never.time_since_epoch().count()};

    [[nodiscard]] bool is_closing() const noexcept {
        return closing.load(std::memory_order_relaxed);
    }
    [[nodiscard]] core::Duration idle_grace() const noexcept {
        return core::Duration(idle_grace_ns.load(std::memory_order_relaxed));
    }
    [[nodiscard]] core::TimePoint drain_cut_at() const noexcept {
        return core::TimePoint(core::Duration(cut_at.load(std::memory_order_relaxed)));
    }
};

}  // namespace spillway::http
