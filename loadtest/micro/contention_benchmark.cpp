// One limiter, 1 to 8 threads at it with nothing to do in between: the worst that shards can do to
// each other. More threads than CPUs is part of the question: nobody may be left waiting for a
// thread that does not run.

#include <benchmark/benchmark.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "decisions.hpp"
#include "spillway/async/semaphore.hpp"

namespace spillway::micro {
namespace {

constexpr int threads_max = 8;

/// Made by the first thread before the others begin, as Google Benchmark promises.
std::unique_ptr<async::AsyncSemaphore> shared;

void set_up(benchmark::State& state, std::uint32_t limit, std::uint32_t capacity) {
    if (state.thread_index() != 0) return;
    shared = std::make_unique<async::AsyncSemaphore>(
        async::SemaphoreOptions{.limit = limit, .queue = {.capacity = capacity}});
}

void tear_down(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations());
    if (state.thread_index() != 0) return;
    expect(shared->in_flight() == 0);  // every permit has come back
    expect(shared->waiting() == 0);
    shared.reset();
}

/// A permit for everybody: two compare-and-swaps on the one word.
void contended_grant_and_release(benchmark::State& state) {
    set_up(state, 64, 64);
    for (auto _ : state) expect(shared->try_acquire().has_value());
    tear_down(state);
}
BENCHMARK(contended_grant_and_release)->DenseThreadRange(1, threads_max)->UseRealTime();

/// What the machine can do at best: two atomic additions to one word, which decide nothing.
void contended_additions(benchmark::State& state) {
    alignas(64) static std::atomic<std::uint64_t> word;
    for (auto _ : state) {
        word.fetch_add(1, std::memory_order_acq_rel);
        word.fetch_sub(1, std::memory_order_acq_rel);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(contended_additions)->DenseThreadRange(1, threads_max)->UseRealTime();

/// The same permits by threads that do something with them: a microsecond of work, a fifth of what
/// the cheapest request costs.
void contended_requests(benchmark::State& state) {
    set_up(state, 64, 64);
    std::uint64_t x = 1;
    for (auto _ : state) {
        const auto permit = shared->try_acquire();
        expect(permit.has_value());
        for (int i = 0; i < 1000; ++i) x = x * 1'664'525 + 1'013'904'223;  // 4 cycles each
        benchmark::DoNotOptimize(x);
    }
    tear_down(state);
}
BENCHMARK(contended_requests)->DenseThreadRange(1, threads_max)->UseRealTime();

/// Overload: one permit that is always out, no place in the queue; all but its holder read the
/// word and are refused.
void contended_refusal(benchmark::State& state) {
    set_up(state, 1, 0);
    {
        const auto held = state.thread_index() == 0 ? shared->try_acquire() : std::nullopt;
        for (auto _ : state) {
            bool full = shared->is_full();
            benchmark::DoNotOptimize(full);
        }
    }
    tear_down(state);
}
BENCHMARK(contended_refusal)->DenseThreadRange(1, threads_max)->UseRealTime();

/// A place in the line taken and left: the mutex, twice, and the posted completion.
void contended_stay_in_line(benchmark::State& state) {
    set_up(state, 0, 64);
    boost::asio::io_context loop(1);
    boost::asio::cancellation_signal signal;
    for (auto _ : state) {
        shared->async_acquire(
            core::never,
            boost::asio::bind_cancellation_slot(
                signal.slot(),
                boost::asio::bind_executor(loop.get_executor(), [](boost::system::error_code error,
                                                                   async::SemaphorePermit permit) {
                    expect(error && !permit);
                })));
        signal.emit(boost::asio::cancellation_type::terminal);
        loop.poll();
        loop.restart();
    }
    tear_down(state);
}
BENCHMARK(contended_stay_in_line)->DenseThreadRange(1, threads_max)->UseRealTime();

}  // namespace
}  // namespace spillway::micro
