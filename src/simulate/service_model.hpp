#pragma once
// What the clients call, as a fluid of work: everything in service progresses at one speed, which
// depends on how much is in service and on the instant.
//
//     slowness(n) = 1                                        n <= workers
//                   n / workers * (1 + contention * (n - workers) / workers)     beyond
//                   * (1 + thrash * (n * memory_each / memory_max - 1))      where memory runs out
//     speed(n, t) = 1 / (slowness(n) * factor(t))
//
// Beyond the knee the work is shared (a processor, a downstream with a pool): throughput stays,
// latency is proportional to n. With contention throughput falls as n grows (locks, caches, seeks);
// where memory runs out it collapses. The factor is what a downstream does to all of them.
//
// One speed for all makes it exact and cheap: a request that begins when the service has done the
// work V per request, and has w of its own, ends when it has done V + w, whatever comes and goes
// meanwhile. So ends are ordered once, and never touched again.

#include <cstdint>
#include <vector>

#include "scenario/model.hpp"
#include "scenario/random.hpp"
#include "spillway/core/time.hpp"

namespace spillway::simulate {

/// The shares of time that units of capacity take. *Pure* but for draw(). Keeps a reference to
/// `service`, which outlives it and does not change.
class ServiceModel {
public:
    ServiceModel(const scenario::Service& service, std::uint64_t seed);

    /// How much longer everything takes with `units` in service than with one. O(1).
    [[nodiscard]] double slowness(std::uint64_t units) const noexcept;
    /// How much longer everything takes at this instant, since the begin. O(slowdowns).
    [[nodiscard]] double factor(core::Duration at) const noexcept;
    /// The first instant after `at` at which factor() is another, or `never`.
    [[nodiscard]] core::TimePoint next_change(core::Duration at) const noexcept;

    /// The work of one request, in seconds alone; its mean is `service.time * work`. O(1).
    [[nodiscard]] double draw(double work) noexcept;

    /// Most units of work (one of cost 1 and work 1 is one) that can be done in a second, at a
    /// latency of at most `slo`, with the best number in service: over all numbers, by trying.
    [[nodiscard]] double capacity(core::Duration at, core::Duration slo) const noexcept;
    /// The number in service at which it is done; the smallest if there are several.
    [[nodiscard]] std::uint64_t best_units(core::Duration at, core::Duration slo) const noexcept;

private:
    [[nodiscard]] double computed_slowness(std::uint64_t units) const noexcept;
    [[nodiscard]] double normal() noexcept;

    const scenario::Service& service_;
    scenario::Random random_;
    double mean_s_;
    std::vector<double> slowness_;  // of the numbers that occur; computed beyond
    double spare_normal_ = 0;
    bool has_spare_ = false;
};

}  // namespace spillway::simulate
