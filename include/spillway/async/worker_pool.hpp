#pragma once
// Threads for work that would block a loop: a fixed number of them, and a bounded queue.

#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "spillway/async/job.hpp"
#include "spillway/async/pooled_job.hpp"
#include "spillway/async/wake_tokens.hpp"
#include "spillway/core/histogram.hpp"
#include "spillway/core/time.hpp"

namespace spillway::async {

/// How the kernel should see the workers. Best effort: what it refuses is counted in the stats.
struct WorkerScheduling {
    enum class Policy : std::uint8_t { normal, batch };

    Policy policy = Policy::normal;  // batch: loops wake ahead of workers that burn the CPU
    int nice = 0;                    // added by setpriority; 0 leaves it as it is
};

struct PoolOptions {
    std::string name = "worker";  // threads are called name-0 ...; Linux shows 15 characters
    unsigned workers = 1;         // threads, at least one
    std::size_t queue = 0;        // jobs accepted beyond one per worker
    WorkerScheduling scheduling{};
    // How long an idle worker, one at a time, looks for work before it sleeps. It spares a wake-up
    // of some microseconds where a CPU is free for it and costs as much as it spares elsewhere
    // (docs/scaling.md has the figures): for programs that buy latency with CPU time.
    core::Duration spin{};
    std::function<void(std::exception_ptr)> on_error{};  // of a submitted job; on the worker
    std::function<void()> on_thread_start{};             // on each worker. None of the three may
    std::function<void()> on_thread_exit{};              // throw
};

/// Counters since the start, and gauges, all of one instant.
struct PoolStats {
    std::uint64_t submitted_accepted = 0;
    std::uint64_t submitted_rejected = 0;  // full, closed, or given up waiting for room
    std::uint64_t dropped = 0;             // accepted, discarded before they ran
    std::uint64_t threw = 0;
    std::size_t queue_depth = 0;
    std::size_t in_flight = 0;  // running now
    std::size_t workers = 0;
    core::HistogramSnapshot submit_wait;  // from the call that submitted to the start of the job
    std::size_t scheduling_failures = 0;  // workers that run with default scheduling instead
};

/// What close() could not finish in time.
struct Undone {
    std::size_t queued = 0;   // discarded, never ran
    std::size_t running = 0;  // asked to stop, still running
    friend bool operator==(const Undone&, const Undone&) = default;
};

/// Jobs accepted and not ended are at most `workers + queue`; all others are refused or wait
/// outside. Thread-safe. Two allocations or three per job.
///
/// The end of a job, in this order: the closure returns; the pool has room for one more; the
/// closure is destroyed, and the permit in it goes back; the caller gets the result. So whoever is
/// granted that permit finds room: as long as the limits of the semaphores in front of the pool sum
/// to at most `workers + queue`, no permit holder is ever refused here.
///
/// Discarded jobs follow the same order, on the thread that discards.
class WorkerPool {
public:
    /// Starts the threads.
    explicit WorkerPool(PoolOptions options);
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;
    /// Closes at once, as by a close() whose deadline has come, and joins: a job that ignores its
    /// stop token is waited for. Not on a worker.
    ~WorkerPool();

    /// Waits for room. False when closed; then, as in each of these three, `job` is still the
    /// caller's, untouched. `deadline` is only handed to the job. Never on a loop or a worker.
    [[nodiscard]] bool submit(Job&& job, core::TimePoint deadline = core::never);
    /// False when there is no room now, or closed.
    [[nodiscard]] bool try_submit(Job&& job, core::TimePoint deadline = core::never);
    /// Waits for room until `give_up_at`. Never on a loop or a worker.
    [[nodiscard]] bool submit_until(Job&& job, core::TimePoint deadline,
                                    core::TimePoint give_up_at);

