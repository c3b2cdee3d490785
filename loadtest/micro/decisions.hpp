#pragma once
// The decisions whose price is known: each a thing to construct, and one operation to repeat. The
// same ones are timed (decisions_benchmark.cpp) and counted in instructions
// (count_instructions.cpp).

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "spillway/async/semaphore.hpp"
#include "spillway/core/admission_queue.hpp"
#include "spillway/core/byte_budget.hpp"
#include "spillway/core/histogram.hpp"
#include "spillway/core/rate/tenant_rates.hpp"
#include "spillway/core/retry_after.hpp"
#include "spillway/core/service_time.hpp"
#include "spillway/core/timer_wheel.hpp"

namespace spillway::micro {

using core::Duration;
using core::TimePoint;
using Queue = core::BasicAdmissionQueue<core::AtomicWord>;

/// What the benchmarks rely on must be so in release builds too.
inline void expect(bool holds) {
    if (!holds) std::abort();
}

/// A permit taken and given back, nobody waiting.
struct GrantAndRelease {
    Queue queue{64, 64};
    void operator()() {
        expect(queue.try_acquire().has_value());
        expect(queue.try_release());
    }
};

/// A newcomer turned away from a full queue.
struct Refuse {
    Queue queue{1, 0};
    Refuse() { expect(queue.try_acquire().has_value()); }
    void operator()() { expect(queue.is_full()); }
};

/// The same from one that is full of `waiters`, in the lines of as many tenants under `fair` in two
/// bands: the newcomer is of the tenant with the longest line, so that it can take nobody's place.
template <std::uint32_t waiters>
struct RefuseByTenant {
    static core::QueueOptions options() {
        return {.capacity = waiters, .discipline = core::Discipline::fair, .bands = 2};
    }
    Queue queue{core::Room{.limit = 1}, options()};
    core::Claim newcomer{.band = 1, .tenant = 1};
    RefuseByTenant() {
        expect(queue.try_acquire().has_value());
        for (std::uint32_t i = 0; i < waiters; ++i)
            expect(queue.arrive(TimePoint{}, {.band = 1, .tenant = i < waiters / 2 ? 1 : i + 1U})
                       .is_queued());
    }
    void operator()() { expect(queue.is_full(newcomer)); }
};

/// A quota asked and charged, of one of a thousand tenants in turn; with a burst of one all but the
/// first answers are refusals, which charge nothing.
template <std::uint32_t burst>
struct TenantRateAllowed {
    core::TenantRates rates{
        {.rate = {.rate = 1'000'000'000, .period = std::chrono::seconds(1), .burst = burst}}};
    TimePoint now{};
    std::uint64_t tenant = 0;
    std::uint64_t allowed = 0;
    void operator()() {
        now += Duration(burst > 1 ? 1000 : 0);
        tenant = (tenant + 1) % 1000;
        allowed += rates.allow(now, (tenant + 1) * 0x9e3779b97f4a7c15).allowed ? 1 : 0;
    }
};

/// A ticket drawn behind `waiters` others, whose time is up before theirs: in at the end of the
/// line, out by its deadline. Behind none it is the heap's best case, behind 64 a full queue.
template <std::uint32_t waiters>
struct EnqueueAndExpire {
    Queue queue{1, waiters + 1};
    TimePoint now{};
    EnqueueAndExpire() {
        expect(queue.try_acquire().has_value());
        for (std::uint32_t i = 0; i < waiters; ++i)
            expect(queue.arrive(now, {TimePoint{std::chrono::hours(1)}}).is_queued());
    }
    void operator()() {
        now += Duration(2);
        expect(queue.arrive(now, {now + Duration(1)}).is_queued());
        expect(queue.next(now + Duration(1)).has_value());
    }
};

/// The same stay ended by a grant: a newcomer at the end of the line, the first one out of it.
template <std::uint32_t waiters>
struct EnqueueAndGrant {
    Queue queue{1, waiters + 1};
    TimePoint now{};
    EnqueueAndGrant() {
        expect(queue.try_acquire().has_value());
        for (std::uint32_t i = 0; i < waiters; ++i)
            expect(queue.arrive(now, {later()}).is_queued());
    }
    TimePoint later() const { return now + std::chrono::hours(1); }
    void operator()() {
        now += Duration(1);
        expect(queue.arrive(now, {later()}).is_queued());
        queue.release();
        expect(queue.next(now).has_value());
    }
};

/// The permit as the service holds it: move-only, given back by its destructor.
struct SemaphorePermitTakenAndReleased {
    async::AsyncSemaphore semaphore{{.limit = 64, .queue = {.capacity = 64}}};
    void operator()() { expect(semaphore.try_acquire().has_value()); }
};

/// A connection's deadline moved later, as with every request.
struct TimerMovedLater {
    core::TimerWheel wheel{TimePoint{}};
    core::TimerWheel::Node node;
    TimePoint deadline{};
    void operator()() {
        deadline += Duration(1000);
        wheel.set(node, deadline);
    }
};

/// A deadline set and taken out again: linked, unlinked.
struct TimerSetAndCleared {
    core::TimerWheel wheel{TimePoint{}};
    core::TimerWheel::Node node;
    void operator()() {
        wheel.set(node, TimePoint{std::chrono::seconds(1)});
        wheel.clear(node);
    }
};

struct HistogramObserved {
    core::Histogram histogram;
    std::int64_t ns = 0;
    void operator()() {
        ns = (ns + 77'777'777) % 40'000'000'000;  // over all buckets
        histogram.observe(Duration(ns));
    }
};

struct ServiceTimeRecorded {
    core::ServiceTime mean;
    TimePoint now{};
    void operator()() {
        now += Duration(1000);
        mean.record(now, Duration(1'000'000));
    }
};

/// The sixteen values of Retry-After, which sixteen refusals then share.
struct RetryAfterSpread {
    std::uint32_t ahead = 0;
    std::uint32_t sum = 0;
    void operator()() {
        const auto t = core::backlog_time(64 + ++ahead % 64, 16, std::chrono::milliseconds(300));
        sum += core::retry_after_spread(t).front();
    }
};

/// A body's bytes charged and given back.
struct BytesReservedAndReleased {
    core::ByteBudget budget{1 << 20};
    core::ByteBudget::Reservation reservation = budget.reserve();
    void operator()() {
        expect(reservation.try_grow(4096));
        reservation.shrink(4096);
    }
};

/// Calls `visit.template operator()<Decision>(name)` for each of them.
template <class Visit>
void for_each_decision(Visit visit) {
    visit.template operator()<GrantAndRelease>("grant_and_release");
    visit.template operator()<Refuse>("refuse");
    visit.template operator()<RefuseByTenant<64>>("refuse_by_tenant_of_64");
    visit.template operator()<RefuseByTenant<4096>>("refuse_by_tenant_of_4096");
    visit.template operator()<RefuseByTenant<65'000>>("refuse_by_tenant_of_65000");
    visit.template operator()<TenantRateAllowed<1000>>("tenant_rate_allowed");
    visit.template operator()<TenantRateAllowed<1>>("tenant_rate_refused");
    visit.template operator()<EnqueueAndExpire<0>>("enqueue_and_expire_behind_0");
    visit.template operator()<EnqueueAndExpire<64>>("enqueue_and_expire_behind_64");
    visit.template operator()<EnqueueAndGrant<64>>("enqueue_and_grant_behind_64");
    visit.template operator()<EnqueueAndGrant<65'000>>("enqueue_and_grant_behind_65000");
    visit.template operator()<SemaphorePermitTakenAndReleased>("semaphore_permit");
    visit.template operator()<TimerMovedLater>("timer_moved_later");
    visit.template operator()<TimerSetAndCleared>("timer_set_and_cleared");
    visit.template operator()<HistogramObserved>("histogram_observed");
    visit.template operator()<ServiceTimeRecorded>("service_time_recorded");
    visit.template operator()<RetryAfterSpread>("retry_after_spread");
    visit.template operator()<BytesReservedAndReleased>("bytes_reserved_and_released");
}

}  // namespace spillway::micro
