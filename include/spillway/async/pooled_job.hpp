#pragma once
// A job inside a worker pool: the closure, who answers for it, and where it stands.

#include <boost/asio/associated_cancellation_slot.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "spillway/async/job.hpp"
#include "spillway/async/posted_completion.hpp"
#include "spillway/async/steady_now.hpp"
#include "spillway/core/time.hpp"

namespace spillway::async::detail {

class PooledJob;
using JobList = std::list<std::shared_ptr<PooledJob>>;

/// Shared by the pool and, for async_run, the operation's cancellation slot.
class PooledJob {
public:
    enum class Stage : std::uint8_t { not_accepted, queued, running, ended };

    explicit PooledJob(core::TimePoint deadline) : deadline_(deadline) {}
    PooledJob(const PooledJob&) = delete;
    PooledJob& operator=(const PooledJob&) = delete;
    virtual ~PooledJob() = default;

    /// Runs the closure and keeps its result; false if it threw. Worker thread.
    [[nodiscard]] virtual bool run(JobContext& context) noexcept = 0;
    /// Gives back what the closure owns. Once, by whoever ended the job.
    virtual void destroy_closure() noexcept = 0;
    /// Answers the caller: with `status` or, for done, with what run() kept. Only the first call
    /// counts. Any thread; when it returns, nothing of the caller's loop is touched any more.
    virtual bool complete(RunStatus status) noexcept = 0;

    [[nodiscard]] JobContext context() const { return {stop_.get_token(), deadline_}; }
    void request_stop() noexcept { stop_.request_stop(); }

    // Both under the pool's lock.
    Stage stage = Stage::not_accepted;
    JobList::iterator place;  // in the pool's queue, while queued

    const core::TimePoint submitted_at = steady_now();

private:
    std::stop_source stop_;
    core::TimePoint deadline_;
};

/// Nobody waits for this one; what it throws goes to the pool's on_error.
class SubmittedJob final : public PooledJob {
public:
    using OnError = std::function<void(std::exception_ptr)>;

    SubmittedJob(Job&& job, core::TimePoint deadline, const OnError& on_error)
        : PooledJob(deadline), on_error_(on_error), job_(std::move(job)) {}

    bool run(JobContext& context) noexcept override {
        try {
            job_(context);
            return true;
        } catch (...) {
            if (on_error_) on_error_(std::current_exception());
            return false;
        }
    }
    void destroy_closure() noexcept override { job_.reset(); }
    bool complete(RunStatus) noexcept override { return false; }

    [[nodiscard]] Job take_back() noexcept { return std::move(job_); }

private:
    const OnError& on_error_;  // the pool's
    Job job_;
};

/// A job whose caller gets its result.
template <class F, class Handler>
class AsyncJob final : public PooledJob {
public:
    using R = std::invoke_result_t<F&, JobContext&>;

    AsyncJob(F&& fn, core::TimePoint deadline, Handler&& handler)
        : PooledJob(deadline), fn_(std::move(fn)), completion_(std::move(handler)) {}

    bool run(JobContext& context) noexcept override {
        try {
            if constexpr (std::is_void_v<R>) {
                (*fn_)(context);
                result_.value.emplace();
            } else {
                result_.value.emplace((*fn_)(context));
            }
            result_.status = RunStatus::done;
        } catch (...) {
            result_.error = std::current_exception();
            result_.status = RunStatus::threw;
        }
        return result_.status == RunStatus::done;
    }

    void destroy_closure() noexcept override { fn_.reset(); }

    bool complete(RunStatus status) noexcept override {
        // Posted under the lock: the loser of the race between worker, canceller and close()
        // returns only when the winner has posted, after which the caller's loop may die.
        const std::lock_guard lock(mutex_);
        if (!completion_) return false;
        RunResult<R> result;
        if (status == RunStatus::done) {
            result = std::move(result_);
        } else {
            result.status = status;
        }
        (*completion_)(std::move(result));
        completion_.reset();
        return true;
    }

private:
    std::optional<F> fn_;
    RunResult<R> result_;  // written by the worker, read by it alone
    std::mutex mutex_;
    std::optional<PostedCompletion<Handler>> completion_;  // under mutex_; empty: answered
};

}  // namespace spillway::async::detail
