// What a decision of the admission queue costs: its two lock-free exits, alone and contended, and a
// whole stay in the line (in, first of n, out).

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>

#include "spillway/core/admission_queue.hpp"

namespace {

using spillway::core::AtomicWord;
using spillway::core::TimePoint;
using Queue = spillway::core::BasicAdmissionQueue<AtomicWord>;

constexpr std::uint32_t limit = 64;

void granted_at_once_and_back(benchmark::State& state) {
    static std::unique_ptr<Queue> queue;
    if (state.thread_index() == 0) queue = std::make_unique<Queue>(limit, 64);
    for (auto _ : state) {
        benchmark::DoNotOptimize(queue->try_acquire());
        benchmark::DoNotOptimize(queue->try_release());
    }
}
BENCHMARK(granted_at_once_and_back)->Threads(1)->Threads(2);

void refused_at_once(benchmark::State& state) {
    Queue queue(1, 0);
    benchmark::DoNotOptimize(queue.try_acquire());
    for (auto _ : state) {
        bool full = queue.is_full();
        benchmark::DoNotOptimize(full);
    }
}
BENCHMARK(refused_at_once);

void through_a_line_of(benchmark::State& state) {
    const auto waiters = static_cast<std::uint32_t>(state.range(0));
    Queue queue(1, waiters + 1);
    benchmark::DoNotOptimize(queue.try_acquire());
    TimePoint now{};
    const auto deadline = [&now] { return now + spillway::core::Duration(1'000'000'000'000); };
    for (std::uint32_t i = 0; i < waiters; ++i)
        benchmark::DoNotOptimize(queue.arrive(now, deadline()));
    for (auto _ : state) {
        now += spillway::core::Duration(1);
        benchmark::DoNotOptimize(queue.arrive(now, deadline()));
        benchmark::DoNotOptimize(queue.release(now));
    }
}
BENCHMARK(through_a_line_of)->Arg(1)->Arg(64)->Arg(1024)->Arg(65000);

}  // namespace