    /// Runs `fn(JobContext&)` and completes with `void(RunResult<R>)`, posted to the executor of
    /// the token's handler. Never blocks; with no room, or closed, the result is `refused`.
    ///
    /// A cancellation of any type completes the operation at once with `cancelled`. A job that has
    /// not started is discarded, and what `fn` owns goes back there and then; a running one is
    /// asked to stop and keeps what it owns until it really returns.
    ///
    /// The loop of the handler must live until the operation has completed, or close() returned.
    template <class F, class Token>
    auto async_run(F fn, core::TimePoint deadline, Token&& token) {
        using R = std::invoke_result_t<F&, JobContext&>;
        return boost::asio::async_initiate<Token, void(RunResult<R>)>(StartAsync{}, token, this,
                                                                      std::move(fn), deadline);
    }

    /// Refuses newcomers and lets everything accepted finish until `deadline`; then asks what runs
    /// to stop, discards what has not begun, answers the callers of both with `undone`, and returns
    /// what was left. Once it has returned, no operation completes any more. Blocks; never on a
    /// loop or a worker. Calling it again with another deadline is fine.
    Undone close(core::TimePoint deadline);

    [[nodiscard]] PoolStats stats() const;
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }  // workers + queue

private:
    using PooledJob = detail::PooledJob;
    using JobList = detail::JobList;

    struct Cancel {
        WorkerPool* pool;
        std::shared_ptr<PooledJob> job;
        void operator()(boost::asio::cancellation_type) { pool->cancel(job); }
    };

    struct StartAsync {
        template <class Handler, class F>
        void operator()(Handler&& handler, WorkerPool* pool, F fn, core::TimePoint deadline) const {
            using AsyncJob = detail::AsyncJob<F, std::decay_t<Handler>>;
            auto slot = boost::asio::get_associated_cancellation_slot(handler);
            auto job =
                std::make_shared<AsyncJob>(std::move(fn), deadline, std::forward<Handler>(handler));
            // Before the job is known to any worker: its completion clears the slot.
            if (slot.is_connected()) slot.template emplace<Cancel>(Cancel{pool, job});
            if (pool->try_enqueue(job)) return;
            job->destroy_closure();
            job->complete(RunStatus::refused);
        }
    };

    [[nodiscard]] bool try_enqueue(std::shared_ptr<PooledJob> job);
    [[nodiscard]] bool submit_when(Job&& job, core::TimePoint deadline,
                                   const core::TimePoint* give_up_at);
    [[nodiscard]] bool enqueue_locked(std::unique_lock<std::mutex>& lock, JobList& one);
    void cancel(const std::shared_ptr<PooledJob>& job);
    void retire(std::size_t jobs);
    void retire_locked(std::size_t jobs) noexcept;

    void work(std::size_t worker);
    void apply_scheduling();
    [[nodiscard]] std::shared_ptr<PooledJob> next(std::size_t worker);
    void await_work(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] bool wake_one_locked() noexcept;
    void run(PooledJob& job);

    const PoolOptions options_;
    const std::size_t capacity_;

    mutable std::mutex mutex_;
    WakeTokens work_;                  // idle workers
    std::condition_variable room_;     // submitters
    std::condition_variable retired_;  // close()
    // All below under the lock.
    JobList queue_;
    std::vector<std::shared_ptr<PooledJob>> current_;  // per worker, until it is answered
    std::size_t outstanding_ = 0;  // accepted, closure not yet returned: what `capacity_` bounds
    std::size_t unretired_ = 0;    // accepted, not yet destroyed and answered
    std::size_t idle_ = 0;         // workers in wait, a woken one included
    bool is_one_coming_ = false;   // a worker has been notified, or spins: it will look here
    std::atomic<bool> look_again_ = false;  // tells the worker that spins, which does not lock
    bool closed_ = false;
    bool stopping_ = false;
    PoolStats stats_;  // without queue_depth and submit_wait
    core::Histogram submit_wait_;

    std::vector<std::thread> threads_;
};

}  // namespace spillway::async
