#pragma once
// What all shards of a server share: the tables, and a handful of atomics.

#include <array>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/per_address.hpp"
#include "http/settings.hpp"
#include "http/tenant.hpp"
#include "spillway/core/byte_budget.hpp"
#include "spillway/core/keyed_hash.hpp"
#include "spillway/core/service_time.hpp"
#include "spillway/core/upload_slots.hpp"
#include "spillway/http/server.hpp"

namespace spillway::http {

struct Shared {
    Shared(const ServerOptions& options, Observer& watcher)
        : observer(watcher),
          body_memory(options.body_memory_max),
          response_memory(options.response_memory_max),
          per_address(options.connections_per_ip_max, hash_key) {}

    Observer& observer;
    core::TimePoint (*now)() noexcept = &async::steady_now;
    core::HashKey hash_key;  // of tenants' names and clients' addresses; drawn before shards run

    std::vector<PageEntry> pages;   // built before the shards run, immutable then
    bool is_control_local = false;  // its sockets are on loopback; likewise

    // Changed by the composition root's thread, which need not lock to read; under the lock for
    // all others. Shards have pointers of their own to what of it they use.
    mutable std::mutex mutex;
    std::shared_ptr<Settings> settings;
    KnownRoutes known;

    // Written by any shard. Relaxed everywhere: each is a count or a flag by itself, nothing else
    // is published through it.
    core::ByteBudget body_memory;
    core::ByteBudget response_memory;
    PerAddress per_address;
    std::array<std::atomic<std::uint32_t>, 2> connections{};  // by ListenerKind
    std::atomic<std::uint32_t> retired_settings{0};           // that requests use, over all shards
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
