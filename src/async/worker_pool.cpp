#include "spillway/async/worker_pool.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "async/thread_name.hpp"
#include "spillway/async/steady_now.hpp"
#include "spillway/core/assert.hpp"

namespace spillway::async {

using Stage = detail::PooledJob::Stage;

WorkerPool::WorkerPool(PoolOptions options)
    : options_(std::move(options)),
      capacity_(options_.workers + options_.queue),
      current_(options_.workers) {
    SPILLWAY_ASSERT(options_.workers > 0);
    stats_.workers = options_.workers;
    threads_.reserve(options_.workers);
    for (std::size_t i = 0; i < options_.workers; ++i) {
        threads_.emplace_back([this, i]() noexcept { work(i); });
    }
}

WorkerPool::~WorkerPool() {
    close(core::TimePoint{});
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        look_again_.store(true, std::memory_order_relaxed);
    }
    for (std::size_t i = 0; i < threads_.size(); ++i) work_.give();
    for (auto& thread : threads_) thread.join();
}

// --- the way in ------------------------------------------------------------------------------

bool WorkerPool::submit(Job&& job, core::TimePoint deadline) {
    return submit_when(std::move(job), deadline, &core::never);
}

bool WorkerPool::try_submit(Job&& job, core::TimePoint deadline) {
    return submit_when(std::move(job), deadline, nullptr);
}

bool WorkerPool::submit_until(Job&& job, core::TimePoint deadline, core::TimePoint give_up_at) {
    return submit_when(std::move(job), deadline, &give_up_at);
}

bool WorkerPool::submit_when(Job&& job, core::TimePoint deadline,
                             const core::TimePoint* give_up_at) {
    auto submitted =
        std::make_shared<detail::SubmittedJob>(std::move(job), deadline, options_.on_error);
    JobList one{submitted};
    std::unique_lock lock(mutex_);
    if (give_up_at != nullptr) {
        room_.wait_until(lock, to_steady(*give_up_at),
                         [this] { return closed_ || outstanding_ < capacity_; });
    }
    if (enqueue_locked(lock, one)) return true;
    job = submitted->take_back();
    return false;
}

bool WorkerPool::try_enqueue(std::shared_ptr<PooledJob> job) {
    JobList one;
    one.push_back(std::move(job));
    std::unique_lock lock(mutex_);
    return enqueue_locked(lock, one);
}

bool WorkerPool::enqueue_locked(std::unique_lock<std::mutex>& lock, JobList& one) {
    if (closed_ || outstanding_ == capacity_) {
        ++stats_.submitted_rejected;
        return false;
    }
    ++stats_.submitted_accepted;
    ++outstanding_;
    ++unretired_;
    one.front()->place = one.begin();
    one.front()->stage = Stage::queued;
    queue_.splice(queue_.end(), one);
    look_again_.store(true, std::memory_order_relaxed);
    const bool wake = wake_one_locked();
    lock.unlock();
    if (wake) work_.give();
    return true;
}

// --- the ways out that are not running ---------------------------------------------------------

void WorkerPool::cancel(const std::shared_ptr<PooledJob>& job) {
    JobList skipped;
    {
        const std::lock_guard lock(mutex_);
        if (job->stage == Stage::queued) {
            job->stage = Stage::ended;
            skipped.splice(skipped.end(), queue_, job->place);
            --outstanding_;
            ++stats_.dropped;
        }
    }
    if (skipped.empty()) {
        job->request_stop();
        job->complete(RunStatus::cancelled);
        return;
    }
    room_.notify_one();
    job->destroy_closure();
    job->complete(RunStatus::cancelled);
    retire(1);
}

Undone WorkerPool::close(core::TimePoint deadline) {
    std::unique_lock lock(mutex_);
    closed_ = true;
    room_.notify_all();
    if (retired_.wait_until(lock, to_steady(deadline), [this] { return unretired_ == 0; })) {
        return {};
    }

    JobList discarded;
    discarded.splice(discarded.end(), queue_);
    for (const auto& job : discarded) job->stage = Stage::ended;
    outstanding_ -= discarded.size();
    stats_.dropped += discarded.size();
    const Undone undone{.queued = discarded.size(), .running = stats_.in_flight};
    const auto unanswered = current_;
    lock.unlock();

    for (const auto& job : unanswered) {
        if (!job) continue;
        job->request_stop();
        job->complete(RunStatus::undone);
    }
    for (const auto& job : discarded) {
        job->destroy_closure();
        job->complete(RunStatus::undone);
    }
    retire(discarded.size());
    return undone;
}

