#pragma once
// How the service is set up for one input: small bounds, so that few bytes reach them.

#include <chrono>

#include "fuzz/input.hpp"
#include "fuzz/reference_http.hpp"
#include "http/session_harness.hpp"

namespace spillway::fuzz {

struct Plan {
    http::testing::WorldOptions world;
    HttpLimits limits;
    bool compares_splits = false;  // no time, no events: the same bytes in other pieces
    bool is_stubborn = false;      // jobs do not end when asked to
};

using std::chrono::milliseconds;
using std::chrono::seconds;

inline void plan_server(Input& in, http::ServerOptions& server, HttpLimits& limits) {
    limits.header_bytes = in.pick(std::array<std::size_t, 4>{16384, 1024, 300, 120});
    limits.target_bytes = in.pick(std::array<std::size_t, 2>{8192, 40});
    server.header_bytes_max = limits.header_bytes;
    server.target_bytes_max = limits.target_bytes;
    server.header_timeout = in.pick(std::array{milliseconds(1000), milliseconds(5000)});
    server.body_timeout = in.pick(std::array{milliseconds(2000), milliseconds(30000)});
    server.body_rate_min = in.pick(std::array<std::uint64_t, 2>{0, 1024});
    server.body_rate_grace = seconds(1);
    server.idle_timeout = in.pick(std::array{milliseconds(3000), milliseconds(60000)});
    server.write_timeout = in.pick(std::array{milliseconds(2000), milliseconds(30000)});
    server.body_memory_max = in.pick(std::array<std::uint64_t, 4>{1'000'000, 20'000, 500, 40});
    server.response_memory_max = in.pick(std::array<std::uint64_t, 3>{1'000'000, 70'000, 200});
    server.discard_bytes_max = in.pick(std::array<std::uint64_t, 3>{256'000, 100, 0});
    server.linger_bytes_max = in.pick(std::array<std::uint64_t, 3>{1'000'000, 100, 0});
    server.linger_timeout = in.pick(std::array{milliseconds(500), milliseconds(2000)});
    server.half_close = in.byte() % 4 == 3;
    if (in.flag()) server.trusted_proxies = {"192.0.2.0/24", "2001:db8::/32"};
    server.explain_records = 16;
}

inline void plan_queue(Input& in, admission::LimiterOptions& limiter) {
    using core::Discipline;
    limiter.limit = in.pick(std::array{1U, 2U, 3U});
    core::QueueOptions& queue = limiter.queue;
    queue.capacity = in.pick(std::array{1U, 0U, 3U, 64U});
    queue.discipline =
        in.pick(std::array{Discipline::fifo, Discipline::lifo, Discipline::adaptive_lifo,
                           Discipline::deadline, Discipline::fair});
    queue.bands = in.pick(std::array{1U, 1U, 3U, 8U});
    if (in.byte() % 4 == 3) queue.codel = core::CodelTimes{};
    if (in.byte() % 4 == 3 && queue.capacity >= 3) queue.watermarks = {.high = 2, .low = 1};
    if (queue.discipline == Discipline::fair) {
        queue.queues = 4;
        queue.hand = 2;
        queue.shares = {3, 1};
    }
    limiter.wait_timeout =
        in.pick(std::array{milliseconds(200), milliseconds(50), milliseconds(3000)});
    limiter.refusal_status = in.flag() ? 429 : 503;
}

inline void plan_route(Input& in, http::RouteOptions& route, const core::QueueOptions& queue) {
    using http::ClaimOptions;
    using http::TenantOptions;
    route.methods = {"GET", "POST"};
    route.uploads_max = in.pick(std::array{100U, 2U, 1U});
    route.body_bytes_max = in.pick(std::array<std::uint64_t, 3>{1'000'000, 200, 10});
    route.deadline = in.pick(std::array{milliseconds(5000), milliseconds(300)});
    route.claim.bands = queue.bands;
    route.claim.band_from =
        in.pick(std::array{ClaimOptions::BandFrom::route, ClaimOptions::BandFrom::rfc9218,
                           ClaimOptions::BandFrom::header});
    route.claim.band_header = "X-Band";
    route.claim.cost_per = in.pick(std::array{
        ClaimOptions::CostPer::request, ClaimOptions::CostPer::byte, ClaimOptions::CostPer::pixel});
    route.claim.cost = in.pick(std::array<std::uint64_t, 3>{1, 2, 100});
    route.tenant.from = in.pick(std::array{TenantOptions::From::nobody, TenantOptions::From::header,
                                           TenantOptions::From::address});
    route.tenant.header = "X-Tenant";
    if (route.tenant.from == TenantOptions::From::header && !queue.shares.empty())
        route.tenant.shares = {"gold", "tin"};
}

inline std::optional<admission::QuotaOptions> plan_quota(Input& in, const char* name) {
    const std::size_t kind = in.below(6);
    if (kind < 3) return std::nullopt;
    return admission::QuotaOptions{
        .name = name,
        .rate = {.rate = 2, .period = seconds(1), .burst = 2},
        .is_per_tenant = kind != 4,
        .delay_max = kind == 5 ? core::Duration(seconds(2)) : core::Duration::zero(),
        .tenants_max = 16};
}

/// Always eats the same number of bytes, so that a changed one changes one thing.
inline Plan plan_of(Input& in) {
    Plan plan;
    const std::uint8_t mode = in.byte();
    plan_server(in, plan.world.server, plan.limits);
    plan_queue(in, plan.world.limiter);
    plan_route(in, plan.world.route, plan.world.limiter.queue);
    plan.world.quota = plan_quota(in, "route");
    plan.world.limiter_quota = plan_quota(in, "limiter");
    plan.compares_splits = mode % 3 == 0;
    plan.world.has_pool = !plan.compares_splits && (mode & 16) != 0;
    plan.is_stubborn = (mode & 32) != 0;
    return plan;
}

}  // namespace spillway::fuzz
