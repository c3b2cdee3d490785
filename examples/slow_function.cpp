// A slow function behind a semaphore and a worker pool, in a program that has nothing to do with
// HTTP: two calls at a time, four may wait for at most 150 ms, all others are told no at once.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <thread>
#include <tuple>
#include <utility>

#include "spillway/async/semaphore.hpp"
#include "spillway/async/shard.hpp"
#include "spillway/async/steady_now.hpp"
#include "spillway/async/worker_pool.hpp"

namespace {

using namespace std::chrono_literals;
using namespace spillway;

constexpr auto use_tuple = boost::asio::as_tuple(async::use_task);

/// Blocks its thread: never to be called on a loop.
int slow_square(int x) {
    std::this_thread::sleep_for(100ms);
    return x * x;
}

struct Guarded {
    async::AsyncSemaphore& semaphore;
    async::WorkerPool& pool;
    core::TimePoint start;
};

async::Task<> call(int x, Guarded& guarded) {
    const auto ms = [&guarded] {
        return (async::steady_now() - guarded.start) / std::chrono::milliseconds(1);
    };
    const core::TimePoint patience = core::after(async::steady_now(), 150ms);
    auto acquired = co_await guarded.semaphore.async_acquire(patience, use_tuple);
    if (const auto error = std::get<0>(acquired)) {
        std::cout << ms() << " ms: call " << x << " refused: " << error.message() << '\n';
        co_return;
    }
    // The permit is the job's: it comes back when the CPU is free, whatever becomes of the caller.
    auto job = [x, permit = std::get<1>(std::move(acquired))](async::JobContext&) {
        return slow_square(x);
    };
    auto result = co_await guarded.pool.async_run(std::move(job), core::never, async::use_task);
    if (result.status == async::RunStatus::done)
        std::cout << ms() << " ms: call " << x << " answered: " << *result.value << '\n';
}

void rethrow(std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
}

}  // namespace

int main() {
    boost::asio::io_context loop(1);
    async::WorkerPool pool({.name = "slow", .workers = 2});
    async::AsyncSemaphore semaphore(loop.get_executor(), {.limit = 2, .queue = {.capacity = 4}});

    Guarded guarded{semaphore, pool, async::steady_now()};
    for (int x = 0; x < 10; ++x) boost::asio::co_spawn(loop, call(x, guarded), rethrow);
    loop.run();

    semaphore.stop();
    const async::Undone undone = pool.close(core::after(async::steady_now(), 1s));
    return undone == async::Undone{} ? 0 : 1;
}