void WorkerPool::retire(std::size_t jobs) {
    const std::lock_guard lock(mutex_);
    retire_locked(jobs);
}

void WorkerPool::retire_locked(std::size_t jobs) noexcept {
    unretired_ -= jobs;
    if (unretired_ == 0) retired_.notify_all();
}

// --- workers -----------------------------------------------------------------------------------

void WorkerPool::work(std::size_t worker) {
    set_thread_name(options_.name + "-" + std::to_string(worker));
    apply_scheduling();
    if (options_.on_thread_start) options_.on_thread_start();
    while (const auto job = next(worker)) run(*job);
    if (options_.on_thread_exit) options_.on_thread_exit();
}

void WorkerPool::apply_scheduling() {
    bool ok = true;
    if (options_.scheduling.policy == WorkerScheduling::Policy::batch) {
        const sched_param parameters{};
        ok = sched_setscheduler(0, SCHED_BATCH, &parameters) == 0;
    }
    if (options_.scheduling.nice != 0) {
        // On Linux the nice value belongs to the thread, not to the process.
        ok =
            setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), options_.scheduling.nice) == 0 &&
            ok;
    }
    if (ok) return;
    const std::lock_guard lock(mutex_);
    ++stats_.scheduling_failures;
}

// At most one worker is on its way at a time; it wakes the next one if it leaves work behind. So a
// burst of short jobs costs one wake-up, not one for each, and a burst of long ones reaches every
// worker all the same. Whenever the lock is free, work and an idle worker mean that one is coming.
bool WorkerPool::wake_one_locked() noexcept {
    if (idle_ == 0 || is_one_coming_) return false;
    is_one_coming_ = true;
    return true;
}

void WorkerPool::await_work(std::unique_lock<std::mutex>& lock) {
    if (options_.spin > core::Duration::zero() && !is_one_coming_) {
        is_one_coming_ = true;
        // Only a hint when to look again: what it announces is read under the lock.
        look_again_.store(false, std::memory_order_relaxed);
        lock.unlock();
        const core::TimePoint until = steady_now() + options_.spin;
        while (!look_again_.load(std::memory_order_relaxed) && steady_now() < until) {
        }
        lock.lock();
        is_one_coming_ = false;
        if (!queue_.empty() || stopping_) return;
    }
    ++idle_;
    lock.unlock();
    work_.take();
    lock.lock();
    --idle_;
    is_one_coming_ = false;
}

// The job that this worker has just ended leaves under the same lock under which it takes the next.
std::shared_ptr<detail::PooledJob> WorkerPool::next(std::size_t worker) {
    std::shared_ptr<PooledJob> last;  // freed after the lock, like `one`
    JobList one;
    std::unique_lock lock(mutex_);
    if (current_[worker]) {
        last = std::move(current_[worker]);
        retire_locked(1);
    }
    while (queue_.empty() && !stopping_) await_work(lock);
    if (queue_.empty()) return nullptr;
    one.splice(one.end(), queue_, queue_.begin());
    auto job = one.front();
    job->stage = Stage::running;
    ++stats_.in_flight;
    current_[worker] = job;
    submit_wait_.observe(steady_now() - job->submitted_at);
    const bool wake = !queue_.empty() && wake_one_locked();
    lock.unlock();
    if (wake) work_.give();
    return job;
}

void WorkerPool::run(PooledJob& job) {
    JobContext context = job.context();
    const bool returned = job.run(context);
    {
        const std::lock_guard lock(mutex_);
        job.stage = Stage::ended;
        --stats_.in_flight;
        --outstanding_;
        if (!returned) ++stats_.threw;
    }
    room_.notify_one();
    job.destroy_closure();
    job.complete(RunStatus::done);
}

PoolStats WorkerPool::stats() const {
    const std::lock_guard lock(mutex_);
    PoolStats stats = stats_;
    stats.queue_depth = queue_.size();
    submit_wait_.snapshot(stats.submit_wait);
    return stats;
}

}  // namespace spillway::async
